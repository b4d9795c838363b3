"""A release without Celery: record, store, steps, retry policy, waves, intake, background decisions."""
