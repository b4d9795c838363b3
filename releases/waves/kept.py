"""What many ask for at once, read once for all of them: causes of waves, and which waves there are."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
#: What was read is read again after so many seconds, and after so many times what reading it took.
_KEPT_S, _KEPT_TIMES = 1.0, 10
#: Things that are kept.
_MOST = 32


@dataclass(frozen=True, slots=True)
class _Read(Generic[T]):
    state: object
    found: T
    until: float


class Kept(Generic[T]):
    """Keeps what was read under a name for a moment, one reader at a time. Safe to use from many threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._read = OrderedDict[str, _Read[T]]()

    def of(self, name: str, state: object, read: Callable[[], T]) -> T:
        """What stands under this name: as it was a moment ago, but never as it was in another state."""
        with self._lock:
            began = self._monotonic()
            kept = self._read.get(name)
            if kept is not None and kept.state == state and kept.until > began:
                return kept.found
            found = read()
            ended = self._monotonic()
            self._read[name] = _Read(state, found, ended + max(_KEPT_S, _KEPT_TIMES * (ended - began)))
            self._read.move_to_end(name)
            if len(self._read) > _MOST:
                self._read.popitem(last=False)
            return found
