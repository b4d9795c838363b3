"""Redis refuses for now: one notion of it, for whatever of a worker meets it.

Redis is away, or it answers that it can't serve us now and will again: its disk or memory is full, it lacks its
replicas, it is a replica itself for a moment, a script keeps it busy, or whoever runs it is changing a password or a
right. All of that is waited for; any other error is a bug and loud.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from celery.exceptions import BackendStoreError, Reject
from kombu.exceptions import OperationalError

from db.database import NotReplicated

log = logging.getLogger(__name__)

#: What Redis' clients raise, Celery's included.
REDIS_ERRORS = (redis.RedisError, OperationalError)
#: Raised where Redis could not be reached.
LOST = (redis.ConnectionError, redis.TimeoutError, OperationalError)
#: Raised while Redis is away; BackendStoreError by Celery's result store after it has tried for long.
AWAY: tuple[type[Exception], ...] = (
    redis.ConnectionError,
    redis.TimeoutError,
    OperationalError,
    BackendStoreError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.OutOfMemoryError,
    redis.exceptions.MasterDownError,
    redis.exceptions.NoPermissionError,
    redis.exceptions.ExecAbortError,
    NotReplicated,
)
#: What Redis answers when it does not serve us for now; inside the text where a script met it.
_ANSWERS = re.compile(
    r"\b(BUSY|LOADING|MASTERDOWN|MISCONF|NOAUTH|NOPERM|NOREPLICAS|OOM|READONLY|UNBLOCKED|WRONGPASS)\b"
)
#: What it says where our user may not do something; where a script met it, versions differ.
_FORBIDDEN = re.compile(r"\bNOPERM\b|ACL failure in script|The user executing the script can't")
#: What stands around an answer: a pipeline's command with its values, which may hold anything, and a script's place.
_WHERE = re.compile(
    r"^Command # \d+ \(.*\) of pipeline caused error: |^(?:Error running script|ERR Error running script).*?: -(?=[A-Z])"
    r"|,? ?script: [0-9a-f]{40}.*$",
    re.DOTALL,
)
#: Answers of a Redis Cluster. (MASTERDOWN is a kind of CLUSTERDOWN to redis-py, and is none.)
_CLUSTER = re.compile(r"\b(MOVED|ASK|CROSSSLOT|CLUSTERDOWN|TRYAGAIN)\b|in cluster mode|same slot")
_OF_A_CLUSTER = (
    redis.exceptions.AskError,
    redis.exceptions.ClusterCrossSlotError,
    redis.exceptions.ClusterDownError,
    redis.exceptions.TryAgainError,
)
NO_CLUSTER = (
    "Redis Cluster is not supported: Celery's transport can't use it. Name a single server, or Sentinels, "
    "in MPRELEASE_REDIS__URL"
)
#: What is to be done where nobody finds it by waiting.
_PERMISSION = "see docs/redis-users.md for what our user needs, and ACL LOG for who was refused what"
_LOGIN = "check user and password in MPRELEASE_REDIS__URL"
#: A message that goes back because Redis is away goes back after so many seconds.
PAUSE_S = 1.0
#: The same reason is told again after so many seconds.
_SAY_AGAIN_S = 60.0
_said: dict[str, float] = {}


def is_away(error: BaseException) -> bool:
    """Whether it is worth waiting. A wrong type or a broken script is not: that is a bug."""
    if isinstance(error, AWAY):
        return True
    return is_forbidden(error) or (
        isinstance(error, redis.ResponseError) and bool(_ANSWERS.search(str(error)))
    )


def is_forbidden(error: BaseException) -> bool:
    """Whether our user may not do what was asked of Redis; the text names the command or the key."""
    if isinstance(error, redis.exceptions.NoPermissionError):
        return True
    return isinstance(error, redis.ResponseError) and bool(_FORBIDDEN.search(str(error)))


def is_cluster(error: BaseException) -> bool:
    """Whether a Redis Cluster has answered, which nobody finds to be another by waiting."""
    if not isinstance(error, redis.ResponseError) or isinstance(error, redis.exceptions.MasterDownError):
        return False
    return isinstance(error, _OF_A_CLUSTER) or bool(_CLUSTER.search(str(error)))


def why_away(error: BaseException) -> str:
    """In words, and short: what Redis answered, or how it could not be reached."""
    if isinstance(error, redis.AuthenticationError):
        return f"it does not let us in ({error}): {_LOGIN}"
    told = _WHERE.sub("", str(error)).strip()
    if is_forbidden(error):
        return f"{told}; {_PERMISSION}"
    if isinstance(error, redis.ResponseError):
        return told.partition(". ")[0]
    return type(error).__name__


def say_once(where: logging.Logger, reason: str, what: str) -> None:
    """Log that Redis refuses, and what becomes of it; once a minute for each reason, whoever meets it."""
    now = time.monotonic()
    if now >= _said.get(reason, 0.0):
        _said[reason] = now + _SAY_AGAIN_S
        where.warning("Redis is away (%s): %s", reason, what)


@contextmanager
def redis_needed() -> Iterator[None]:
    """When Redis is away we stop and do not guess: the message goes back to the queue.

    Celery itself would acknowledge the message of a task that fails because it could not reach Redis.
    """
    try:
        yield
    except Exception as error:
        if not is_away(error):
            raise
        say_once(log, why_away(error), "the message goes back to the queue")
        # Not at once: a Redis that answers with errors would get it back in a tight loop.
        time.sleep(PAUSE_S)
        raise Reject(type(error).__name__, requeue=True) from None
