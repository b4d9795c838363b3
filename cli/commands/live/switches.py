"""`mprelease visit` and `gray`: what an operator turns by hand on one Mini Program. What makes it safer is not asked about."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli import language
from cli.commands.domains import AppId, mini_program
from cli.commands.live.asking import confirm
from cli.commands.live.versions import json_of, of_gray
from cli.context import only_reads, services
from cli.lines import document
from cli.printing import Lines, complain, notes, times
from cli.who import As, Reason, by, order
from releases.record import By
from releases.shown.asked import AUDIT, effective, named
from releases.steps.ours import PASSED
from releases.store.actions import What
from wechat.mini_program import GrayPlan, MiniProgram

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
#: A gray release that runs, and the largest percentage.
_RUNNING, _ALL = 1, 100


class Switch(StrEnum):
    """Whether users get in."""

    OPEN = "open"
    CLOSE = "close"


def visit(
    appid: AppId,
    switch: Annotated[Switch, typer.Argument(metavar="open|close", help="Let users in, or keep them out.")],
    yes: Yes = False,
    reason: Reason = None,
    actor: As = None,
    as_json: AsJson = False,
) -> None:
    """Let users into a Mini Program, or keep them out: the emergency switch. Closing asks nothing."""
    shop, is_open = mini_program(appid), switch is Switch.OPEN
    if is_open:
        confirm(f"Let users into {appid} again?", yes=yes)
    who = by(actor, reason)
    order(What.VISIT_OPEN if is_open else What.VISIT_CLOSE, who, appid=appid)
    shop.set_open(is_open)
    _note(appid, "opened to users" if is_open else "closed to users", who)
    if as_json:
        document({"appid": appid, "is_open": is_open})
    elif is_open:
        notes.print(f"{appid} is open")
    else:
        notes.print(f"{appid} is closed: users can't get in. To open it: mprelease visit {appid} open")


def gray(
    appid: AppId,
    what: Annotated[
        str | None,
        typer.Argument(metavar="PERCENT|stop", help="1 to 100, or stop; without it the plan is shown."),
    ] = None,
    yes: Yes = False,
    reason: Reason = None,
    actor: As = None,
    as_json: AsJson = False,
) -> None:
    """Show, begin, grow or stop a Mini Program's gray release by hand. Stopping asks nothing."""
    if what is None:
        only_reads()
    percent = None if what in (None, "stop") else _percent(str(what))
    shop = mini_program(appid)
    plan = shop.gray_plan()
    runs = plan is not None and plan.status == _RUNNING
    who = by(actor, reason)
    if what == "stop" and runs:
        order(What.GRAY_STOP, who, appid=appid)
        shop.stop_gray()
        _note(appid, "gray release stopped", who)
    elif percent is not None and not (runs and plan is not None and plan.percentage >= percent):
        version = _publishable(shop, appid)
        confirm(f"Put {version} live for {percent} % of the users of {appid}?", yes=yes)
        order(What.GRAY, who, appid=appid, detail=f"{version}, {percent} % of the users")
        shop.gray(percent)
        _note(appid, f"gray release of {version} to {percent} % of the users", who)
    elif what is not None:
        notes.print("it is so already, so nothing was sent")
    _print(shop.gray_plan() if what else plan, as_json=as_json)


def _percent(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and 1 <= int(typed) <= _ALL):
        raise typer.BadParameter(f"must be 1 to {_ALL}, or stop", param_hint="PERCENT")
    return int(typed)


def _publishable(shop: MiniProgram, appid: str) -> str:
    """The version that WeChat would take, which it does not let us choose; ends with 1 where that would break the shop."""
    audit = shop.latest_audit()
    if audit is None or audit.status != PASSED:
        how = (
            "there is none"
            if audit is None
            else f"audit {audit.auditid} is {named(AUDIT, audit.status, language.speech())}"
        )
        complain(f"Nothing was sent: the latest audit of {appid} has not passed: {how}")
        raise typer.Exit(1)
    wanted = services().wanted
    missing = wanted - effective(shop, web_view=bool(wanted.web_view))
    if missing:
        complain(
            f"Nothing was sent: users could not reach {', '.join(missing.hosts())}.",
            f"See: mprelease versions {appid}, mprelease domains get {appid}, mprelease platform domains get",
        )
        raise typer.Exit(1)
    return f"version {audit.version or '?'} (audit {audit.auditid})"


def _note(appid: str, what: str, who: By) -> None:
    """Have the history of the Mini Program's newest release tell it, if there is one that stands."""
    for release in services().reader.named(appid):
        services().releases.note(release.id, what, who)


def _print(plan: GrayPlan | None, *, as_json: bool) -> None:
    if as_json:
        document(None if plan is None else json_of(plan))
    else:
        console = Lines()
        console.print(times(f"gray release: {of_gray(plan)}", console))
