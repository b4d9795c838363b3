"""How many cases the properties have tried, and how many examples each of them gets."""

from __future__ import annotations

from hypothesis import settings


class Cases:
    """Counts what was held against a property, one by one, after it held."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, number: int = 1) -> None:
        """So many more came to a good end."""
        self.total += number


def share(part: float) -> settings:
    """Settings of a property whose examples cost more, or less, than the others': a part of the profile's number."""
    return settings(max_examples=max(1, round(settings().max_examples * part)))
