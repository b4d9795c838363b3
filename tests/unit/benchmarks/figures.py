"""Figures of a small run, as a file of results has them."""

from typing import Any

from benchmarks.contest import Run


def run(contestant: str, latency_ms: int, round_: int, rate: float, **different: Any) -> dict[str, Any]:
    """A run of a hundred releases."""
    made = Run(
        contestant=contestant,
        latency_ms=latency_ms,
        round=round_,
        releases=100,
        seconds=100 / rate,
        worker_cpu_s=0.5,
        redis_cpu_s=0.1,
        commands=2000,
        bytes_in=1000,
        bytes_out=500,
        memory_mb=64.0,
    )
    return {**made.document(), **different}


def figures(*runs: dict[str, Any], **more: Any) -> dict[str, Any]:
    """With these runs, and titles that are their names."""
    names = dict.fromkeys(run["contestant"] for run in runs)
    return {
        "machine": {
            "cpu": "a CPU",
            "cores": 2,
            "python": "3.11",
            "redis": "7.2",
            "versions": {"celery": "5.6"},
        },
        "how": {"rounds": 3, "concurrency": 32},
        "contestants": [{"name": name, "title": f"the {name}", "at_once": 32} for name in names],
        "runs": list(runs),
        **more,
    }
