"""How an answer leaves over the socket: whole, spoilt, late or not at all."""

import asyncio
from collections.abc import Iterable, Mapping

from aiohttp import HttpVersion11, web

from simulator.control.faults import Fault
from simulator.http import answers
from simulator.http.gateway import Outcome
from simulator.world.clock import Clock

HTML_TYPE = "text/html; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"
_CHUNK = b"x" * 65_536


def whole(
    clock: Clock,
    body: bytes,
    *,
    content_type: str = answers.JSON_TYPE,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Make a plain answer, dated by WeChat's clock."""
    return web.Response(
        status=status, body=body, headers={**_headers(clock, content_type), **(headers or {})}
    )


def let_the_body_come(request: web.BaseRequest) -> None:
    """Send `100 Continue` to a client that keeps its body back until it is asked for it."""
    waits = request.headers.get("Expect", "").lower() == "100-continue" and request.version >= HttpVersion11
    if waits and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def hint(request: web.BaseRequest, statuses: Iterable[int]) -> None:
    """Send interim answers ahead of the final one; aiohttp knows no other than 100."""
    if request.transport is not None:
        for status in statuses:
            request.transport.write(b"HTTP/1.1 %d Interim\r\nLink: </x>; rel=preload\r\n\r\n" % status)


async def spoilt(
    request: web.BaseRequest, clock: Clock, fault: Fault, outcome: Outcome, content_type: str
) -> web.StreamResponse:
    """Answer as the fault says."""
    if fault.text_plain:
        content_type = TEXT_TYPE
    match fault.kind:
        case "cut_before" | "cut_after":
            return _cut(request, clock)
        case "trickle":
            body = answers.dump(outcome.document)
            return await _trickle(request, clock, body, fault.seconds, content_type)
        case "oversized":
            return await _oversized(request, clock, fault.size, content_type)
        case "status" | "html":
            status = fault.status or (502 if fault.kind == "status" else 200)
            page = _page(status)
            return whole(clock, page, content_type=HTML_TYPE, status=status, headers=fault.headers)
    body = _spoilt_body(fault, outcome)
    return whole(clock, body, content_type=content_type, status=fault.status or 200, headers=fault.headers)


def _spoilt_body(fault: Fault, outcome: Outcome) -> bytes:
    match fault.kind:
        case "empty":
            return b""
        case "body":
            return fault.body.encode()
        case "invalid_json":
            return _invalid_json(outcome)
    return answers.dump(outcome.document)


def _headers(clock: Clock, content_type: str) -> dict[str, str]:
    return {"Content-Type": content_type, "Date": clock.http_date()}


def _cut(request: web.BaseRequest, clock: Clock) -> web.Response:
    """Close the connection; aiohttp then finds nobody to send the answer to."""
    if request.transport is not None:
        request.transport.abort()
    return whole(clock, b"")


def _page(status: int) -> bytes:
    return f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>".encode()


def _invalid_json(outcome: Outcome) -> bytes:
    """Leave the quotes in errmsg unescaped, as was seen with 85047."""
    text = f'ext_json has "pages" that are empty rid: {answers.rid()}'
    return f'{{"errcode":{outcome.errcode},"errmsg":"{text}"}}'.encode()


async def _trickle(
    request: web.BaseRequest, clock: Clock, body: bytes, seconds: float, content_type: str
) -> web.StreamResponse:
    """Send byte by byte, each soon enough for a read timeout and all of them too late."""
    response = web.StreamResponse(headers=_headers(clock, content_type))
    response.content_length = len(body)
    await response.prepare(request)
    for position in range(len(body)):
        await response.write(body[position : position + 1])
        await asyncio.sleep(seconds / len(body))
    await response.write_eof()
    return response


async def _oversized(
    request: web.BaseRequest, clock: Clock, size: int, content_type: str
) -> web.StreamResponse:
    """Send valid JSON of that many bytes, without saying beforehand how much it will be."""
    response = web.StreamResponse(headers=_headers(clock, content_type))
    await response.prepare(request)
    await response.write(b'{"errcode":0,"errmsg":"ok","padding":"')
    for _ in range(size // len(_CHUNK) + 1):
        await response.write(_CHUNK)
    await response.write(b'"}')
    await response.write_eof()
    return response
