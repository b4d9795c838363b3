"""The releases that a command is to act on: named, or chosen by what can be said of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from difflib import get_close_matches
from shlex import quote
from typing import Annotated

import typer

from cli import language
from cli.context import services
from cli.lines import counted
from cli.printing import complain, notes
from releases.errors import ReleaseError, UnknownRelease
from releases.record import By, Release
from releases.selection import Selection
from releases.states import Status, Step
from releases.store.actions import Action, What
from releases.store.records import ReleaseStore

#: So many refusals are told; the rest is counted.
_MOST_REFUSALS = 20

Errcode = Annotated[int | None, typer.Option(help="Those that are stopped, or wait, for this errcode.")]
# The names of the values are in the help: as their type they would be broken in the middle of a word.
AtStep = Annotated[Step | None, typer.Option(metavar="STEP", help=f"Those at this step: {', '.join(Step)}.")]


def check(
    release_ids: list[str] | None,
    wanted: Selection,
    not_possible: str = "",
    never: Collection[Status] = (),
) -> None:
    """Refuse options that choose nothing, too much or what is `never` right; `not_possible` says what can't be done with that."""
    if release_ids and wanted.is_given:
        raise typer.BadParameter("name releases, or choose them by --wave, --status …, not both")
    if not release_ids and not wanted.is_given:
        raise typer.BadParameter("name releases, or choose them, by --wave for example")
    if wanted.status in never:
        raise typer.BadParameter(f"{wanted.status} releases can't be {not_possible}", param_hint="--status")


def check_wave(store: ReleaseStore, wave: str | None) -> None:
    """Refuse the name of a wave that has no release, and say which names are like it; exit 1."""
    if wave is None or store.has_wave(wave):
        return
    names = {name.casefold(): name for name in store.waves()}
    near = get_close_matches(wave.casefold(), names, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(quote(names[name]) for name in near)}? " if near else ""
    complain(f"no release belongs to a wave {wave!r}", f"{hint}All waves: mprelease waves")
    raise typer.Exit(1)


def ids(release_ids: list[str] | None, wanted: Selection, statuses: tuple[Status, ...]) -> Iterator[str]:
    """Those that are named, or chosen: without a status, those of the chosen that have one of `statuses`."""
    if release_ids:
        return iter(release_ids)
    return (release.id for release in find(wanted, statuses))


def find(wanted: Selection, statuses: tuple[Status, ...]) -> Iterator[Release]:
    """The chosen ones as they stand."""
    for status in statuses if wanted.status is None else (wanted.status,):
        yield from services().reader.select(replace(wanted, status=status))


def as_one(
    what: What,
    who: By,
    chosen: Sequence[str],
    wanted: Selection | None = None,
    *,
    held: int = 0,
    detail: str | None = None,
) -> Action | None:
    """The order that stands in the log for all of the chosen, and for the `held` ones of the wave; one alone has its own."""
    wanted = wanted or Selection()
    if len(chosen) == 1 and not wanted.is_given:
        return None
    given = {name: value for name, value in asdict(wanted).items() if name != "wave" and value is not None}
    said = [*(f"{name} {value}" for name, value in given.items()), *([detail] if detail else [])]
    return Action.of(
        what,
        who,
        services().now(),
        wave=wanted.wave,
        number=len(chosen) + held,
        detail=", ".join(said) or None,
    )


def act(
    release_ids: Iterable[str], do: Callable[[str], Release], *, may_be_none: bool = False
) -> tuple[list[Release], int]:
    """Do it with each; a refusal is told and does not keep the others from it. Returns also how many were refused."""
    from rich.progress import track  # noqa: PLC0415 - commands that only read start sooner

    done: list[Release] = []
    bad, unknown = 0, False
    chosen = list(release_ids)
    try:
        for release_id in track(chosen, "", console=notes, transient=True, disable=not notes.is_terminal):
            try:
                done.append(do(release_id))
            except ReleaseError as error:
                bad += 1
                unknown = unknown or isinstance(error, UnknownRelease)
                if bad <= _MOST_REFUSALS:
                    complain(language.speech().sentence(str(error)))
    except KeyboardInterrupt:
        notes.print(
            f"Interrupted: {len(done)} of {counted(len(chosen), 'release')} done, maybe one more. "
            "Repeat the command for the others."
        )
        raise
    if bad > _MOST_REFUSALS:
        more = bad - _MOST_REFUSALS
        complain(f"and {more} more {'was' if more == 1 else 'were'} refused")
    if unknown:
        notes.print("Only whole ids are taken here; all of them: mprelease list")
    if not done and not bad and not may_be_none:
        complain("no release matches", "All releases: mprelease list")
        bad = 1
    return done, bad
