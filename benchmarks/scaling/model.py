"""What waves of many Mini Programs need, reckoned from the results of `make bench`.

A release of a real wave is looked at twice, before and after WeChat's privacy scan, which the benchmark's simulator
answers at once. What a visit costs was measured for a whole release, so two of them are reckoned as two releases:
more than they can cost. What was measured elsewhere, or is assumed, stands here with its origin.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.reporting.summary import MS, Contested, Costs, Figures
from benchmarks.reporting.targets import ONE

#: Visits of one release: up to the answer 61039, and after the scan.
VISITS = 2
#: Calls beyond those of the benchmark: the questions for the scan and the trial version, and the second `submit_audit`.
CALLS_MORE = 3
#: Threads of a worker process, as in the benchmark.
THREADS = 32
#: Bytes that a release keeps in Redis for good, by `make wave` with ten thousand.
WAVE_BYTES = 2964
#: `mprelease enqueue --file`, measured with 10,000 to 100,000 lines: memory of the process, and how long Redis is at
#: the script of one line.
ENQUEUE_MB, ENQUEUE_KB_A_LINE, ENQUEUE_SCRIPT_US = 76, 11.3, 75


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast WeChat answers: seconds of a usual call and of a `commit`."""

    call_s: float
    commit_s: float


#: Assumptions: from 0.1 to 1 s is what calls take, and a commit from seconds to over half a minute.
PACES = (Pace(0.2, 5), Pace(0.5, 10), Pace(1, 30))


class Model:
    """Throughput is the least of: threads by the time that calls take, cores by CPU per release, WeChat's limits."""

    def __init__(self, figures: Figures) -> None:
        contested = Contested(figures)
        found = [contested.costs(ONE, latency) for latency in contested.latencies]
        self.measured: list[Costs] = [costs for costs in found if costs is not None]
        # The dearest of the latencies, so that nobody has to know which of them is most like WeChat.
        self.cpu_ms = max(costs.cpu_ms for costs in self.measured)
        self.redis_cpu_ms = max(costs.redis_cpu_ms for costs in self.measured)
        self.commands = max(costs.commands for costs in self.measured)
        self.bytes_in = max(costs.bytes_in for costs in self.measured)
        self.bytes_out = max(costs.bytes_out for costs in self.measured)
        self.memory_mb = max(costs.memory_mb for costs in self.measured)
        self.kept_bytes = max(WAVE_BYTES, figures["commands"][ONE]["kept_bytes"])
        there = figures["http"]["domains are there"]
        #: Without those for tokens.
        self.calls: float = there["release"] + CALLS_MORE
        self.enqueued_per_s: float = figures["enqueue"]["command"]
        stored = figures["stored"]
        #: CPU per release on top of the most stored ones, times that on none.
        self.growth = stored[-1]["cpu_ms"] / stored[0]["cpu_ms"]
        self.most_stored: int = stored[-1]["stored"]

    def seconds(self, pace: Pace) -> float:
        """How long a release's calls take a thread, in all its visits, its token's with them."""
        return self.calls * pace.call_s + pace.commit_s

    def by_threads(self, pace: Pace) -> float:
        """Releases a second of one process, as far as its threads go."""
        return THREADS / self.seconds(pace)

    @property
    def by_core(self) -> float:
        """Releases a second of one process, as far as its core goes: threads of Python share one."""
        return MS / (self.cpu_ms * VISITS)

    def rate(self, pace: Pace) -> float:
        """Releases a second of one process."""
        return min(self.by_threads(pace), self.by_core)
