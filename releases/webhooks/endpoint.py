"""One delivery: a signed POST to the endpoint, its answer's status, and nothing followed or believed beyond that."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from urllib.parse import urlsplit

import requests

from releases.webhooks.messages import Message
from releases.webhooks.signing import signed
from wechat.http.clock import http_time
from wechat.http.connections import enforced, new_session
from wechat.http.deadline import Deadline
from wechat.http.problems import NO_ANSWER, problem_of
from wechat.http.retry_after import retry_after_s
from wechat.http.route import ca_problem, route_to

#: Seconds for a whole delivery, from the connection to the end of the answer.
DEADLINE_S = 10.0
#: Bytes of an answer that are read, so that its connection can be used again; a longer one loses it.
_MOST_READ = 8192
_VARIABLE = "MPRELEASE_WEBHOOK__URL"
#: How a delivery may end, by the hundreds of its status.
DELIVERED, UNANSWERED = "2xx", "unanswered"
RESULTS = (DELIVERED, "3xx", "4xx", "5xx", UNANSWERED)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one ended, see RESULTS. `gone`: the endpoint wants nothing any more."""

    result: str
    error: str = ""
    retry_after_s: float = 0.0
    gone: bool = False

    @property
    def is_done(self) -> bool:
        """Whether the endpoint has it."""
        return self.result == DELIVERED


class _NoPath(logging.Filter):
    """Takes the path out of the lines in which urllib3 quotes it: whoever knows it may be let in by it."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = re.compile(rf" {re.escape(path)}(?=[ ?])")

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._path.sub(" /***", record.getMessage()), ()
        return True


class Endpoint:
    """Posts messages. Safe to use from many threads, each of which has a connection of its own."""

    def __init__(self, url: str, secrets: Sequence[bytes], *, now: Callable[[], float]) -> None:
        parts = urlsplit(url)
        #: What may be shown of the URL; and what tells whether it is another.
        self.name = f"{parts.scheme}://{parts.netloc}"
        self.fingerprint = sha256(url.encode()).hexdigest()
        self._url = url
        self._secrets = tuple(secrets)
        self._now = now
        self._route = route_to(url)
        self._local = threading.local()
        if parts.path.strip("/"):
            logging.getLogger("urllib3.connectionpool").addFilter(_NoPath(parts.path))

    def post(self, message: Message) -> Delivery:
        """Deliver; whatever happens is in what is returned."""
        if self._route.proxy_problem:
            return Delivery(UNANSWERED, self._route.proxy_problem)
        try:
            with (
                enforced(Deadline(DEADLINE_S)) as exchange,
                self._session().send(
                    self._prepared(message),
                    timeout=(DEADLINE_S, DEADLINE_S),
                    stream=True,
                    allow_redirects=False,
                    proxies=self._route.proxies,
                ) as response,
            ):
                delivery = self._read(response)
            if exchange.has_leftover:
                self._session().close()
        except NO_ANSWER as error:
            # Not chained: the error holds the URL.
            self._session().close()
            return Delivery(UNANSWERED, ca_problem(self._url) or problem_of(error, _VARIABLE))
        return delivery

    def _read(self, response: requests.Response) -> Delivery:
        with suppress(*NO_ANSWER):  # the status says all
            response.raw.read(_MOST_READ, decode_content=False)
        status = response.status_code
        result = f"{status // 100}xx"
        if result == DELIVERED:
            return Delivery(DELIVERED)
        sent_at = http_time(response.headers.get("Date")) or self._now()
        return Delivery(
            result if result in RESULTS else UNANSWERED,
            f"HTTP {status}",
            retry_after_s(response.headers.get("Retry-After"), sent_at) or 0.0,
            gone=status == HTTPStatus.GONE,
        )

    def _prepared(self, message: Message) -> requests.PreparedRequest:
        """Not by the session, which would add what other answers have set."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "mprelease",
            **signed(message.id, int(self._now()), message.body, self._secrets),
        }
        prepared = requests.PreparedRequest()
        prepared.prepare_method("POST")
        prepared.prepare_url(self._url, None)
        prepared.prepare_headers(headers)
        prepared.prepare_body(message.body, None)
        return prepared

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = new_session(self._route.ca)
        return session
