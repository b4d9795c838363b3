"""The hours in which releases are published: a pure function of the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

#: From one minute of the day to another, the last one excluded; over midnight where the first is the later one.
Span = tuple[int, int]
#: Nobody looks further ahead, in minutes.
_FARTHEST = 62 * 24 * 60
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """When publications may begin, by the clocks of a zone. Without spans at any time, but never on these dates."""

    spans: tuple[Span, ...] = ()
    not_on: frozenset[date] = frozenset()
    zone: tzinfo = UTC

    def are_open(self, at: datetime) -> bool:
        """Whether a publication may begin at this time: the date there is that of this very time."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return local.date() not in self.not_on and (
            not self.spans or any(_within(minute, *span) for span in self.spans)
        )

    def next_opening(self, now: datetime) -> datetime:
        """The first moment from now on, now included, at which a publication may begin.

        Two months from now where there is none before: whoever waits for it looks again then.
        """
        return now if self.are_open(now) else _opening(self, now.replace(second=0, microsecond=0))


# Thousands of releases ask in the same minute.
@lru_cache(maxsize=64)
def _opening(hours: Hours, minute: datetime) -> datetime:
    """Minute by minute: clocks are put forward and back on a full minute, and this needs to know nothing else of it."""
    later = (minute.astimezone(UTC) + number * _MINUTE for number in range(1, _FARTHEST))
    return next((at for at in later if hours.are_open(at)), minute + _FARTHEST * _MINUTE)


def _within(minute: int, first: int, end: int) -> bool:
    return first <= minute < end if first < end else minute >= first or minute < end
