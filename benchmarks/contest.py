"""Rounds in which all contestants run, one after the other, at each latency."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.arena import SETTLE_S, Arena
from benchmarks.contestants.contestant import Contestant, Running
from benchmarks.measures import redis_costs
from benchmarks.measures.process_tree import cpu_s, memory_mb

#: Nobody is given more Mini Programs than this in a run, nor fewer.
_MOST, _FEWEST = 6000, 4
_CALLS = 3


@dataclass(frozen=True, slots=True)
class Course:
    """A latency of WeChat's calls, about how long each run at it takes, and in how many of the rounds it is run."""

    latency_ms: int
    seconds: float
    rounds: int


@dataclass(frozen=True)
class Run:
    """One contestant's run at one latency; what it cost is for all its releases together."""

    contestant: str
    latency_ms: int
    round: int
    releases: int
    seconds: float
    worker_cpu_s: float
    redis_cpu_s: float
    commands: int
    bytes_in: int
    bytes_out: int
    memory_mb: float

    @property
    def rate(self) -> float:
        """Releases a second."""
        return self.releases / self.seconds

    def document(self) -> dict[str, Any]:
        """For the file of results."""
        return asdict(self)


class Contest:
    """Runs the contestants. How many Mini Programs each gets is found out in its first round, and then stays."""

    def __init__(self, arena: Arena, courses: Sequence[Course], say: Callable[[str], None]) -> None:
        self._arena = arena
        self._courses = courses
        self._say = say
        self._sizes: dict[tuple[str, int], int] = {}

    def rounds(self, contestants: Sequence[Contestant]) -> list[Run]:
        """All rounds of all."""
        return [
            run
            for round_ in range(1, max(course.rounds for course in self._courses) + 1)
            for contestant in contestants
            for run in self._turn(contestant, round_)
        ]

    def _turn(self, contestant: Contestant, round_: int) -> list[Run]:
        arena = self._arena
        arena.clear()
        arena.latency(0)
        with contestant.start(arena) as running:
            warm = self._warm_up(contestant, running)
            runs = []
            for course in self._courses:
                if round_ > course.rounds:
                    continue
                latency = course.latency_ms
                size = self._sizes.setdefault(
                    (contestant.name, latency), self._size(contestant, course, warm)
                )
                runs.append(self._run(contestant, running, latency, round_, size))
                self._say(
                    f"round {round_}: {contestant.name} at {latency} ms: {runs[-1].rate:.1f}/s "
                    f"({size} releases, {runs[-1].worker_cpu_s / size * 1000:.1f} ms of CPU each)"
                )
            return runs

    def _warm_up(self, contestant: Contestant, running: Running) -> float:
        """Two batches that do not count; returns the speed of the second, without latency, in releases a second."""
        self._measure(running, max(16, 2 * contestant.at_once))
        number = 200 if contestant.at_once > 2 else 50
        return number / self._measure(running, number)

    def _size(self, contestant: Contestant, course: Course, warm: float) -> int:
        """As many as should take the time of a run; whole turns of all that work at once, so that none waits."""
        at_once = contestant.at_once
        waiting = at_once / (_CALLS * course.latency_ms / 1000) if course.latency_ms else warm
        wanted = min(warm, waiting) * course.seconds
        turns = max(1, round(wanted / at_once))
        return min(_MOST, max(_FEWEST, turns * at_once))

    def _run(self, contestant: Contestant, running: Running, latency: int, round_: int, size: int) -> Run:
        arena = self._arena
        arena.latency(latency)
        shops = arena.shops(size)
        cpu, costs = cpu_s(running.pids), redis_costs.look(arena.client)
        before = arena.submitted().number
        began = time.time()
        running.enqueue(shops)
        ended = arena.wait_for(before + size)
        time.sleep(SETTLE_S)
        spent = redis_costs.look(arena.client) - costs
        return Run(
            contestant=contestant.name,
            latency_ms=latency,
            round=round_,
            releases=size,
            seconds=ended.at - began,
            worker_cpu_s=cpu_s(running.pids) - cpu,
            redis_cpu_s=spent.cpu_s,
            commands=spent.commands,
            bytes_in=spent.bytes_in,
            bytes_out=spent.bytes_out,
            memory_mb=memory_mb(running.pids),
        )

    def _measure(self, running: Running, number: int) -> float:
        shops = self._arena.shops(number)
        before = self._arena.submitted().number
        began = time.time()
        running.enqueue(shops)
        return self._arena.wait_for(before + number).at - began
