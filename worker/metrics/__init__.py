"""What Prometheus is told: one exporter for the whole platform, and all that it tells stands in Redis."""
