"""Defines the Redis keys of releases, their scripts and revisions."""
