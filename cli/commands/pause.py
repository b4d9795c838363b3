"""`mprelease pause`: a person lets the whole platform wait. `resume --platform` ends it."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.context import services
from cli.lines import document
from cli.printing import notes
from cli.who import As, Reason, by
from releases.scope import Scope


def pause(
    reason: Reason = None,
    submissions: Annotated[
        bool, typer.Option("--submissions", help="Only submissions wait; domains and commits go on.")
    ] = False,
    actor: As = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, and nothing else.")] = False,
) -> None:
    """Let all releases wait at their next step, until `mprelease resume --platform`. Running steps end first."""
    scope = Scope.SUBMISSIONS if submissions else Scope.ALL
    who = by(actor, reason)
    services().orders.pause_platform(scope, who)
    if as_json:
        document({"scope": scope, "reason": who.reason or ""})
    else:
        what = "submissions are" if submissions else "the platform is"
        notes.print(f"{what} paused; running steps end first. To go on: mprelease resume --platform")
