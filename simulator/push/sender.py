"""Sends pushes to the receiver that the platform names: now and then a ticket, and whatever happens in the world."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import aiohttp

from simulator.control.patching import PatchError
from simulator.push import messages, sealed
from simulator.push.messages import Push
from simulator.world.world import World

#: WeChat gives a receiver five seconds, and sends three times in all.
ANSWER_WITHIN_S = 5.0
TRIES = 3
LOOK_EVERY_S = 0.1


async def send(world: World, push: Push) -> dict[str, Any]:
    """Send a push once; gives status and text of the answer, status 0 where none came."""
    platform = world.platform
    if not (platform.push_to and platform.push_token and platform.push_key):
        raise PatchError("push_to, push_token and push_key of the platform are missing")
    now = world.clock.now()
    text = sealed.encrypted(platform.push_key, platform.appid, push.xml(platform.appid, int(now)))
    url = f"{platform.push_to}{push.path}?{sealed.query(platform.push_token, text, at=now)}"
    body = messages.outer(push, platform.appid, text)
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)) as session,
            session.post(url, data=body, headers={"Content-Type": "text/xml"}) as answer,
        ):
            return {"status": answer.status, "text": await answer.text()}
    except (aiohttp.ClientError, TimeoutError) as error:
        return {"status": 0, "text": type(error).__name__}


async def keep_sending(present: Callable[[], World]) -> None:
    """Send what is to be sent, until cancelled; `present` gives the world, which may be reset."""
    next_ticket = time.monotonic()
    while True:
        world = present()
        world.agenda.run()
        every_s = world.platform.push_every_s
        if every_s and time.monotonic() >= next_ticket and world.platform.push_to:
            next_ticket = time.monotonic() + every_s
            world.pushes.append(world.ticket_push())
        while world.pushes:
            await _send_until_taken(world, world.pushes.popleft())
        await asyncio.sleep(LOOK_EVERY_S)


async def _send_until_taken(world: World, push: Push) -> None:
    for _ in range(TRIES):
        try:
            answer = await send(world, push)
        except PatchError:
            return
        if answer == {"status": 200, "text": "success"}:
            return
