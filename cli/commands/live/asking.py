"""A question before what can't be taken back by repeating it: asked once, of a person."""

from __future__ import annotations

import os
import sys
from shlex import join

import typer

from cli.printing import complain

_STDIN = 0


def confirm(question: str, *, yes: bool) -> None:
    """Ask, unless `yes`; raises typer.Abort. Where nobody sits at a terminal, ends with 2 and says what is to be typed."""
    if yes:
        return
    if not os.isatty(_STDIN):
        complain(
            f"Nothing was done: {question}",
            f"To do it without being asked: {join(['mprelease', *sys.argv[1:]])} --yes",
        )
        raise typer.Exit(2)
    typer.confirm(question, abort=True, err=True)
