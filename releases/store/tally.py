"""What Redis keeps count of for a wave: written with its records, and read in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from releases.record import counts
from releases.states import GOING_ON

_WAITS = "waits "


@dataclass(frozen=True, slots=True)
class WaveTally:
    """Numbers of a wave's releases, or of its publications: by status, and by what they wait for (`Release.waits_for`).

    Of releases `started` were worked on at least once; of publications so many are `broken`, and `started` is not counted.
    """

    counts: dict[str, int]
    started: int
    waits: Mapping[str, int]
    broken: int = 0

    @property
    def held(self) -> int:
        """How many wait for the end of the wave's own pause."""
        return self.waits.get("wave", 0)

    @property
    def going_on(self) -> int:
        """How many are queued, run or wait."""
        return sum(self.counts[status] for status in GOING_ON)

    @classmethod
    def read(cls, raw: Mapping[str, str]) -> Self:
        """As Redis has it: a field for each number."""
        numbers = {name: int(number) for name, number in raw.items()}
        return cls(
            counts=counts(numbers),
            started=numbers.get("started", 0),
            broken=numbers.get("broken", 0),
            waits={
                name.removeprefix(_WAITS): number
                for name, number in numbers.items()
                if name.startswith(_WAITS)
            },
        )
