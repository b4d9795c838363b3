"""Which errors mean that Redis can't serve us now and will again: they are waited for, all others are loud."""

from __future__ import annotations

import re

import redis
from celery.exceptions import Reject
from kombu.exceptions import OperationalError

from db.confirmed import NotReplicated

#: Raised while Redis is away; `Reject` by Task.retry, whose message could not be sent.
AWAY: tuple[type[Exception], ...] = (
    redis.ConnectionError,
    redis.TimeoutError,
    OperationalError,
    Reject,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.OutOfMemoryError,
    NotReplicated,
)
#: What Redis answers when it takes no writes for now; inside the text where a script met it.
_ANSWERS = re.compile(r"\b(LOADING|MASTERDOWN|MISCONF|NOREPLICAS|OOM|READONLY)\b")


def is_away(error: Exception) -> bool:
    """Whether it is worth waiting. A wrong type or a broken script is not: that is a bug."""
    if isinstance(error, AWAY):
        return True
    return isinstance(error, redis.ResponseError) and bool(_ANSWERS.search(str(error)))
