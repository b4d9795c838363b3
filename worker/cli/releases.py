"""`mprelease show`, `list`, `resume`, `cancel`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import track

from tasks.errors import ReleaseError
from tasks.names import ACTIVE, Status
from tasks.record import Release
from tasks.scope import Scope
from worker.cli.context import services
from worker.cli.follow import explain, follow
from worker.cli.output import complain, document, listing, notes, whole

AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout, and nothing else.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Release ids.", show_default=False)]
Wave = Annotated[str | None, typer.Option(help="Those of this wave that it concerns.")]
#: What `resume --wave` takes: what stands still until a person acts.
STOPPED = (Status.BLOCKED, Status.FAILED)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(show)
    app.command("list")(list_releases)
    app.command()(resume)
    app.command()(cancel)


def show(release_id: str, as_json: AsJson = False) -> None:
    """Show one release: how far it got, why it stands, what to do."""
    release = services().releases.get(release_id)
    if as_json:
        document(release.public())
    else:
        whole(release)


def list_releases(
    status: Annotated[Status | None, typer.Option(help="Only these.")] = None,
    wave: Annotated[str | None, typer.Option(help="Only this wave.")] = None,
    appid: Annotated[str | None, typer.Option(help="Only this Mini Program.")] = None,
    as_json: AsJson = False,
) -> None:
    """List releases, oldest first."""
    found = services().store.find(status=status, wave=wave, appid=appid)
    if as_json:
        for release in found:
            document(release.public())
    else:
        listing(found)


def resume(
    release_ids: Ids = None,
    wave: Wave = None,
    status: Annotated[Status | None, typer.Option(help="All that are blocked, failed or waiting.")] = None,
    platform: Annotated[bool, typer.Option(help="End the pause of the whole platform.")] = False,
    max_blocked: Annotated[
        float | None,
        typer.Option(min=0, max=100, help="With --wave: stop it at another per cent from now on."),
    ] = None,
    wait: Annotated[bool, typer.Option(help="Follow them; exit 1 if not all got submitted.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start stopped releases again, after their cause has been removed."""
    if platform:
        waiting = services().store.find(status=Status.WAITING)
        held = [release for release in waiting if release.progress.held in set(Scope)]
        lifted = [scope for scope in Scope if services().pauses.lift(scope)]
        notes.print(
            f"the platform goes on, {len(held)} releases with it" if lifted else "the platform was not paused"
        )
        if not release_ids and wave is None and status is None:
            if wait:
                _end(follow([release.id for release in held]), as_json=as_json)
            return
    if status in (Status.CANCELLED, Status.SUBMITTED):
        raise typer.BadParameter(
            f"{status} releases can't be resumed; enqueue them anew", param_hint="--status"
        )
    if max_blocked is not None and wave is None:
        raise typer.BadParameter("goes with --wave", param_hint="--max-blocked")
    chosen = list(_chosen(release_ids, wave, status, STOPPED))
    goes_on = wave is not None and _is_stopped(wave, max_blocked)
    resumed, bad = _each(chosen, services().releases.resume, may_be_none=goes_on or max_blocked is not None)
    if goes_on:
        # Last: until then the brake would judge by what has just been resumed.
        services().waves.let_go(str(wave))
        notes.print(f"wave {escape(str(wave))} goes on")
    if wait:
        _end(follow([release.id for release in resumed]), as_json=as_json)
    else:
        _print(resumed, as_json=as_json)
    if bad:
        raise typer.Exit(1)


def cancel(release_ids: Ids = None, wave: Wave = None, as_json: AsJson = False) -> None:
    """End releases. What WeChat has been told already stays as it is."""
    chosen = _chosen(release_ids, wave, None, tuple(ACTIVE))
    with services().waves.standing_still(wave) if wave is not None else nullcontext():
        cancelled, bad = _each(chosen, services().releases.cancel)
    _print(cancelled, as_json=as_json)
    if bad:
        raise typer.Exit(1)


def _is_stopped(wave: str, max_blocked: float | None) -> bool:
    """Set another bound, if one is given; whether the wave is braked. A canary is not cut short."""
    waves = services().waves
    if not sum(services().store.wave_counts(wave).values()):
        complain(f"no release belongs to a wave {wave!r}")
        raise typer.Exit(1)
    if max_blocked is not None:
        waves.set_bound(wave, max_blocked)
        notes.print(f"wave {escape(wave)} stops at {max_blocked:g} % blocked or failed from now on")
    pause = waves.state(wave).pause
    if pause is not None and pause.canary:
        notes.print(escape(f"{pause.errmsg}; the rest waits for them"))
    return pause is not None and not pause.canary


def _end(releases: list[Release], *, as_json: bool) -> None:
    """Print what became of followed releases; exit 1 if not all got submitted."""
    _print(releases, as_json=as_json)
    explain(releases)
    if any(release.status is not Status.SUBMITTED for release in releases):
        raise typer.Exit(1)


def _chosen(
    release_ids: list[str] | None, wave: str | None, status: Status | None, statuses: tuple[Status, ...]
) -> Iterator[str]:
    if release_ids and (wave is not None or status is not None):
        raise typer.BadParameter("name releases, or choose them by --wave or --status, not both")
    if not release_ids and wave is None and status is None:
        raise typer.BadParameter("name releases, or choose them, by --wave for example")
    if release_ids:
        return iter(release_ids)
    found = services().store.find
    wanted = statuses if status is None else (status,)
    return (release.id for one in wanted for release in found(status=one, wave=wave))


def _each(
    release_ids: Iterable[str], act: Callable[[str], Release], *, may_be_none: bool = False
) -> tuple[list[Release], int]:
    """Act on each; a refusal is told and does not keep the others from it."""
    done: list[Release] = []
    bad = 0
    chosen = list(release_ids)
    for release_id in track(chosen, "", console=notes, transient=True, disable=not notes.is_terminal):
        try:
            done.append(act(release_id))
        except ReleaseError as error:
            bad += 1
            complain(str(error))
    if not done and not bad and not may_be_none:
        complain("no release matches")
        bad = 1
    return done, bad


def _print(releases: list[Release], *, as_json: bool) -> None:
    if as_json:
        for release in releases:
            document(release.public())
    elif releases:
        listing(releases)
