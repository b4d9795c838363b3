"""Where a process listens, or why it can't."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from cli.printing import complain


@contextmanager
def can_be_had(host: str, port: int) -> Iterator[None]:
    """Say so where the address can't be listened on, and end the command with 2."""
    try:
        yield
    except OSError as error:
        complain(
            f"{host}:{port} can't be listened on: {error.strerror}", "Name another by --host and --port."
        )
        raise typer.Exit(2) from None
