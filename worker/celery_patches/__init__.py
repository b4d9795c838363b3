"""Everything that we change in Celery and kombu. README.md has a line for each change."""
