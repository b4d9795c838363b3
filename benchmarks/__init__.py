"""What this costs, measured: run `python -m benchmarks.wave`."""
