"""A worker that kills itself with SIGKILL at a named point: `python -m tests.faults.dying_worker POINT N …`."""

import os
import signal
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from itertools import count
from typing import Any

from cli import main
from releases.results import Outcomes
from tasks.step_task import StepTask
from wechat.mini_program import MiniProgram

#: Passings count from so many seconds after the first one: whoever started the worker sees it ready before.
_GRACE_S = 0.1
#: The calls that change something at WeChat.
_CALLS = ("modify_domain", "commit", "submit_audit")


class Point(StrEnum):
    """Where it dies."""

    BEFORE_CALL = "before-call"
    AFTER_CALL = "after-call"
    AFTER_RECORD = "after-record"
    BEFORE_RESULT = "before-result"


class Death:
    """Comes at the passing with this number."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._passings = count(1)
        self._first: float | None = None

    def passing(self) -> None:
        """Die, if it is time to."""
        self._first = self._first or time.monotonic()
        if time.monotonic() - self._first >= _GRACE_S and next(self._passings) >= self._number:
            os.kill(os.getpid(), signal.SIGKILL)


def lay(death: Death, point: Point) -> None:
    """Wrap what lies beside the point."""
    if point is Point.AFTER_RECORD:
        _wrap(StepTask, "continue_chain", before=death.passing)
        return
    if point is Point.BEFORE_RESULT:
        _wrap(Outcomes, "ended", before=death.passing)
        return
    for call in _CALLS:
        if point is Point.BEFORE_CALL:
            _wrap(MiniProgram, call, before=death.passing)
        else:
            _wrap(MiniProgram, call, after=death.passing)


def _nothing() -> None:
    pass


def _wrap(
    owner: type, name: str, *, before: Callable[[], None] = _nothing, after: Callable[[], None] = _nothing
) -> None:
    inner = getattr(owner, name)

    @wraps(inner)
    def outer(*args: Any, **kwargs: Any) -> Any:
        before()
        value = inner(*args, **kwargs)
        after()
        return value

    setattr(owner, name, outer)


if __name__ == "__main__":
    lay(Death(int(sys.argv[2])), Point(sys.argv[1]))
    sys.argv = ["mprelease", "worker", *sys.argv[3:]]
    main()
