"""The only place that knows the Redis keys of releases, their scripts and revisions."""
