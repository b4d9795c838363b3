"""A worker that stops itself with SIGSTOP once, around a call: `python -m tests.faults.stopping_worker POINT ENDPOINT [SWITCH] …`.

Whoever started it lets it go on with SIGCONT, after its lease has ended and others have done its work.
"""

import os
import signal
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from threading import get_ident
from typing import Any

import urllib3.connection
import urllib3.util.connection
from urllib3.connection import HTTPConnection

from cli import main
from tests.faults.broken_worker import Switch, switch_off


class Point(StrEnum):
    """Where it stops."""

    BEFORE_SENDING = "before-sending"
    CONNECTING = "connecting"
    BEFORE_ANSWER = "before-answer"


class Stop:
    """Comes once, at the first call to an endpoint that changes something."""

    def __init__(self, point: Point, endpoint: str) -> None:
        self._point = point
        self._endpoint = endpoint
        self._thread: int | None = None
        self._was = False

    def lay(self) -> None:
        """Wrap what lies around a call."""
        _wrap(HTTPConnection, "request", before=self._request)
        _wrap(urllib3.util.connection, "create_connection", after=self._passing(Point.CONNECTING))
        _wrap(HTTPConnection, "endheaders", before=self._passing(Point.BEFORE_SENDING))
        _wrap(HTTPConnection, "getresponse", before=self._passing(Point.BEFORE_ANSWER))

    def _request(
        self, connection: HTTPConnection, _method: str, url: str, body: bytes | None = None, **_: Any
    ) -> None:
        if self._thread is None and f"/{self._endpoint}?" in url and b'"action":"get"' not in (body or b""):
            self._thread = get_ident()
            if self._point is Point.CONNECTING:
                connection.close()  # so that it has to connect

    def _passing(self, point: Point) -> Callable[..., None]:
        def passing(*_: Any, **__: Any) -> None:
            if point is self._point and get_ident() == self._thread and not self._was:
                self._was = True
                os.kill(os.getpid(), signal.SIGSTOP)

        return passing


def _nothing(*_: Any, **__: Any) -> None:
    pass


def _wrap(
    owner: Any, name: str, *, before: Callable[..., None] = _nothing, after: Callable[..., None] = _nothing
) -> None:
    inner = getattr(owner, name)

    @wraps(inner)
    def outer(*args: Any, **kwargs: Any) -> Any:
        before(*args, **kwargs)
        value = inner(*args, **kwargs)
        after(*args, **kwargs)
        return value

    setattr(owner, name, outer)


if __name__ == "__main__":
    _point, _endpoint, *_rest = sys.argv[1:]
    if _rest and not _rest[0].startswith("-"):
        switch_off(Switch(_rest.pop(0)))
    Stop(Point(_point), _endpoint).lay()
    sys.argv = ["mprelease", "worker", *_rest]
    main()
