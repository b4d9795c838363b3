"""From the raw figures to those of the tables: medians of the rounds, and ratios within each round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.contest import Run
from benchmarks.reporting.arithmetic import median, ratio

#: All that was measured, as the file of results has it; what was not measured is not there.
Figures = Mapping[str, Any]
MS = 1000


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one release, the medians of the rounds."""

    releases: int
    rate: float
    cpu_ms: float
    redis_cpu_ms: float
    commands: float
    bytes_in: float
    bytes_out: float
    memory_mb: float


class Contested:
    """What the rounds say."""

    def __init__(self, figures: Figures) -> None:
        self._runs = [Run(**run) for run in figures.get("runs", [])]
        self.titles: dict[str, str] = {one["name"]: one["title"] for one in figures.get("contestants", [])}
        self.latencies = sorted({run.latency_ms for run in self._runs})

    def costs(self, name: str, latency: int) -> Costs | None:
        """What one contestant's releases cost."""
        runs = self._of(name, latency)
        if not runs:
            return None
        return Costs(
            releases=runs[0].releases,
            rate=median(run.rate for run in runs),
            cpu_ms=median(run.worker_cpu_s * MS / run.releases for run in runs),
            redis_cpu_ms=median(run.redis_cpu_s * MS / run.releases for run in runs),
            commands=median(run.commands / run.releases for run in runs),
            bytes_in=median(run.bytes_in / run.releases for run in runs),
            bytes_out=median(run.bytes_out / run.releases for run in runs),
            memory_mb=median(run.memory_mb for run in runs),
        )

    def times(self, name: str, other: str, latency: int) -> float | None:
        """How many times as many releases a second as another one."""
        return ratio(self._rates(name, latency), self._rates(other, latency))

    def _rates(self, name: str, latency: int) -> dict[int, float]:
        return {run.round: run.rate for run in self._of(name, latency)}

    def _of(self, name: str, latency: int) -> list[Run]:
        return [run for run in self._runs if (run.contestant, run.latency_ms) == (name, latency)]
