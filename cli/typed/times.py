"""A time as people type it (`--at`): `02:00` is the next 02:00 of this machine's clock, and all else is ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

from releases.errors import InvalidRequest

#: What would be right.
RIGHT = (
    "a time of day such as 02:00, or a date and a time such as 2026-12-01T02:00 or 2026-12-01T02:00:00+08:00"
)
_OF_DAY = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")


def read_time(text: str, now: datetime | None = None) -> datetime:
    """The time in UTC; without an offset it is this machine's local time. Raises InvalidRequest.

    `now` has the offset of the local time; without it that is asked for.
    """
    try:
        if _OF_DAY.fullmatch(text):
            return _next(time.fromisoformat(text.zfill(5)), now or datetime.now().astimezone())
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest("at", f"{text!r} is not right; must be {RIGHT}") from None


def _next(wanted: time, now: datetime) -> datetime:
    """Through the local time without an offset: tomorrow's may be another one."""
    today = now.replace(tzinfo=None, hour=wanted.hour, minute=wanted.minute, second=0, microsecond=0)
    days = (today, today + timedelta(days=1))
    return next((at for day in days if (at := day.astimezone(UTC)) > now), days[1].astimezone(UTC))
