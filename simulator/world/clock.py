"""WeChat's clock, which a test may turn forward."""

import time
from email.utils import formatdate

#: China has one time zone and no summer time, so a fixed offset is all its calendar needs.
SHANGHAI_OFFSET_S = 8 * 3600

DAY_S = 86_400


class Clock:
    """The one source of time in the simulator: tokens, scans, quotas and the HTTP Date follow it."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._date_second = -1
        self._date = ""

    def now(self) -> float:
        """Give the seconds since the epoch, by WeChat's clock."""
        return time.time() + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Turn the clock forward."""
        self._ahead_s += seconds

    def day(self) -> int:
        """Number the days, each beginning at 00:00 in Shanghai."""
        return int(self.now() + SHANGHAI_OFFSET_S) // DAY_S

    def month(self) -> tuple[int, int]:
        """Name the month in Shanghai, as (year, month)."""
        local = time.gmtime(self.now() + SHANGHAI_OFFSET_S)
        return local.tm_year, local.tm_mon

    def http_date(self) -> str:
        """Give the HTTP Date header; formatted once a second, for it goes out with every answer."""
        second = int(self.now())
        if second != self._date_second:
            self._date_second, self._date = second, formatdate(second, usegmt=True)
        return self._date
