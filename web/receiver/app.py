"""The receiver's routes. What it answers in the end is decided here, and bounded in size and time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import anyio
import anyio.to_thread
import redis
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from web.receiver.effects import store
from web.receiver.refusals import Refusals
from web.request_log import RequestLog
from wechat.push.inbox import Inbox, InboxFull
from wechat.push.kinds import counted_as
from wechat.push.reader import Push, PushReader
from wechat.push.refusals import Malformed, PushRefused, WrongSignature

log = logging.getLogger(__name__)

#: Bytes that a body may have; WeChat's own have one or two thousand.
MOST_BYTES = 64 * 1024
#: Seconds in which a body has to come.
BODY_WITHIN_S = 5.0
#: Seconds in which Redis has to have stored a push; WeChat waits for five.
STORED_WITHIN_S = 1.5
#: Seconds that a signature's time may be off, by Redis' clock.
MOST_OFF_S = 15 * 60
#: Pushes that are being stored at the same time.
AT_ONCE = 32

_UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the receiver works with. `now` is Redis' clock, in seconds; `ping` raises where Redis does not answer."""

    reader: PushReader
    inbox: Inbox
    now: Callable[[], float]
    ping: Callable[[], object]


class _TooLarge(PushRefused):
    def __init__(self) -> None:
        super().__init__("size")


class _TooSlow(PushRefused):
    def __init__(self) -> None:
        super().__init__("slow")


_STATUS = {WrongSignature: 403, Malformed: 400, _TooLarge: 413, _TooSlow: 408}


def create_app(parts: Parts) -> ASGIApp:
    """The app: two routes for WeChat, one for whoever watches this process."""
    receiver = _Receiver(parts)
    routes = [
        Route("/wechat/authorization", receiver.take, methods=["POST"]),
        Route("/wechat/messages/{appid}", receiver.take, methods=["POST"]),
        Route("/healthz", receiver.health, methods=["GET"]),
    ]
    return RequestLog(Starlette(routes=routes, lifespan=receiver.lifespan))


class _Receiver:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._refusals = Refusals(parts.inbox.count_refusals)
        self._at_once = anyio.CapacityLimiter(AT_ONCE)

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        flushing = asyncio.create_task(self._refusals.keep_flushing())
        try:
            yield
        finally:
            flushing.cancel()
            await self._refusals.flush()

    async def take(self, request: Request) -> PlainTextResponse:
        """One push: verified and stored before `success` is said."""
        try:
            push = await self._read(request)
            await self._in_time(partial(self._store, push, _known_appid(request.path_params.get("appid"))))
        except PushRefused as refused:
            return self._refuse(_STATUS[type(refused)], refused.reason)
        except ClientDisconnect:
            return self._refuse(400, "cut")
        except (redis.RedisError, TimeoutError, InboxFull) as error:
            # Only its kind: an error of Redis may quote what was to be stored.
            log.warning("a push was not stored: %s", type(error).__name__)
            return self._refuse(503, _UNAVAILABLE)
        log.info("push", extra={"kind": counted_as(push.kind)})
        return PlainTextResponse("success")

    async def health(self, _request: Request) -> PlainTextResponse:
        """Whether a push could be stored now."""
        try:
            await self._in_time(self._parts.ping)
        except (redis.RedisError, TimeoutError):
            return PlainTextResponse("Redis is away\n", 503)
        return PlainTextResponse("ok\n")

    async def _read(self, request: Request) -> Push:
        query = request.query_params
        return self._parts.reader.read(
            await _body(request),
            timestamp=query.get("timestamp", ""),
            nonce=query.get("nonce", ""),
            signature=query.get("msg_signature", ""),
        )

    def _store(self, push: Push, appid: str | None) -> None:
        now = self._parts.now()
        if abs(now - push.signed_at) > MOST_OFF_S:
            raise Malformed("time")
        store(push, self._parts.inbox, appid=appid, now=now)

    async def _in_time(self, do: Callable[[], object]) -> None:
        """Do it in a thread; raises TimeoutError, and does not wait for the thread then, which Redis' timeouts end."""
        with anyio.fail_after(STORED_WITHIN_S):
            await anyio.to_thread.run_sync(do, abandon_on_cancel=True, limiter=self._at_once)

    def _refuse(self, status: int, reason: str) -> PlainTextResponse:
        self._refusals.count(reason)
        log.info("push refused", extra={"reason": reason})
        return PlainTextResponse(f"{reason}\n", status)


async def _body(request: Request) -> bytes:
    """The body, of which no more is read than it may have."""
    parts: list[bytes] = []
    left = MOST_BYTES
    try:
        with anyio.fail_after(BODY_WITHIN_S):
            async for part in request.stream():
                left -= len(part)
                if left < 0:
                    raise _TooLarge
                parts.append(part)
    except TimeoutError:
        raise _TooSlow from None
    return b"".join(parts)


def _known_appid(value: object) -> str | None:
    return value if isinstance(value, str) else None
