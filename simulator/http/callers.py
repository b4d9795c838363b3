"""Who may use the control side: programs of this machine, and no web page that a browser of this machine shows.

A page can let a browser send requests here, and with a name of its own that leads to 127.0.0.1 it reads the answers as
well. Its requests say so in Host and Origin.
"""

from contextlib import suppress
from urllib.parse import urlsplit

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def refusal(host: str, origin: str | None) -> str:
    """Say why the control side is not for a request with these headers; nothing, where it is."""
    if not _is_loopback(f"http://{host}"):
        return f"the control side answers to 127.0.0.1, localhost and [::1] only, not to the host {host!a}"
    if origin is not None and not _is_loopback(origin):
        return f"the control side answers to no page of another site, such as {origin!a}"
    return ""


def _is_loopback(url: str) -> bool:
    with suppress(ValueError):
        parts = urlsplit(url)
        return parts.hostname in _LOOPBACK and parts.port != 0 and parts.username is None
    return False
