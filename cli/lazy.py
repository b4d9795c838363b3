"""Commands whose code is imported when they run: each start pays for the imports of one command, not for all."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand


class LazyCommand(TyperCommand):
    """A command of which only the name and the help's first line are known until its options have to be.

    `where` is its module's name; with `:NAME` the function, or the app of its subcommands, is not named like the command.
    """

    def __init__(self, name: str, where: str, first_line: str) -> None:
        super().__init__(name, help=first_line)
        self._module, _, attribute = where.partition(":")
        self._attribute = attribute or name

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the real command, which stands in for this one from here on."""
        try:
            return self.real().make_context(info_name, args, parent, **extra)
        except KeyboardInterrupt:
            # It takes half a second, and nobody knows from outside that the command has not begun.
            sys.stderr.write("Interrupted: nothing was done.\n")
            raise

    def real(self) -> Any:
        """The command itself, with its code imported."""
        with _collector_off():
            found = getattr(import_module(f"cli.commands.{self._module}"), self._attribute)
        app = typer.Typer()
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=self.name)
        else:
            app.command(self.name, context_settings=getattr(found, "context_settings", None))(found)
        return typer.main.get_group(app).commands[str(self.name)]


@contextmanager
def _collector_off() -> Iterator[None]:
    """Without the garbage collector: imports make much that stays, which it would look through again and again.

    What they made is frozen, so that it is not looked through at the end of the process either.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
