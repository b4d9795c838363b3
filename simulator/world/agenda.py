"""What is to happen later in the simulated world, by WeChat's clock."""

import heapq
from collections.abc import Callable
from itertools import count

from simulator.world.clock import Clock

Event = Callable[[], None]


class Agenda:
    """Events with their times; whoever is about to look at the world runs those that are due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._events: list[tuple[float, int, Event]] = []
        self._numbers = count()

    def add(self, at: float, event: Event) -> None:
        """Let something happen at that time; of one time, in the order in which they were added."""
        heapq.heappush(self._events, (at, next(self._numbers), event))

    def run(self) -> None:
        """Let happen what is due."""
        while self._events and self._events[0][0] <= self._clock.now():
            heapq.heappop(self._events)[2]()
