"""What is printed on stdout for programs, for grep, and for people: one line each, and nothing that a terminal obeys."""

from __future__ import annotations

import sys
from typing import Any

from worker.logs.printable import json_line, one_line


def document(value: Any) -> None:
    """Print one JSON document on a line of its own."""
    sys.stdout.write(json_line(value) + "\n")
    sys.stdout.flush()


def line(text: str) -> None:
    """Print a line on stdout that is neither wrapped nor coloured, for people and for grep."""
    sys.stdout.write(one_line(text) + "\n")
