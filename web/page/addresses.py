"""Where screens are. A name of anybody's choice goes into the query, whatever it holds."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from starlette.types import Scope


def own_path(address: str) -> str:
    """An address on this host as it came in a query, or the first page: nobody is sent anywhere else."""
    # Browsers read a backslash as a slash, and leave out what nobody sees.
    is_own = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if is_own and address.isprintable() else "/"


def of(scope: Scope) -> str:
    """What was asked for, by the connection alone: what the Host header holds changes nothing."""
    path, query = quote(scope["path"]), scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


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
