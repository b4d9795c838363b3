"""Limits on calls per minute that we keep ourselves, for all workers together."""
