"""`mprelease audits`, `withdraw` and `speed-up`: what is under audit, and what can be done about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli import choose as choice
from cli.commands.act import AsJson
from cli.commands.domains import mini_program
from cli.context import only_reads, services
from cli.lines import counted, document
from cli.printing import Lines, in_short, notes, tell, times
from cli.who import As, Reason, by, order
from releases.background.due import LOOKS_PER_S
from releases.errors import ReleaseConflict
from releases.problems import describe
from releases.record import By, Release
from releases.selection import Selection
from releases.states import Status, Step
from releases.store.actions import Action, What
from wechat.errors import WeChatError
from wechat.http.deadline import DeadlineExceeded

Ids = Annotated[list[str], typer.Argument(help="Release ids.")]
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def audits(
    wave: Annotated[str | None, typer.Option(help="Only of this wave.")] = None,
    ask: Annotated[bool, typer.Option("--ask", help="Have workers read them now.")] = False,
    reason: Reason = None,
    actor: As = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, one release to a line.")] = False,
) -> None:
    """List what is under audit, the longest first; or have it read now."""
    if not ask:
        only_reads()
    choice.check_wave(services().store, wave)
    found = services().reader.select(Selection(wave=wave, status=Status.SUBMITTED))
    now, console = services().now(), Lines()
    for release in sorted(found, key=_since):
        if as_json:
            document(release.public())
        else:
            console.print(times(_line(release, now), console), hang=4)
    if not found:
        notes.print("nothing is under audit")
    if ask and found:
        to: dict[str, Any] = (
            {"release": found[0]} if len(found) == 1 else {"wave": wave, "number": len(found)}
        )
        order(What.LOOK, by(actor, reason), **to)
        number = services().due.look_now([release.id for release in found], now)
        notes.print(
            f"{counted(number, 'audit')} will be read, {LOOKS_PER_S:g} a second, while nothing else is to be done. "
            "To see what became of them: mprelease audits"
        )


def _since(release: Release) -> datetime:
    review = release.review
    return release.updated_at if review is None or review.submitted_at is None else review.submitted_at


def _line(release: Release, now: datetime) -> str:
    review = release.review
    status = "in review" if review is None else review.status.replace("_", " ")
    read = (
        ""
        if review is None or review.checked_at is None
        else f", read {review.checked_at:%Y-%m-%d %H:%M} UTC"
    )
    problem = "" if release.wait is None else f"; {in_short(release.wait)}"
    label = f"  ({escape(release.label)})" if release.label else ""
    head = f"{release.id}  {release.appid}  {escape(release.user_version)}{label}"
    return f"{head}  {status} for {lasting(now - _since(release))}{read}{escape(problem)}"


def lasting(time: timedelta) -> str:
    """How long, in its two largest units."""
    seconds = max(0, int(time.total_seconds()))
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE} min"
    return f"{seconds // _DAY} d {seconds % _DAY // _HOUR} h"


def withdraw(release_ids: Ids, reason: Reason = None, actor: As = None, as_json: AsJson = False) -> None:
    """Have audits withdrawn: WeChat takes five a day for each Mini Program, and ten a month. A worker does it."""
    who = by(actor, reason)
    within = choice.as_one(What.WITHDRAW, who, release_ids)
    done, bad = choice.act(
        release_ids, lambda release_id: services().publications.withdraw(release_id, who, within=within)
    )
    _end(done, bad, "withdrawn soon", as_json=as_json)


def speed_up(release_ids: Ids, reason: Reason = None, actor: As = None, as_json: AsJson = False) -> None:
    """Have audits looked at sooner, from the provider's monthly pool."""
    who = by(actor, reason)
    within = choice.as_one(What.SPEED_UP, who, release_ids)
    done, bad = choice.act(release_ids, lambda release_id: _sped_up(release_id, who, within))
    _end(done, bad, "sped up", as_json=as_json)


def _sped_up(release_id: str, who: By, within: Action | None) -> Release:
    """Raises ReleaseConflict where it is not under audit, or WeChat refuses."""
    release = services().reader.get(release_id)
    if release.status is not Status.SUBMITTED or release.auditid is None:
        raise ReleaseConflict(release_id, f"is {release.status}, not under audit")
    action = within or Action.of(
        What.SPEED_UP, who, services().now(), release, detail=f"audit {release.auditid}"
    )
    services().actions.note(action)
    try:
        mini_program(release.appid).speed_up_audit(release.auditid)
    except (WeChatError, DeadlineExceeded) as error:
        raise ReleaseConflict(release_id, in_short(describe(error, Step.WATCH_AUDIT))) from None
    return services().releases.note(release_id, f"audit {release.auditid} sped up", who)


def _end(done: list[Release], bad: int, what: str, *, as_json: bool) -> None:
    if as_json:
        for release in done:
            document(release.public())
    else:
        tell(done, lambda _: what)
        if done or not bad:
            notes.print(f"{counted(len(done), 'audit')} {what}")
    if bad:
        raise typer.Exit(1)
