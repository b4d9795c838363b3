"""Encryption keys of the tests, the same in every process."""

from base64 import urlsafe_b64encode

NEW, OLD, OTHER = (urlsafe_b64encode(letter * 32).decode() for letter in (b"n", b"o", b"x"))
