"""`mprelease resume` and `cancel`."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import nullcontext
from typing import Annotated

import typer
from rich.markup import escape

from cli import choose as choice
from cli.context import services
from cli.following import explain, follow
from cli.lines import counted, document
from cli.printing import notes, tell
from cli.who import As, Reason, by
from releases.intake.orders import STOPPED
from releases.record import By, Release
from releases.scope import Scope
from releases.selection import Selection
from releases.states import ACTIVE, SUBMITTED_ONCE, Status
from releases.store.actions import What

AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout, and nothing else.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Release ids.", show_default=False)]
Wave = Annotated[str | None, typer.Option(help="Those of this wave that it concerns.")]
_STDIN = 0
#: Nobody goes on with these: they have got where they should, or are over.
_NEVER_RESUMED = frozenset(SUBMITTED_ONCE) - {Status.REJECTED} | {Status.CANCELLED}
#: These can be given up; a publication only until it is sent.
_CANCELLED = ACTIVE | {Status.SUBMITTED, Status.REJECTED, Status.APPROVED}
_GOT_THROUGH = (Status.SUBMITTED, Status.APPROVED, Status.LIVE, Status.REVERTED)


def resume(
    release_ids: Ids = None,
    wave: Wave = None,
    status: Annotated[
        Status | None,
        typer.Option(
            metavar="STATUS",
            help="All in this status: blocked, failed, waiting, rejected (to submit it once more).",
        ),
    ] = None,
    errcode: choice.Errcode = None,
    step: choice.AtStep = None,
    platform: Annotated[bool, typer.Option(help="End the pause of the whole platform.")] = False,
    max_blocked: Annotated[
        float | None,
        typer.Option(min=0, max=100, help="With --wave: stop it at another per cent from now on."),
    ] = None,
    wait: Annotated[bool, typer.Option(help="Follow them; exit 1 if not all got submitted.")] = False,
    reason: Reason = None,
    actor: As = None,
    as_json: AsJson = False,
) -> None:
    """Start stopped releases again, after their cause has been removed."""
    if max_blocked is not None and wave is None:
        raise typer.BadParameter("goes with --wave", param_hint="--max-blocked")
    wanted = Selection(wave=wave, status=status, errcode=errcode, step=step)
    who = by(actor, reason)
    if platform and not release_ids and not wanted.is_given:
        _resume_platform(who, wait=wait, as_json=as_json)
        return
    choice.check(release_ids, wanted, "resumed; enqueue them anew", _NEVER_RESUMED)
    choice.check_wave(services().store, wave)
    if platform:
        _lift(who)
    chosen = list(choice.ids(release_ids, wanted, STOPPED))
    # A part that is empty is a mistake, and no reason to let the whole go on.
    is_meant = bool(chosen) or (errcode is None and step is None)
    held = services().orders.held(wave) if wave is not None and is_meant else 0
    order = choice.as_one(What.RESUME, who, chosen, wanted, held=held)
    if wave is not None and is_meant and max_blocked is not None:
        _set_bound(wave, max_blocked, who)
    goes_on = wave is not None and is_meant and _is_stopped(wave)
    resumed, bad = choice.act(
        chosen,
        lambda release_id: services().releases.resume(release_id, who, within=order),
        may_be_none=goes_on or max_blocked is not None,
    )
    if goes_on:
        services().orders.let_go(str(wave), who, order)
        notes.print(f"wave {escape(str(wave))} goes on")
    if wait:
        _end(follow([release.id for release in resumed]), as_json=as_json)
    else:
        _print(resumed, "resumed", as_json=as_json, go_on=True)
    if bad:
        raise typer.Exit(1)


def cancel(
    release_ids: Ids = None,
    wave: Wave = None,
    status: Annotated[
        Status | None,
        typer.Option(metavar="STATUS", help=f"All in this status: {', '.join(sorted(_CANCELLED))}."),
    ] = None,
    errcode: choice.Errcode = None,
    step: choice.AtStep = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    reason: Reason = None,
    actor: As = None,
    as_json: AsJson = False,
) -> None:
    """End releases. What WeChat has been told already stays as it is."""
    wanted = Selection(wave=wave, status=status, errcode=errcode, step=step)
    choice.check(release_ids, wanted, "cancelled any more", frozenset(Status) - _CANCELLED)
    choice.check_wave(services().store, wave)
    if not (release_ids or yes):
        _ask_whether_to_cancel(wanted)
    who = by(actor, reason)
    # A part of a wave is cancelled one by one: its brake, if it is on, has to stay.
    whole_wave = wave is not None and wanted == Selection(wave=wave)
    with services().waves.standing_still(str(wave)) if whole_wave else nullcontext():
        chosen = list(choice.ids(release_ids, wanted, tuple(ACTIVE)))
        order = choice.as_one(What.CANCEL, who, chosen, wanted)
        cancelled, bad = choice.act(
            chosen, lambda release_id: services().releases.cancel(release_id, by=who, within=order)
        )
    _print(cancelled, as_json=as_json)
    if bad:
        raise typer.Exit(1)


def _ask_whether_to_cancel(wanted: Selection) -> None:
    """Ask, where a person sits at it; raises typer.Abort.

    Nobody is asked where stdin is no terminal, and nothing is refused there: `cancel --wave` was called by scripts
    before there was a question, and a wave that does not stop when it is told to is worse than a typing error.
    """
    if not os.isatty(_STDIN):
        return
    counts = Counter(release.status for release in choice.find(wanted, tuple(ACTIVE)))
    if counts.total() > 1:
        tally = ", ".join(f"{number} {of}" for of, number in counts.most_common())
        typer.confirm(f"Cancel {counts.total()} releases ({tally})?", abort=True, err=True)


def _resume_platform(who: By, *, wait: bool, as_json: bool) -> None:
    held, lifted = _lift(who)
    if wait:
        _end(follow([release.id for release in held]), as_json=as_json)
    elif as_json:
        document({"lifted": lifted, "releases": len(held)})


def _lift(who: By) -> tuple[list[Release], list[Scope]]:
    """End the platform's pauses; returns the releases that they held, and which there were."""
    held, lifted = services().orders.resume_platform(who)
    notes.print(
        f"the platform goes on, {counted(len(held), 'release')} with it"
        if lifted
        else "the platform was not paused"
    )
    return held, lifted


def _set_bound(wave: str, max_blocked: float, who: By) -> None:
    services().orders.set_bound(wave, max_blocked, who)
    notes.print(f"wave {escape(wave)} stops at {max_blocked:g} % blocked or failed from now on")


def _is_stopped(wave: str) -> bool:
    """Whether the wave is braked. A canary is not cut short."""
    pause = services().waves.state(wave).pause
    if pause is not None and pause.canary:
        notes.print(escape(f"{pause.errmsg}; the rest waits for them"))
    return services().orders.is_braked(wave)


def _end(releases: list[Release], *, as_json: bool) -> None:
    """Print what became of followed releases; exit 1 if not all got submitted."""
    _print(releases, as_json=as_json)
    explain(releases, are_listed=not as_json)
    if any(release.status not in _GOT_THROUGH for release in releases):
        raise typer.Exit(1)


def _print(releases: list[Release], what: str = "", *, as_json: bool, go_on: bool = False) -> None:
    """Print documents, or for people what was done with them; without that, how they stand."""
    if as_json:
        for release in releases:
            document(release.public())
    else:
        tell(releases, lambda release: what or release.status, go_on=go_on)
