"""The waves, and one of them: what the whole screen shows, and what of it is renewed while somebody looks."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from releases import remedies
from releases.states import Status
from releases.store.newest import Position
from releases.waves.halves import FIRST, LIVE
from releases.waves.report import Cause, PublicationReport, WaveReport
from releases.waves.speech import Speech
from tasks.services import Services
from web.backend import Backend, Behind, Ready
from web.cursors import cursor_of, position_of
from web.page.rendering import screen
from web.problems import UnknownWave

router = APIRouter(include_in_schema=False)

#: Waves of one screen.
_SHOWN = 50
#: What is renewed of a screen while somebody looks, and the template of each part.
WAVES_PARTS: Mapping[str, str] = {"waves": "parts/waves.html"}
WAVE_PARTS: Mapping[str, str] = {
    "standing": "parts/wave_standing.html",
    "acts": "parts/wave_acts.html",
    "causes": "parts/wave_causes.html",
}


@router.get("/")
def waves(
    request: Request, backend: Behind, services: Ready, older: Annotated[str | None, Query()] = None
) -> HTMLResponse:
    """The newest waves, or those that are older than where a screen ended."""
    return screen(request, "waves.html", is_first=older is None, **_listed(services, backend, older))


@router.get("/wave")
def wave(request: Request, backend: Behind, _there: Ready, name: str = "") -> HTMLResponse:
    """One wave: both halves, each cause once, and what can be done."""
    return screen(request, "wave.html", **one_wave(backend, name))


def newest_waves(backend: Backend, _name: str) -> dict[str, Any]:
    """What the first screen of waves shows; raises RedisError."""
    return _listed(backend.ready(), backend, None)


def having(backend: Backend, name: str) -> Services:
    """What tells of a wave; raises UnknownWave or RedisError."""
    services = backend.ready()
    if not services.store.has_wave(name):
        raise UnknownWave(f"no release belongs to a wave {name!r}")
    return services


def one_wave(backend: Backend, name: str) -> dict[str, Any]:
    """What the screen of a wave shows; raises UnknownWave or RedisError."""
    report = _asked(having(backend, name).wave_reports.of(name), backend.workers())
    found = backend.causes(report)
    halves = (("first", report, found[FIRST]), ("live", report.publication, found[LIVE]))
    there = [(which, half, _others(half, causes)) for which, half, causes in halves if half is not None]
    return {"report": report, "halves": there, "way_on": way_on}


def way_on(speech: Speech, remedy: str, name: str) -> str:
    """A remedy without the command that shows what this screen does."""
    rest = remedy.removeprefix(speech.own(remedies.SEE_WAVE, wave=quote(name)))
    return rest[:1].upper() + rest[1:]


def _asked(report: WaveReport, workers: int | None) -> WaveReport:
    """The workers count only where something would go on now if they did."""
    needs_them = report.needs_workers and workers is not None
    return report.asked(workers_answer=bool(workers)) if needs_them else report


def _others(half: WaveReport | PublicationReport, found: list[Cause]) -> list[Cause]:
    """The causes without those that the half's holds tell already."""
    told = {hold.remedy for hold in half.holds}
    return [
        cause for cause in found if cause.status is not Status.WAITING or cause.problem.remedy not in told
    ]


def _listed(services: Services, backend: Backend, older: str | None) -> dict[str, Any]:
    after, began = position_of(older), backend.waves()
    found = [Position(at.timestamp(), name) for name, at in began.items()]
    left = [one for one in found if after is None or one < after]
    shown = left[:_SHOWN]
    reports = services.wave_reports.all_of([one.id for one in shown])
    rows = [(_asked(report, backend.workers()), began[report.name]) for report in reports]
    more = cursor_of(shown[-1]) if len(left) > len(shown) else None
    return {"waves": rows, "older": more, "way_on": way_on}
