"""How many cases the properties have tried, and how many examples each of them gets."""

from __future__ import annotations

from hypothesis import Phase, settings


class Cases:
    """Counts what was held against a property, one by one, after it held."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, number: int = 1) -> None:
        """So many more came to a good end."""
        self.total += number


def share(part: float, *, shrink: bool = True) -> settings:
    """Settings of a property whose examples cost more, or less, than the others': a part of the profile's number.

    Without `shrink` the first failure is reported as it is, where each try of a smaller one would take long.
    """
    phases = [phase for phase in Phase if shrink or phase not in (Phase.shrink, Phase.explain)]
    return settings(max_examples=max(1, round(settings().max_examples * part)), phases=phases)
