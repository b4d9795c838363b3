"""Ctrl-C: whoever presses it is told what had been done by then."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

from cli.printing import notes


class Told(KeyboardInterrupt):
    """An interruption of which everything has been said."""


@contextmanager
def told_if_interrupted(said: str) -> Iterator[None]:
    """If the block is interrupted say this; whatever is around it adds nothing."""
    try:
        yield
    except Told:
        raise
    except KeyboardInterrupt:
        notes.print(said, markup=False)
        raise Told from None


class Deferred:
    """Ctrl-C between `begin` and `end` counts at the end: what is written there is written whole, and known to be.

    Elsewhere than in the main thread it changes nothing. The end of the block is an end as well.
    """

    def __init__(self) -> None:
        self._before: Any = None
        self._interrupted = False

    def __enter__(self) -> Self:
        """Nothing is deferred yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ctrl-C is as it was."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def begin(self) -> None:
        """Ctrl-C is noted from here on; again is no more than once."""
        if self._before is None and threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)

    def end(self) -> None:
        """Ctrl-C is as it was; raises KeyboardInterrupt if it was pressed meanwhile."""
        self.__exit__()
        if self._interrupted:
            raise KeyboardInterrupt

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        # Nothing is printed here: to fail in the middle of a write is what this is against.
        self._interrupted = True
