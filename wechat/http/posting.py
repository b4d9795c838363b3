"""One POST to an address that is a secret: within a deadline, with no redirect followed, and of the answer only its beginning read."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

import requests

from wechat.http.clock import http_time
from wechat.http.connections import Wire, enforced
from wechat.http.deadline import Deadline
from wechat.http.problems import NO_ANSWER, problem_of
from wechat.http.retry_after import retry_after_s
from wechat.http.route import ca_problem, route_to

#: Seconds for a whole POST, from the connection to the end of the answer.
DEADLINE_S = 10.0
#: Bytes of an answer that are read, so that its connection can be used again; a longer one loses it.
_MOST_READ = 8192


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: a status with the beginning of the body, or the `problem` for which there is none."""

    status: int = 0
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    def retry_after_s(self, now: float) -> float:
        """For how long the server wants to be left alone, in seconds."""
        sent_at = http_time(self.headers.get("Date")) or now
        return retry_after_s(self.headers.get("Retry-After"), sent_at) or 0.0


class _NoPath(logging.Filter):
    """Takes path and query out of the lines in which urllib3 quotes them: whoever knows them may be let in by them."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = re.compile(rf" {re.escape(path)}(?:\?\S*)?(?= )")

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._path.sub(" /***", record.getMessage()), ()
        return True


class Address:
    """Where to post. Safe to use from many threads, each of which has a connection of its own.

    `variable` names the setting that has the URL, where that is worth a word.
    """

    def __init__(self, url: str, variable: str) -> None:
        parts = urlsplit(url)
        #: What may be shown of the URL; and what tells whether it is another.
        self.name = f"{parts.scheme}://{parts.netloc}"
        self.fingerprint = sha256(url.encode()).hexdigest()
        self._url = url
        self._variable = variable
        self._route = route_to(url)
        self._local = threading.local()
        if parts.path.strip("/") or parts.query:
            logging.getLogger("urllib3.connectionpool").addFilter(_NoPath(parts.path or "/"))

    def post(self, body: bytes, headers: Mapping[str, str], query: str = "") -> Reply:
        """Post, with this behind the URL's own query; whatever happens is in what is returned."""
        if self._route.proxy_problem:
            return Reply(problem=self._route.proxy_problem)
        try:
            with (
                enforced(Deadline(DEADLINE_S)) as exchange,
                self._wire().call(self._prepared(body, headers, query), (DEADLINE_S, DEADLINE_S)) as response,
            ):
                reply = Reply(response.status_code, _beginning(response), response.headers)
            if exchange.has_leftover:
                self._wire().close()
        except NO_ANSWER as error:
            # Not chained: the error holds the URL.
            self._wire().close()
            return Reply(problem=ca_problem(self._url) or problem_of(error, self._variable))
        return reply

    def _prepared(self, body: bytes, headers: Mapping[str, str], query: str) -> requests.PreparedRequest:
        prepared = requests.PreparedRequest()
        prepared.prepare_method("POST")
        prepared.prepare_url(self._url, query or None)
        prepared.prepare_headers({"Content-Type": "application/json", "User-Agent": "mprelease", **headers})
        prepared.prepare_body(body, None)
        return prepared

    def _wire(self) -> Wire:
        wire: Wire | None = getattr(self._local, "wire", None)
        if wire is None:
            wire = self._local.wire = Wire(self._route.ca, self._route.proxies)
        return wire


def _beginning(response: requests.Response) -> bytes:
    with suppress(*NO_ANSWER):  # the status says enough
        return bytes(response.raw.read(_MOST_READ, decode_content=False))
    return b""
