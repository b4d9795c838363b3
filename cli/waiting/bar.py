"""The bar of a command that follows releases. Apart from what all print: rich's progress is slow to import."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from cli.lines import in_local_time
from cli.printing import WholeWords, notes
from releases.shown.printable import one_line


class _Bar(Progress):
    """The text has a line of its own: beside the bar, eighty columns cut off the figures."""

    def get_renderables(self) -> Iterable[RenderableType]:
        """The line of each task, and its text below."""
        for task in self.tasks:
            yield self.make_tasks_table([task])
            yield WholeWords(Text(in_local_time(one_line(task.fields["text"]))))


def bar() -> Progress:
    """A bar with a text below it (the field `text`, no markup); nothing where there is no terminal."""
    return _Bar(
        # The only column that may wrap, so that a long name does not cut the others.
        TextColumn("{task.description}", table_column=Column(overflow="fold")),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        console=notes,
        transient=True,
        disable=not notes.is_terminal,
    )
