"""What we change in Celery and kombu. README.md has an entry for each change: the fault, its link, when it can go."""
