"""Releases as CSV, for a table program."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable

from releases.record import Release
from worker.logs.printable import one_line

COLUMNS = (
    *("id", "appid", "label", "template_id", "user_version", "user_desc", "wave", "urgent", "status", "step"),
    *("errcode", "errmsg", "domains", "remedy", "rid", "auditid"),
    *("next_attempt_at", "created_at", "updated_at"),
    *("publish", "review", "review_reason", "ordered_at", "released_at", "verified_at"),
)
#: A table program takes a text that begins with one of these for a formula.
_FORMULAS = ("=", "+", "-", "@")


def as_csv(releases: Iterable[Release]) -> None:
    """Print a line of names and a line for each release; times are UTC, and what is not there is empty."""
    for cells in (COLUMNS, *map(_cells, releases)):
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerow(cells)
        sys.stdout.write(written.getvalue())


def _cells(release: Release) -> list[str]:
    fields = release.public()
    problem = release.problem
    if problem is not None:
        fields |= problem.model_dump(mode="json", include={"errcode", "remedy", "rid"})
        fields["errmsg"] = problem.message
        fields["domains"] = " ".join(
            dict.fromkeys(domain for listed in problem.domains.values() for domain in listed)
        )
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
