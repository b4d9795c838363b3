"""What we want of ourselves, held against the figures: met, missed, or not measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.reporting.summary import Contested, Figures

#: Ours, where one worker process is compared with one of another kind; and where others get every core.
ONE, TWO = "ours-threads-1", "ours-threads-2"
BARE, BOUND = "bare-celery-threads", "bare-celery-one-task"
#: What may grow with the number of stored releases by no more than `FLAT`.
COSTS = ("cpu_ms", "commands")
LOOKS = ("list --wave ms", "list --appid ms", "wave ms", "show ms")
FLAT = 1.10


@dataclass(frozen=True, slots=True)
class Target:
    """What is wanted, what was measured (None: nothing), and whether that is enough."""

    wanted: str
    figure: float | None
    least: float = float("-inf")
    most: float = float("inf")
    form: str = "{:.2f}"

    @property
    def met(self) -> bool | None:
        """None if it was not measured."""
        return None if self.figure is None else self.least <= self.figure <= self.most

    @property
    def shown(self) -> str:
        """The figure as a text."""
        return "–" if self.figure is None else self.form.format(self.figure)  # noqa: RUF001 - a dash


def targets(figures: Figures) -> list[Target]:
    """All of them."""
    return [*_speed(Contested(figures)), *_costs(figures), *_flat(figures)]


def _speed(contested: Contested) -> Iterator[Target]:
    at_200 = "200 ms a call: at least {} the throughput of {}"
    yield Target(at_200.format("0.95 of", "the floor"), contested.times(ONE, "floor", 200), 0.95)
    yield Target(at_200.format("10 times", "the loop"), contested.times(ONE, "loop", 200), 10)
    times = contested.times(ONE, "bare-celery-prefork", 200)
    yield Target(at_200.format("10 times", "Celery with its default pool"), times, 10)
    at_0 = "CPU-bound (0 ms a call): {} the throughput of {}"
    yield Target(
        at_0.format("at least 0.90 of", "bare Celery, one process each"), contested.times(ONE, BARE, 0), 0.9
    )
    for name, title in (("dramatiq", "Dramatiq"), ("huey", "Huey")):
        yield Target(at_0.format("over", f"{title}, one process each"), contested.times(ONE, name, 0), 1)
    yield Target(at_0.format("over", "RQ, our two processes to its many"), contested.times(TWO, "rq", 0), 1)


def _costs(figures: Figures) -> Iterator[Target]:
    profile = figures.get("profile", {}).get(ONE, {})
    for share, where in (
        ("own", "in our own files"),
        ("ours", "with what these ask of the Redis client and other libraries"),
    ):
        yield Target(
            f"the worker's CPU time {where}: under 10 %", profile.get(share), most=0.1, form="{:.1%}"
        )
    http = figures.get("http", {})
    for case, calls in (("domains are there", 3), ("domains are missing", 4)):
        figure = http.get(case, {}).get("release")
        yield Target(f"HTTP calls per release where the {case}: {calls}", figure, calls, calls)
    p50 = figures.get("single", {}).get("ours", {}).get("p50_ms")
    yield Target(
        "one release on an idle system, beyond its calls: p50 under 30 ms", p50, most=30, form="{:.1f} ms"
    )
    rate = figures.get("enqueue", {}).get("command")
    yield Target("releases accepted from one process: 2,000 a second", rate, 2000, form="{:.0f}")
    commands = figures.get("commands", {}).get(ONE, {}).get("sent", {}).get("ours", {}).get("all")
    yield Target("Redis commands per release of our own code: under 40", commands, most=40, form="{:.1f}")


def _flat(figures: Figures) -> Iterator[Target]:
    rows = figures.get("stored", [])
    for name in (*COSTS, *LOOKS):
        yield Target(
            f"`{name.removesuffix(' ms')}` on top of the most stored releases, times that on none: at most {FLAT:.2f}",
            rows[-1][name] / rows[0][name] if len(rows) > 1 else None,
            most=FLAT,
        )
