"""The log of actions: who ordered what, through whichever door."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from config.api_keys import KeyScope
from releases.scope import Scope
from releases.store.actions import What
from web.backend import Ready
from web.cursors import cursor_of, position_of
from web.routes.releases import Paging
from web.routes.scoped import ScopedRouter

reading = ScopedRouter(KeyScope.READ, "actions")


class ActionRecord(BaseModel):
    """An order that somebody gave."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(description="The entry's id.")]
    time: Annotated[datetime, Field(description="When, in UTC.")]
    what: Annotated[What, Field(description="What was ordered.")]
    by: Annotated[
        str | None,
        Field(description="Who: key:NAME, cli:NAME or celery:NAME; null: a task by name that named nobody."),
    ]
    reason: Annotated[str | None, Field(description="Why, as far as they said.")]
    wave: Annotated[
        str | None, Field(description="The wave for which it is, or to which the release belongs.")
    ]
    release_id: Annotated[str | None, Field(description="The release, where it is for one alone.")]
    appid: Annotated[str | None, Field(description="The Mini Program of that release, or for which it is.")]
    scope: Annotated[Scope | None, Field(description="What of the platform was paused, or goes on.")]
    number: Annotated[
        int | None, Field(description="How many releases it is for; null where it is for none.")
    ]
    detail: Annotated[str | None, Field(description="What else was said, in words.")]


class ActionPage(BaseModel):
    """Some orders, newest first."""

    model_config = ConfigDict(extra="forbid")

    actions: Annotated[list[ActionRecord], Field(description="At most `limit`.")]
    next: Annotated[str | None, Field(description="The cursor of the next page; null after the last one.")]


class ActionsWanted(Paging):
    """Which orders; all that is given has to be true of one."""

    wave: Annotated[str | None, Field(description="Those for this wave, or for a release of it.")] = None
    by: Annotated[
        str | None, Field(description="Those of whom: `key:NAME`, `cli:NAME`, or a name through any door.")
    ] = None


@reading.get("/actions", response_model=ActionPage)
def list_actions(services: Ready, wanted: Annotated[ActionsWanted, Query()]) -> JSONResponse:
    """List who ordered what, when and why, newest first: the newest 10,000 orders. What workers do by themselves is not among them."""
    page = services.actions.newest(wanted.limit, position_of(wanted.cursor), by=wanted.by, wave=wanted.wave)
    found = [action.public() for action in page.actions]
    return JSONResponse({"actions": found, "next": cursor_of(page.more_after)})
