"""What a row found out, and the table of all rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

_HEAD = (
    "fault",
    "releases",
    "times injected",
    "lost",
    "done twice",
    "committed again without need",
    "seconds until all were done",
)


@dataclass(frozen=True)
class Finding:
    """The figures of one row; `problems` are what else must not be, `notes` what is good to know.

    `is_flooded` says that there were far more messages than the releases need, `wrong_versions` counts the audits of
    another version than the record says, `results_missing` the releases at rest whose result nobody can read, `at_once` the calls that met another one for the
    same Mini Program, `late` those that change something and came after the submission of their release, `published_wrongly` the publications and ways back
    that took effect where none was to, or came after one that had.
    """

    fault: str
    releases: int
    injected: int
    lost: int
    submitted_twice: int
    commits_too_many: int
    seconds: float
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    is_flooded: bool = False
    wrong_versions: int = 0
    results_missing: int = 0
    at_once: int = 0
    late: int = 0
    published_wrongly: int = 0

    @property
    def breaks_promise(self) -> bool:
        """Whether what must never happen has happened."""
        figures = (
            self.lost,
            self.submitted_twice,
            self.is_flooded,
            self.wrong_versions,
            self.results_missing,
            self.at_once,
            self.late,
            self.published_wrongly,
        )
        return any(figures)

    def shows(self, what: str) -> bool:
        """Whether this figure is anything but none."""
        return bool(getattr(self, what))

    @property
    def is_good(self) -> bool:
        """Whether there is nothing to complain of."""
        return not (self.breaks_promise or self.problems)

    def named(self, fault: str) -> "Finding":
        """The same figures under another name."""
        return replace(self, fault=fault)

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as it is printed."""
        twice = self.submitted_twice + self.published_wrongly
        numbers = (self.releases, self.injected, self.lost, twice, self.commits_too_many)
        return (self.fault, *map(str, numbers), f"{self.seconds:.1f}")


def table(findings: Sequence[Finding]) -> str:
    """The rows under each other, and below them what is to be said of each."""
    rows = [_HEAD, *(finding.cells for finding in findings)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "-+-".join("-" * width for width in widths))
    return "\n".join([*lines, "", *remarks(findings)])


def remarks(findings: Iterable[Finding]) -> list[str]:
    """Notes and problems, with the row that they belong to."""
    return [
        f"{kind}{finding.fault}: {text}"
        for finding in findings
        for kind, texts in (("", finding.notes), ("PROBLEM: ", finding.problems))
        for text in texts
    ]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    fault, *numbers = (
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return " | ".join([fault, *numbers])
