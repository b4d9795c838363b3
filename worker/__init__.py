"""The process: the Celery app built from the settings, and the command line."""
