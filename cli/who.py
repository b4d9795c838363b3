"""Who types a command that changes something, and why: the log of actions keeps it, and the history of each release."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from cli.context import services
from releases.doors import MAX_REASON, Door, is_reason
from releases.record import By
from releases.store.actions import Action, What

#: Hosts or Mini Programs that an entry of the log names.
_NAMED = 10


def _one_line(text: str | None) -> str | None:
    if text is not None and not is_reason(text):
        raise typer.BadParameter(f"must be at most {MAX_REASON} printable characters on one line")
    return text


Reason = Annotated[str | None, typer.Option(callback=_one_line, help="Why; it is kept with who did it.")]
As = Annotated[
    str | None,
    typer.Option("--as", callback=_one_line, help="Who does it, for the history; you if nobody is named."),
]


def by(actor: str | None, reason: str | None) -> By:
    """Who acts: whoever is named, else the operating system's user."""
    return By.through(Door.CLI, (actor or "").strip() or _user(), (reason or "").strip() or None)


def order(what: What, who: By, **to: Any) -> None:
    """Have the log of actions tell it, before it is done; never a secret."""
    services().actions.note(Action.of(what, who, services().now(), **to))


def first_of(names: Sequence[str]) -> str:
    """The first of them, and how many more there are: for the detail of an order."""
    more = [f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return ", ".join([*names[:_NAMED], *more])


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user need not have a name
        return f"uid {os.getuid()}"
