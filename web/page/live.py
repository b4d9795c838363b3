"""Screens that renew themselves while somebody looks, by server-sent events.

One task of this process looks at Redis for all who watch: once for each screen, whatever the number of its viewers, and
once more for each language and role in which a screen is read, to say it in. What is sent to one alone is the token of
its forms. Only what has changed is sent.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from config.api_keys import KeyScope
from config.language import Language
from tasks.redis_away import REDIS_ERRORS, is_away, say_once, why_away
from web.backend import Backend, Behind
from web.budget import AtOnce
from web.login.person import Person
from web.page import addresses, waves
from web.page.rendering import HEADERS, fragment
from web.page.visit import Visit, Visiting
from web.problems import UnknownWave

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)

#: Seconds between two looks; after one that took long, so many times of that.
_EVERY_S, _PAUSE_TIMES = 1.0, 3
#: Seconds after which a viewer who was told nothing is told that the server is there: proxies cut what is silent for a minute.
_HEARTBEAT_S = 15.0
#: Seconds after which a stream ends, so that the browser asks for a new one: who looks is checked again then.
_LONGEST_S = 600.0
#: Milliseconds after which a browser tries again.
_RETRY_MS = 2000
_MOST_VIEWERS, _MOST_SCREENS = 200, 50
#: Viewers of one name: screens that nobody sees are not watched.
MOST_OF_ONE = 10
#: Stands for the token in what is rendered for many; no text of anybody's holds a NUL.
_TOKEN = "\0token\0"  # noqa: S105 - a place for one

#: What can be watched: what its screen shows, and its parts by name.
Looking = Callable[[Backend, str], dict[str, Any]]
SCREENS: Mapping[str, tuple[Looking, Mapping[str, str]]] = {
    "waves": (waves.newest_waves, waves.WAVES_PARTS),
    "wave": (waves.one_wave, waves.WAVE_PARTS),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """In which language a screen is read, by somebody who may do this."""

    language: Language
    scope: KeyScope


@dataclass(slots=True)
class Watched:
    """One screen that is watched: who reads it how, and its parts as they were rendered last for each."""

    screen: str
    name: str
    readings: list[Reading] = field(default_factory=list)
    parts: dict[Reading, dict[str, str]] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    seen_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def look(self, backend: Backend, readings: frozenset[Reading]) -> dict[Reading, dict[str, str]]:
        """Read and render it anew; where that can't be, what there was, with a note that says why."""
        looking, templates = SCREENS[self.screen]
        try:
            shown = looking(backend, self.name)
            rendered = {
                reading: {part: self._said(reading, template, shown) for part, template in templates.items()}
                for reading in readings
            }
        except UnknownWave:
            return self._noted(readings, "gone")
        except Exception as error:
            # Whoever watches has to be told; what it is stands in the log.
            if not isinstance(error, REDIS_ERRORS) or not is_away(error):
                log.exception("a screen could not be renewed")
                return self._noted(readings, "failed")
            say_once(log, why_away(error), "screens are not renewed")
            return self._noted(readings, "away")
        self.seen_at = datetime.now(UTC)
        return {reading: {**parts, "note": ""} for reading, parts in rendered.items()}

    def _noted(self, readings: frozenset[Reading], why: str) -> dict[Reading, dict[str, str]]:
        shown = {"why": why, "since": self.seen_at}
        return {
            reading: {
                **self.parts.get(reading, {}),
                "note": self._said(reading, "parts/live_note.html", shown),
            }
            for reading in readings
        }

    def _said(self, reading: Reading, template: str, shown: Mapping[str, Any]) -> str:
        visit = Visit(Person("", reading.scope), reading.language, _TOKEN)
        here = addresses.wave(self.name) if self.screen == "wave" else "/"
        return fragment(reading.language, template, visit=visit, here=here, **shown)


class Live:
    """Renews what is watched, as long as anybody watches. Used by the event loop's thread alone."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._watched: dict[tuple[str, str], Watched] = {}
        self._task: asyncio.Task[None] | None = None
        self._is_ending = False
        self._of_one = AtOnce(MOST_OF_ONE)

    def end(self) -> None:
        """The process is being stopped: all streams end, and browsers come back when there is a server again."""
        self._is_ending = True
        for watched in self._watched.values():
            watched.changed.set()

    def watch(self, screen: str, name: str, reading: Reading, who: str) -> Watched:
        """Count somebody in; raises HTTPException 503 where there are too many, and 429 where these are of one person."""
        where = (screen, name)
        viewers = sum(len(watched.readings) for watched in self._watched.values())
        if viewers >= _MOST_VIEWERS or (where not in self._watched and len(self._watched) >= _MOST_SCREENS):
            raise HTTPException(
                503, "Too many screens are watched at this moment. Load the page anew instead"
            )
        if not self._of_one.begin(who):
            said = f"{who} watches {MOST_OF_ONE} screens at this moment. Close one, or load the page anew instead"
            raise HTTPException(429, said)
        watched = self._watched.setdefault(where, Watched(screen, name))
        watched.readings.append(reading)
        if self._task is None:
            self._task = asyncio.create_task(self._keep_looking())
        return watched

    def leave(self, watched: Watched, reading: Reading, who: str) -> None:
        """Count somebody out."""
        self._of_one.end(who)
        watched.readings.remove(reading)
        if not watched.readings:
            del self._watched[watched.screen, watched.name]

    async def events(self, watched: Watched, reading: Reading, token: str) -> AsyncIterator[str]:
        """What one viewer is sent: each part that is not as it was sent before, or a sign that the server is there."""
        until, sent = time.monotonic() + _LONGEST_S, dict[str, str]()
        yield f"retry: {_RETRY_MS}\n\n"
        while not self._is_ending and (left := until - time.monotonic()) > 0:
            changed, parts = watched.changed, watched.parts.get(reading, {})
            for part, text in parts.items():
                if sent.get(part) != text:
                    yield _event(part, text.replace(_TOKEN, escape(token)))
            sent = parts
            try:
                async with asyncio.timeout(min(_HEARTBEAT_S, left)):
                    await changed.wait()
            except TimeoutError:
                yield ": still here\n\n"

    async def _keep_looking(self) -> None:
        while self._watched and not self._is_ending:
            began = time.monotonic()
            for watched in list(self._watched.values()):
                readings = frozenset(watched.readings)
                parts = await run_in_threadpool(watched.look, self._backend, readings)
                if parts != watched.parts:
                    changed, watched.changed = watched.changed, asyncio.Event()
                    watched.parts = parts
                    changed.set()
            await asyncio.sleep(max(_EVERY_S, _PAUSE_TIMES * (time.monotonic() - began)))
        self._task = None


def _event(name: str, text: str) -> str:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {name}\n{lines}\n"


class Stream(StreamingResponse):
    """Tells whoever counts viewers when it is over."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[str], over: Callable[[], None]) -> None:
        # Nginx would keep events back until it has a page full of them.
        super().__init__(events, headers={**HEADERS, "X-Accel-Buffering": "no"})
        self._over = over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until it is over, however that comes."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._over()


async def _live(request: Request) -> Live:
    found: Any = request.app.state.live
    assert isinstance(found, Live)  # noqa: S101 - the factory sets it
    return found


def _there(backend: Behind, screen: Literal["waves", "wave"], name: str = "") -> None:
    """Nobody watches a wave that is not there. Where Redis is away the stream tells of that."""
    with suppress(*REDIS_ERRORS):
        if screen == "wave":
            waves.having(backend, name)


@router.get("/live", dependencies=[Depends(_there)])
async def live(
    visit: Visiting,
    live: Annotated[Live, Depends(_live)],
    screen: Literal["waves", "wave"],
    name: str = "",
) -> Stream:
    """Renew a screen for somebody who was let in; whether that still holds is asked again with the next stream."""
    assert visit.person is not None  # noqa: S101 - the gate lets nobody else through
    reading = Reading(visit.language, visit.person.scope)
    who = visit.person.name
    watched = live.watch(screen, name, reading, who)
    return Stream(live.events(watched, reading, visit.token), over=lambda: live.leave(watched, reading, who))
