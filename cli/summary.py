"""The releases that a command has dealt with, for people: each of a few, counts of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from shlex import quote

from rich.console import Console

from cli.printing import Lines, listing, notes
from releases.record import Release

#: So many are listed on a terminal, where more would only scroll by. Elsewhere all are, for grep.
MOST_LISTED = 20
#: So many waves are counted one by one.
_MOST_WAVES = 20


def is_counted(releases: Sequence[Release]) -> bool:
    """Whether they are too many to be listed here."""
    return len(releases) > MOST_LISTED and Console().is_terminal


def tell(releases: Sequence[Release], word: Callable[[Release], str], *, go_on: bool = False) -> None:
    """List them on stdout, or count them for each wave by the word that is given to each.

    Where they are counted and `go_on`, the command that shows what becomes of them is told as well.
    """
    if not is_counted(releases):
        listing(releases)
        return
    console = Lines(markup=False)
    each = {release.id: release for release in releases}.values()
    waves = Counter(release.wave for release in each)
    words = Counter((release.wave, word(release)) for release in each)
    for wave, _ in waves.most_common(_MOST_WAVES):
        counted = ", ".join(f"{number} {what}" for (of, what), number in words.items() if of == wave)
        console.print(f"{f'wave {wave}' if wave else 'without a wave'}: {counted}")
    if len(waves) > _MOST_WAVES:
        console.print(f"and {len(waves) - _MOST_WAVES} more waves")
    if go_on:
        notes.print(f"To follow them: {_command(list(waves))}", markup=False)


def _command(waves: Sequence[str | None]) -> str:
    named = [wave for wave in waves if wave]
    if not named:
        return "mprelease list"
    return f"mprelease wave {quote(named[0]) if len(named) == 1 else 'NAME'} --watch"
