"""HTTP to WeChat: one connection per thread, a total deadline, a bound on the body, no retries.

Retries belong to the release policy alone. Errors of requests hold the URL and the URL holds the
token, so they are translated here and never chained.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

import requests

from wechat.errors import Refused, Unanswered
from wechat.http.answers import read_answer, read_file
from wechat.http.clock import WeChatClock, http_time
from wechat.http.connections import Wire, enforced
from wechat.http.deadline import Deadline
from wechat.http.pace import Pace
from wechat.http.problems import NO_ANSWER, problem_of
from wechat.http.retry_after import retry_after_s
from wechat.http.route import Route, ca_problem, route_to

log = logging.getLogger(__name__)

#: Largest body that is read, in bytes. The largest real ones (get_category) are a few hundred KB.
MAX_BODY = 4 * 1024 * 1024
#: Largest file that is read, in bytes: a picture of the material library may have 10 MB.
MAX_FILE = 10 * 1024 * 1024
_CHUNK = 65536
_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": "mprelease",
}

_Answer = TypeVar("_Answer")

#: Told of every call that is over: its endpoint, the errcode (0 if all went well, None if no usable answer came),
#: and the seconds that it took. It is called in the thread of the call, so it must be quick and never raise.
Observe = Callable[[str, int | None, float], None]


class _NoToken(logging.Filter):
    """Takes the query out of the lines in which urllib3 quotes the URL."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _QUERY.sub("?***", record.getMessage()), ()
        return True


_QUERY = re.compile(r"\?[^\s\"')]+")
for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_NoToken())


@dataclass(slots=True)
class Reply:
    """What came back over the wire, as far as it came, of `most` bytes."""

    most: int = MAX_BODY
    status: int = 0
    body: bytes = b""
    date: str | None = None
    came_at: float = 0.0
    retry_after_s: float | None = None
    is_all: bool = False


class Transport:
    """Sends one call and returns the fields of its answer. Safe to use from many threads.

    `secrets` are masked wherever an answer echoes them, as are those that go out with a call. Without a `pace`
    each call goes out at once. `named_by` is the setting that names the address; the
    `route` to it is the environment's, unless one is given.
    """

    def __init__(  # noqa: PLR0913 - named ones, and built in two places
        self,
        *,
        api_url: str,
        connect_timeout_s: float,
        read_timeout_s: float,
        clock: WeChatClock,
        secrets: Iterable[str] = (),
        observe: Observe | None = None,
        pace: Pace | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
        named_by: str = "MPRELEASE_WECHAT__API_URL",
        route: Route | None = None,
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self._headers = {**_HEADERS, **headers}
        self._named_by = named_by
        self._timeout = (connect_timeout_s, read_timeout_s)
        self._total_s = connect_timeout_s + read_timeout_s
        self._route = route or route_to(self._api_url)
        self._local = threading.local()
        self._secrets = tuple(secrets)
        self._observe = observe
        self.clock = clock
        self.pace = pace

    def call(
        self,
        method: Literal["GET", "POST"],
        path: str,
        *,
        deadline: Deadline,
        query: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
        appid: str | None = None,
        secrets: Iterable[str] = (),
        has_turn: bool = False,
    ) -> dict[str, Any]:
        """Send the call and read its answer by the body; `appid` is for the log and the pace.

        Raises Refused for an errcode other than 0, Unanswered when no usable answer came, and RateLimited if it was
        not sent; `has_turn` if the call's turn was taken ahead. Logs one event with endpoint, appid, the HTTP
        status, errcode and rid, or the problem where no answer came, and milliseconds.
        """
        return self._told(
            *(method, path, read_answer, Reply()),
            deadline=deadline,
            query=query,
            body=body,
            appid=appid,
            secrets=secrets,
            has_turn=has_turn,
        )

    def download(
        self,
        path: str,
        *,
        deadline: Deadline,
        query: Mapping[str, str],
        body: Mapping[str, Any],
        appid: str,
        has_turn: bool = False,
    ) -> bytes:
        """As `call`, for what answers with a file, and with JSON only where it refuses."""
        return self._told(
            *("POST", path, read_file, Reply(most=MAX_FILE)),
            deadline=deadline,
            query=query,
            body=body,
            appid=appid,
            has_turn=has_turn,
        )

    def _told(  # noqa: PLR0913 - what a call is made of
        self,
        method: Literal["GET", "POST"],
        path: str,
        read: Callable[[str, int, bytes, Iterable[str], float | None], _Answer],
        reply: Reply,
        *,
        deadline: Deadline,
        query: Mapping[str, str],
        body: Mapping[str, Any] | None,
        appid: str | None,
        has_turn: bool,
        secrets: Iterable[str] = (),
    ) -> _Answer:
        if not has_turn:
            self.take_turn(path, appid, deadline)
        started = time.monotonic()
        event: dict[str, Any] = {"endpoint": path, "appid": appid}
        try:
            self._exchange(method, path, deadline, query, body, reply)
            event["status"] = reply.status
            sent = (*self._secrets, *secrets, query.get("access_token", ""))
            answer = read(path, reply.status, reply.body, sent, reply.retry_after_s)
            event["errcode"] = 0
        except Refused as refused:
            event.update(errcode=refused.errcode, rid=refused.rid)
            raise
        except Unanswered as unanswered:
            event["problem"] = unanswered.problem
            raise
        else:
            return answer
        finally:
            if "errcode" in event:
                # An answer was understood, so it is WeChat that told its time.
                self.clock.observe(reply.date, reply.came_at)
            if "errcode" not in event or not reply.is_all:
                # Only after an answer that was understood, with nothing behind it, is the next one sure to be the next call's.
                self._wire().close()
            seconds = time.monotonic() - started
            if self._observe is not None:
                self._observe(path, event.get("errcode"), seconds)
            event["ms"] = round(seconds * 1000)
            # What is not known is left out: a call of the platform's own has no Mini Program.
            log.info("wechat call", extra={name: value for name, value in event.items() if value is not None})

    def fetch(self, path: str, *, deadline: Deadline, query: Mapping[str, str]) -> Reply:
        """What another system than WeChat answers to a GET, by its status and its body; raises Unanswered."""
        reply = Reply()
        try:
            self._exchange("GET", path, deadline, query, None, reply)
        finally:
            if not reply.is_all:
                self._wire().close()
        return reply

    def take_turn(self, path: str, appid: str | None, deadline: Deadline) -> None:
        """Wait until a call may be sent; raises RateLimited where that takes too long."""
        if self.pace is not None:
            self.pace.wait(path, appid, deadline)

    def _exchange(
        self,
        method: str,
        path: str,
        deadline: Deadline,
        query: Mapping[str, str],
        body: Mapping[str, Any] | None,
        reply: Reply,
    ) -> None:
        if self._route.proxy_problem:
            raise Unanswered(path, self._route.proxy_problem)
        problem: str
        data = None if body is None else encode(body)
        try:
            call_deadline = deadline.within(self._total_s)
            with (
                enforced(call_deadline) as exchange,
                self._wire().call(
                    self._prepared(method, path, query, data), self._timeouts(call_deadline)
                ) as response,
            ):
                self._read(path, response, reply)
                reply.is_all = not exchange.has_leftover
                return
        except NO_ANSWER as error:
            problem = ca_problem(self._api_url) or problem_of(error, self._named_by)
        # Outside the except block: the cause holds the URL, and the URL holds the token.
        raise Unanswered(path, problem, reply.retry_after_s)

    def _prepared(
        self, method: str, path: str, query: Mapping[str, str], data: bytes | None
    ) -> requests.PreparedRequest:
        prepared = requests.PreparedRequest()
        prepared.prepare_method(method)
        # The base was checked with the settings, the paths are ours, and the query is encoded: there is nothing to repair.
        prepared.url = f"{self._api_url}{path}?{urlencode(query)}"
        prepared.prepare_headers(self._headers)
        prepared.prepare_body(data, None)
        return prepared

    def _timeouts(self, deadline: Deadline) -> tuple[float, float]:
        left = deadline.remaining()
        connect_s, read_s = self._timeout
        return min(connect_s, left), min(read_s, left)

    def _read(self, path: str, response: requests.Response, reply: Reply) -> None:
        reply.date, reply.came_at = response.headers.get("Date"), self.clock.reading()
        reply.status = response.status_code
        wanted = response.headers.get("Retry-After")
        if wanted is not None:
            reply.retry_after_s = retry_after_s(wanted, http_time(reply.date) or self.clock.now())
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > reply.most:
                problem = f"HTTP {reply.status} with a body over {reply.most} bytes"
                raise Unanswered(path, problem, reply.retry_after_s)
        reply.body = bytes(body)

    def _wire(self) -> Wire:
        wire: Wire | None = getattr(self._local, "wire", None)
        if wire is None:
            wire = self._local.wire = Wire(self._route.ca, self._route.proxies)
        return wire


def encode(body: Mapping[str, Any]) -> bytes:
    r"""Return the body as raw UTF-8 JSON: WeChat advises against \u escapes (40033, 47002)."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
