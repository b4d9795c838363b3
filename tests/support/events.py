"""A viewer of a screen that renews itself: server-sent events as a browser reads them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests


class Viewer:
    """Reads events until one says what it waits for."""

    def __init__(self, answer: requests.Response) -> None:
        self._lines = answer.iter_lines(decode_unicode=True)

    def events(self) -> Iterator[tuple[str, str]]:
        """Each event's name and text, until the stream ends."""
        name, data = "", list[str]()
        for line in self._lines:
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field in ("data", "data:"):
                data.append(value)
            elif not line and name:
                yield name, "\n".join(data)
                name, data = "", []

    def until(self, part: str, text: str, patience_s: float = 30) -> str:
        """The first text of this part that holds that."""
        deadline = time.monotonic() + patience_s
        for name, told in self.events():
            if name == part and text in told:
                return told
            assert time.monotonic() < deadline, f"{text!r} did not come"
        raise AssertionError(f"the stream ended before {text!r} came")


@contextmanager
def viewer(session: requests.Session, url: str) -> Iterator[Viewer]:
    """Open a stream, which has to send something within 30 s."""
    with session.get(url, stream=True, timeout=30) as answer:
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield Viewer(answer)
