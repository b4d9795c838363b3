"""Releases as CSV, for a table program."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from releases.record import Release
from releases.shown.printable import one_line

COLUMNS = (
    *("id", "appid", "label", "template_id", "user_version", "user_desc", "wave", "urgent", "status", "step"),
    *("errcode", "errmsg", "domains", "remedy", "rid", "auditid"),
    *("next_attempt_at", "created_at", "updated_at"),
    *("publish", "review", "review_reason", "ordered_at", "released_at", "verified_at"),
)
#: A table program takes a text that begins with one of these for a formula.
_FORMULAS = ("=", "+", "-", "@")


def names() -> str:
    """The first line."""
    return _line(COLUMNS)


def lines(releases: Iterable[Release]) -> Iterator[str]:
    """A line for each; times are UTC, and what is not there is empty."""
    return (_line(_cells(release)) for release in releases)


def _line(cells: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(cells)
    return written.getvalue()


def _cells(release: Release) -> list[str]:
    fields = release.public()
    problem = release.problem
    if problem is not None:
        fields |= problem.model_dump(mode="json", include={"errcode", "remedy", "rid"})
        fields["errmsg"] = problem.message
        fields["domains"] = " ".join(problem.named)
    else:
        fields["domains"] = None
    review, publication = fields["review"] or {}, fields["publication"] or {}
    fields |= {"review": review.get("status"), "review_reason": review.get("reason"), **publication}
    return [_cell(fields.get(name)) for name in COLUMNS]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = one_line(str(value))
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULAS) else text
