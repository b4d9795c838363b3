"""The releases that a command is to act on: named, or chosen by wave and status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import typer
from rich.progress import track

from cli.context import services
from cli.printing import complain, notes
from releases.errors import ReleaseError
from releases.record import Release
from releases.states import Status

#: So many refusals are told; the rest is counted.
_MOST_REFUSALS = 20


def check(release_ids: list[str] | None, wave: str | None, status: Status | None, not_possible: str) -> None:
    """Refuse options that choose nothing, too much or what is over; `not_possible` says what can't be done with that."""
    if release_ids and (wave is not None or status is not None):
        raise typer.BadParameter("name releases, or choose them by --wave or --status, not both")
    if not release_ids and wave is None and status is None:
        raise typer.BadParameter("name releases, or choose them, by --wave for example")
    if status in (Status.CANCELLED, Status.SUBMITTED):
        raise typer.BadParameter(f"{status} releases can't be {not_possible}", param_hint="--status")


def ids(
    release_ids: list[str] | None, wave: str | None, status: Status | None, statuses: tuple[Status, ...]
) -> Iterator[str]:
    """Those that are named, or chosen: without a status, those of the wave that have one of `statuses`."""
    if release_ids:
        return iter(release_ids)
    return (release.id for release in find(wave, status, statuses))


def find(wave: str | None, status: Status | None, statuses: tuple[Status, ...]) -> Iterator[Release]:
    """The chosen ones as they stand."""
    wanted = statuses if status is None else (status,)
    return (release for one in wanted for release in services().store.find(status=one, wave=wave))


def act(
    release_ids: Iterable[str], do: Callable[[str], Release], *, may_be_none: bool = False
) -> tuple[list[Release], int]:
    """Do it with each; a refusal is told and does not keep the others from it. Returns also how many were refused."""
    done: list[Release] = []
    bad = 0
    chosen = list(release_ids)
    for release_id in track(chosen, "", console=notes, transient=True, disable=not notes.is_terminal):
        try:
            done.append(do(release_id))
        except ReleaseError as error:
            bad += 1
            if bad <= _MOST_REFUSALS:
                complain(str(error))
    if bad > _MOST_REFUSALS:
        complain(f"and {bad - _MOST_REFUSALS} more were refused")
    if not done and not bad and not may_be_none:
        complain("no release matches")
        bad = 1
    return done, bad
