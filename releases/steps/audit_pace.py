"""When an audit is looked at: most are decided after hours, WeChat counts calls, and thousands are open at once."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

#: The first look, in seconds after the submission; then the next ones, for a day and after it.
FIRST_S = 600.0
OFTEN_S = 1800.0
OFTEN_FOR_S = 86_400.0
SELDOM_S = 7200.0
#: WeChat may push a result before it shows it: so often is it looked for after a push, and for so long.
PUSHED_S = 15.0
PUSHED_FOR_S = 300.0
#: So much of a pause is added or left out by chance, so that what was submitted at once is not looked at at once for ever.
_SPREAD = 0.05


def first_look(submitted_at: datetime, pushed_at: float | None = None) -> datetime:
    """After a submission; soon where WeChat has pushed something since, before anybody knew of the audit."""
    if _is_new(pushed_at, submitted_at):
        return submitted_at + timedelta(seconds=PUSHED_S)
    return submitted_at + timedelta(seconds=_spread(FIRST_S))


def next_look(now: datetime, submitted_at: datetime | None, pushed_at: float | None) -> datetime:
    """After a look at which the audit was not decided; `pushed_at` is when WeChat pushed last that it was."""
    if _is_new(pushed_at, now):
        return now + timedelta(seconds=PUSHED_S)
    is_new = submitted_at is not None and (now - submitted_at).total_seconds() < OFTEN_FOR_S
    return now + timedelta(seconds=_spread(OFTEN_S if is_new else SELDOM_S))


def _is_new(pushed_at: float | None, now: datetime) -> bool:
    return pushed_at is not None and now.timestamp() - pushed_at < PUSHED_FOR_S


def _spread(seconds: float) -> float:
    return seconds * random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311 - spread, not secrecy
