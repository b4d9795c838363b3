"""What can be the URL and the secrets of a webhook. No message has a value in it: it may be right but for a typing error."""

from __future__ import annotations

from base64 import b64decode
from urllib.parse import urlsplit

from config.texts import is_loopback

_PREFIX = "whsec_"
_BYTES = range(24, 65)


def check_secret(number: int, text: str) -> None:
    """Raise ValueError if the secret of this number is none of Standard Webhooks."""
    try:
        is_one = text.startswith(_PREFIX) and len(secret_bytes(text)) in _BYTES
    except ValueError:
        is_one = False
    if not is_one:
        raise ValueError(
            f"number {number} is no secret of Standard Webhooks, which is {_PREFIX} and 24 to 64 bytes in base64"
        )


def secret_bytes(text: str) -> bytes:
    """The key that a secret stands for."""
    return b64decode(text.removeprefix(_PREFIX), validate=True)


def is_private(url: str) -> bool:
    """Whether it is a URL at which nobody reads along: by TLS, or on this machine."""
    try:
        parts = urlsplit(url)
        host, is_right = parts.hostname or "", parts.port != 0 and "@" not in parts.netloc
        is_ours = parts.scheme == "http" and is_loopback(host)
        return is_right and bool(host) and (parts.scheme == "https" or is_ours)
    except ValueError:
        return False
