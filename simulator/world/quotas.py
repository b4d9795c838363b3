"""Call quotas per caller and endpoint, for 45009, 45011 and openapi/quota/get."""

from dataclasses import dataclass

from simulator.api.errors import WeChatError
from simulator.world.clock import Clock
from simulator.world.platform import Platform

#: What quota/get reports where no limit was configured; nothing refuses below it.
UNLIMITED = 10_000_000


@dataclass(slots=True)
class Usage:
    """How often one caller used one endpoint today and in this minute."""

    day: int = 0
    today: int = 0
    minute: int = 0
    this_minute: int = 0


class Quotas:
    """Counts calls and refuses those over the platform's configured limits."""

    def __init__(self, clock: Clock, platform: Platform) -> None:
        self._clock = clock
        self._platform = platform
        self._usages: dict[tuple[str, str], Usage] = {}

    def usage(self, caller: str, name: str) -> Usage:
        """Give the counters of one caller at one endpoint, turned over to the present day and minute."""
        usage = self._usages.get((caller, name))
        if usage is None:
            usage = self._usages[caller, name] = Usage()
        day, minute = self._clock.day(), int(self._clock.now() // self._platform.minute_s)
        if usage.day != day:
            usage.day, usage.today = day, 0
        if usage.minute != minute:
            usage.minute, usage.this_minute = minute, 0
        return usage

    def spend(self, caller: str, name: str) -> None:
        """Count a call, or refuse it."""
        usage = self.usage(caller, name)
        if usage.today >= self.daily_limit(name):
            raise WeChatError(45009)
        if usage.this_minute >= self.minute_limit(name):
            raise WeChatError(self._platform.minute_errcode)
        usage.today += 1
        usage.this_minute += 1

    def daily_limit(self, name: str) -> int:
        """Tell how many calls a day this endpoint allows each caller."""
        return self._platform.daily_limits.get(name, UNLIMITED)

    def minute_limit(self, name: str) -> int:
        """Tell how many calls a minute this endpoint allows each caller."""
        return self._platform.minute_limits.get(name, UNLIMITED)
