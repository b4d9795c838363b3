"""Where screens are. A name of anybody's choice goes into the query, whatever it holds."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit


def own_path(address: str) -> str:
    """An address on this host as it came in a query, or the first page: nobody is sent anywhere else."""
    parts = urlsplit(address)
    is_own = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_own and not parts.netloc and "\\" not in address else "/"


def to(path: str, **query: object) -> str:
    """A path with what is given of the query."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def wave(name: str) -> str:
    """One wave."""
    return to("/wave", name=name)


def release(release_id: str) -> str:
    """One release."""
    return f"/release/{quote(release_id, safe='')}"


def mini_program(appid: str) -> str:
    """One Mini Program."""
    return f"/mini-program/{quote(appid, safe='')}"
