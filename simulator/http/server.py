"""The HTTP server: sends each request to the WeChat side or to the control side, until a signal ends it."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from typing import Any

from aiohttp import web

from simulator.api.routes import ENDPOINTS
from simulator.control import control
from simulator.control.patching import PatchError
from simulator.http import answers, callers, front, wire
from simulator.push import sender
from simulator.world.world import World

#: Clients keep connections for as long as they like.
KEEPALIVE_S = 3600.0
SHUTDOWN_S = 0.2
PARENT_POLL_S = 0.1
#: The errcode of a path that WeChat doesn't know.
UNKNOWN_PATH = 40066


class Simulator:
    """Holds the present world, and knows how to make the initial one again."""

    def __init__(self, make_world: Callable[[], World]) -> None:
        self._make_world = make_world
        self._world = make_world()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        try:
            return await self._answer(request)
        except ConnectionError:
            # The client has gone before its request, or our answer, was whole. Nobody gets this one.
            return web.Response()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        wire.let_the_body_come(request)
        path, _, query = request.raw_path.partition("?")
        endpoint = ENDPOINTS.get(path)
        if endpoint is not None:
            return await front.serve(self._world, request, endpoint, query)
        raw = await request.content.read()
        if not path.startswith(control.PREFIX):
            return wire.whole(self._world.clock, answers.dump(answers.refusal(UNKNOWN_PATH)))
        document: Any
        refused = callers.refusal(request.headers.get("Host", ""), request.headers.get("Origin"))
        if refused:
            status, document = 403, {"error": refused}
        elif (request.method, path) == ("POST", control.PREFIX + "push"):
            status, document = await self._push(raw)
        elif (request.method, path) == ("POST", control.PREFIX + "reset"):
            self._world = self._make_world()
            status, document = 200, {"ok": True}
        else:
            status, document = control.obey(self._world, request.method, path, query, raw)
        return wire.whole(self._world.clock, answers.dump(document), status=status)

    async def _push(self, raw: bytes) -> tuple[int, Any]:
        """Push now; the answer is the receiver's."""
        try:
            return 200, await sender.send(self._world, control.push_of(self._world, raw))
        except (PatchError, ValueError) as exc:
            return 400, {"error": str(exc)}

    def present(self) -> World:
        """Give the world as it is now."""
        return self._world


async def run(
    make_world: Callable[[], World],
    *,
    host: str,
    port: int,
    die_with_parent: bool,
    announce: Callable[[int], None],
) -> None:
    """Serve until SIGTERM, SIGINT or, if asked for, the end of the parent process."""
    # Before anything is announced: whoever reads the announcement may be gone a moment later.
    parent = os.getppid()
    stop = _stop_on_signals()
    simulator = Simulator(make_world)
    sending = asyncio.create_task(sender.keep_sending(simulator.present))
    server = web.Server(simulator.handle, access_log=None, keepalive_timeout=KEEPALIVE_S)
    runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        announce(runner.addresses[0][1])
        if die_with_parent:
            await _parent_gone_or(stop, parent)
        else:
            await stop.wait()
    finally:
        sending.cancel()
        await runner.cleanup()


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _parent_gone_or(stop: asyncio.Event, parent: int) -> None:
    """Poll for the parent: stdin may be closed from the start, and a parent may die unheard."""
    while os.getppid() == parent and not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), PARENT_POLL_S)
