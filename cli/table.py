"""Releases as CSV on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from releases.record import Release
from releases.shown import table


def as_csv(releases: Iterable[Release]) -> None:
    """Print a line of names and a line for each release."""
    for line in (table.names(), *table.lines(releases)):
        sys.stdout.write(line)
