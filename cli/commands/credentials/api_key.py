"""`mprelease api-key`: a key for the HTTP API, shown once."""

from __future__ import annotations

import hashlib
import secrets
from typing import Annotated

import typer

from cli.lines import words
from cli.printing import complain, notes
from config.api_keys import NAMES, ApiKey, KeyScope, is_key_name

#: By what a key is known as one of ours, in a log or a repository where it must not be.
PREFIX = "mpr_"


def api_key(
    name: Annotated[str, typer.Argument(help="Whose it is, for histories and logs.")],
    scope: Annotated[
        list[KeyScope],
        typer.Option(metavar="SCOPE", help=f"What it is for: {', '.join(KeyScope)}; several by repeating."),
    ],
) -> None:
    """Make a key for the HTTP API: the key on stdout, once; the line for MPRELEASE_WEB__KEYS on stderr."""
    if not is_key_name(name):
        complain(f"No key was made: a name must be {NAMES}")
        raise typer.Exit(2)
    key = PREFIX + secrets.token_urlsafe(32)
    made = ApiKey(name, frozenset(scope), hashlib.sha256(key.encode()).digest())
    words(key)
    notes.print(
        "The key is on stdout, and nowhere else. Add to MPRELEASE_WEB__KEYS, and restart `mprelease web`:"
    )
    notes.print(str(made), markup=False, highlight=False, soft_wrap=True)
