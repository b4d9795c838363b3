"""Secrets: taken in, sealed anew, and keys for programs."""
