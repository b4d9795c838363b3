"""Whether WeChat answers at all, as this process sees it: the outcomes of its last calls for releases.

They stay in the process' memory, so a call costs no Redis command. What one process finds out holds for all, by a
pause of the platform (see `timed_pauses`).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from wechat.http.pace import URGENT

#: The errcode that stands for no answer: WeChat is busy.
BUSY = -1
#: So many of the last calls are looked at, at the least.
_LEAST_CALLS = 20
#: It is the platform's trouble if this share of them was not answered,
_SHARE = 0.8
#: for so many Mini Programs at the least,
_LEAST_MINI_PROGRAMS = 5
#: and the first of them is no older than this, in seconds: calls that hang for a minute fill a window slowly.
_WITHIN_S = 300.0


@dataclass(frozen=True, slots=True)
class _Call:
    appid: str
    answered: bool
    at: float


@dataclass(slots=True)
class Seen:
    """The calls of one attempt at a step: whether the last of them was answered; None if there was none."""

    appid: str
    answered: bool | None = None


_seen: ContextVar[Seen | None] = ContextVar("seen", default=None)


class CallWindow:
    """Notes whether the calls of steps are answered. Safe to use from many threads.

    It has room for two calls of each of the process' threads: a gateway that restarts cuts all of them at once, and
    that is no outage yet.
    """

    def __init__(self, *, threads: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._calls: deque[_Call] = deque(maxlen=max(_LEAST_CALLS, 2 * threads))

    @contextmanager
    def calls_for(self, appid: str, *, urgent: bool = False) -> Iterator[Seen]:
        """The calls of this thread are made for this Mini Program's release, during the block; before those of others, if urgent."""
        seen = Seen(appid)
        token, before = _seen.set(seen), URGENT.set(urgent)
        try:
            yield seen
        finally:
            _seen.reset(token)
            URGENT.reset(before)

    def observe(self, _endpoint: str, errcode: int | None, _seconds: float) -> None:
        """A call is over (an `Observe` of the transport); those outside of steps do not count."""
        seen = _seen.get()
        if seen is None:
            return
        seen.answered = errcode not in (None, BUSY)
        with self._lock:
            self._calls.append(_Call(seen.appid, seen.answered, self._monotonic()))

    def is_out(self) -> bool:
        """Whether most calls, of several Mini Programs, were not answered lately."""
        with self._lock:
            calls = tuple(self._calls)
            is_full = len(calls) == self._calls.maxlen
        if not is_full or calls[0].at < self._monotonic() - _WITHIN_S:
            return False
        unanswered = [call.appid for call in calls if not call.answered]
        return len(unanswered) >= _SHARE * len(calls) and len(set(unanswered)) >= _LEAST_MINI_PROGRAMS

    def clear(self) -> None:
        """What was noted has had its effect."""
        with self._lock:
            self._calls.clear()
