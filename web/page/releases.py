"""Releases by what is known of them, as a list and as CSV, and what one field finds."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from releases.appid import is_appid
from releases.errors import InvalidRequest
from releases.reading import Page, Reader
from releases.selection import Selection
from releases.shown import table
from releases.states import Status, Step
from releases.store.newest import Position
from web.backend import Ready
from web.cursors import cursor_of, position_of
from web.page import addresses
from web.page.rendering import screen
from web.page.words import N_

router = APIRouter(include_in_schema=False)

#: Releases on one page, and read at once for CSV.
_A_PAGE, _AT_ONCE = 50, 200
#: What is rare is looked for, for so many seconds; older releases are behind a link then.
_SEARCH_S = 5.0
#: Longer names can't be found.
_LONGEST = 200
_ERRCODE, _NUMBER = re.compile(r"-?[0-9]{1,10}"), re.compile(r"[0-9]{1,5}")
_HOURS = {"h": 1, "d": 24}


def _errcode(typed: str) -> int:
    if not _ERRCODE.fullmatch(typed.strip()):
        raise ValueError
    return int(typed)


def _appid(typed: str) -> str:
    if not is_appid(typed.strip()):
        raise ValueError
    return typed.strip()


#: How what is typed into a field is read, and what would be right.
_FIELDS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "status": (Status, N_("There is no such status.")),
    "step": (Step, N_("There is no such step.")),
    "errcode": (_errcode, N_("Must be a whole number, such as 85018.")),
    "wave": (str, ""),
    "appid": (_appid, N_("Must be wx and 16 letters or digits.")),
    "label": (str.strip, ""),
}
_AGE = N_("Must be a whole number of hours or days, such as 12.")


@dataclass(frozen=True, slots=True)
class Filter:
    """What the form holds, what that picks, and what is wrong by its field."""

    typed: Mapping[str, str]
    wanted: Selection
    wrong: Mapping[str, str]

    @classmethod
    def read(cls, query: Mapping[str, str], now: datetime) -> Filter:
        """Read it; an empty field says nothing."""
        typed = {name: query[name] for name in (*_FIELDS, "age", "unit") if query.get(name, "").strip()}
        wanted: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for name, (read, right) in _FIELDS.items():
            try:
                wanted[name] = read(typed[name]) if name in typed else None
            except ValueError:
                wrong[name] = right
        hours = _HOURS.get(typed.get("unit", "h"))
        if "age" in typed and hours and _NUMBER.fullmatch(typed["age"].strip()):
            wanted["unchanged_since"] = now - timedelta(hours=int(typed["age"]) * hours)
        elif "age" in typed:
            wrong["age"] = _AGE
        return cls(typed, Selection(**wanted), wrong)


@router.get("/releases")
def releases(request: Request, services: Ready, cursor: str | None = None) -> HTMLResponse:
    """List them, newest first."""
    now = services.now()
    asked = Filter.read(request.query_params, now)
    page = None if asked.wrong else _search(services.reader, asked.wanted, _A_PAGE, position_of(cursor))
    return screen(
        request,
        "releases.html",
        status=422 if page is None else 200,
        typed=asked.typed,
        wrong=asked.wrong,
        found=[] if page is None else page.releases,
        older=None if page is None else cursor_of(page.more_after),
        statuses=list(Status),
        steps=list(Step),
        now=now,
    )


def _search(reader: Reader, wanted: Selection, limit: int, after: Position | None = None) -> Page:
    """The newest; where few are found among those that are looked at in one go, older ones are looked at as well."""
    until = time.monotonic() + _SEARCH_S
    page = reader.newest(wanted, limit, after)
    found = page.releases
    while page.more_after is not None and len(found) < limit and time.monotonic() < until:
        page = reader.newest(wanted, limit - len(found), page.more_after)
        found += page.releases
    return Page(found, page.more_after)


@router.get("/releases.csv")
def as_csv(request: Request, services: Ready) -> StreamingResponse:
    """The same as CSV, as `mprelease list --csv` has it, but newest first; one part of them in memory at a time."""
    asked = Filter.read(request.query_params, services.now())
    for field, right in asked.wrong.items():
        raise InvalidRequest(field, right)
    name = {"Content-Disposition": 'attachment; filename="releases.csv"'}
    return StreamingResponse(_parts(services.reader, asked.wanted), media_type="text/csv", headers=name)


def _parts(reader: Reader, wanted: Selection) -> Iterator[str]:
    yield table.names()
    page = reader.newest(wanted, _AT_ONCE)
    while True:
        yield "".join(table.lines(page.releases))
        if page.more_after is None:
            return
        page = reader.newest(wanted, _AT_ONCE, page.more_after)


@router.get("/find")
def find(request: Request, services: Ready, q: str = "") -> Response:
    """The release that an appid, an id, the beginning of one, or a part of a label means; those that they can mean."""
    name = q.strip()[:_LONGEST]
    if not name:
        return RedirectResponse("/releases", 303)
    found = services.reader.named(name)
    if not found and is_appid(name):
        return RedirectResponse(addresses.mini_program(name), 303)
    if len(found) > 1:
        return screen(request, "found.html", q=name, found=found[::-1], now=services.now())
    if not found:
        page = _search(services.reader, Selection(label=name), 2)
        if len(page.releases) != 1 or page.more_after is not None:
            return RedirectResponse(addresses.to("/releases", label=name), 303)
        found = page.releases
    return RedirectResponse(addresses.release(found[0].id), 303)
