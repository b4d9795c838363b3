"""What Celery's result store says of a release, as any Celery client reads it: see `releases.handles`.

The script that writes a record writes its results with it: nobody can die in between. What has succeeded stays until the release goes
on again, as with Celery's own backends.
"""

from __future__ import annotations

import json
from typing import Any

from releases.handles import Result, outcomes
from releases.record import Release

#: What the keys of Celery's Redis backend begin with.
PREFIX = "celery-task-meta-"
#: How long results are kept, in seconds: a wave is read for days.
EXPIRES_S = 7 * 86_400


def results(release: Release) -> dict[str, Any]:
    """For `tell` in store/lua/shared.lua: what each handle says now, and those that are to be waited for."""
    found = outcomes(release)
    told = {handle: outcome for handle, outcome in found.items() if outcome is not None}
    return {
        "expires_s": EXPIRES_S,
        "told": [[PREFIX + handle, _meta(release, handle, outcome)] for handle, outcome in told.items()],
        "forgotten": [PREFIX + handle for handle in found if handle not in told],
    }


def _meta(release: Release, handle: str, outcome: Result) -> str:
    """A result as Celery's backends encode one: `Backend._get_result_meta` and `prepare_exception`."""
    status, result = "SUCCESS", outcome
    if isinstance(outcome, Exception):
        kind = type(outcome)
        status = "FAILURE"
        result = {"exc_type": kind.__name__, "exc_message": list(outcome.args), "exc_module": kind.__module__}
    meta = {
        "status": status,
        "result": result,
        "traceback": None,
        "children": None,
        "date_done": release.updated_at.isoformat(),
        "task_id": handle,
    }
    return json.dumps(meta)
