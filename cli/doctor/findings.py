"""What `mprelease doctor` finds: one line each, and whether it is well."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from rich.markup import escape

from cli.printing import Lines


class Level(StrEnum):
    """How bad it is. FAIL keeps releases from being submitted, WARN may cost something later."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


_COLOURS = {Level.OK: "green", Level.WARN: "bold yellow", Level.FAIL: "bold red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `more` are lines to be typed, short enough for eighty columns."""

    level: Level
    name: str
    text: str
    more: tuple[str, ...] = ()

    def show(self, report: Lines) -> None:
        """Print it: a line, and the lines to be typed under it."""
        report.print(
            f"[{_COLOURS[self.level]}]{self.level:<7}[/]  {self.name:<12}  {escape(self.text)}", hang=23
        )
        for line in self.more:
            report.print(f"{'':<9}{escape(line)}")


#: All is well.
ok = partial(Finding, Level.OK)
#: Releases go on; somebody should know.
warn = partial(Finding, Level.WARN)
#: Releases do not go on before somebody has mended it.
fail = partial(Finding, Level.FAIL)
