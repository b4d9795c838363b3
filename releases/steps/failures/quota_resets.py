"""When a used-up quota is there again.

That WeChat's day turns at 00:00 Asia/Shanghai is an assumption; openapi/quota/get is the only
documented way to learn more, and it tells when a limit is per minute and not per day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from wechat.errcodes.table import Errcode, QuotaReset
from wechat.mini_program import Quota

#: China has had no other offset since 1991, so no time zone database is needed.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

#: A rate window beyond that is a mistake, in seconds.
LONGEST_WINDOW_S = 86_400
#: Releases whose quota resets at the same moment come back spread over so many seconds after it, at the most.
SPREAD_S = 60.0


def spread_after(reset: datetime, now: datetime, random: Callable[[], float]) -> datetime:
    """A moment soon after the reset; `random` gives numbers from 0 to 1. After a short wait, a tenth of that at the most."""
    spread_s = min(SPREAD_S, (reset - now).total_seconds() / 10)
    return reset + timedelta(seconds=spread_s * random())


def reset_at(row: Errcode, quota: Quota | None, now: datetime) -> datetime:
    """When to try again; `quota` is what WeChat said of the path, where it was asked."""
    if quota is not None and quota.remain and quota.refresh_s and quota.refresh_s <= LONGEST_WINDOW_S:
        return now + timedelta(seconds=quota.refresh_s)
    return next_month(now) if row.quota is QuotaReset.MONTH else next_day(now)


def next_day(now: datetime) -> datetime:
    """The next 00:00 in Shanghai, as UTC."""
    return (_midnight(now) + timedelta(days=1)).astimezone(UTC)


def next_month(now: datetime) -> datetime:
    """The first of the next month, 00:00 in Shanghai, as UTC."""
    first = _midnight(now).replace(day=1)
    return (first + timedelta(days=32)).replace(day=1).astimezone(UTC)


def _midnight(now: datetime) -> datetime:
    return now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
