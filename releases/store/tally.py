"""What Redis keeps count of for a wave: written with its records, and read in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from releases.record import counts

_WAITS = "waits "


@dataclass(frozen=True, slots=True)
class WaveTally:
    """Numbers of a wave's releases: by status, worked on at least once, and by what they wait for (`Release.waits_for`)."""

    counts: dict[str, int]
    started: int
    waits: Mapping[str, int]

    @classmethod
    def read(cls, raw: Mapping[str, str]) -> Self:
        """As Redis has it: a field for each number."""
        numbers = {name: int(number) for name, number in raw.items()}
        return cls(
            counts=counts(numbers),
            started=numbers.get("started", 0),
            waits={
                name.removeprefix(_WAITS): number
                for name, number in numbers.items()
                if name.startswith(_WAITS)
            },
        )
