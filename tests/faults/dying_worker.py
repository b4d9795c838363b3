"""A worker that kills itself with SIGKILL at a named point: `python -m tests.faults.dying_worker POINT N [SWITCH] …`."""

import os
import signal
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from itertools import count
from typing import Any, Literal

from celery.signals import worker_ready

import worker.wiring
from cli import main
from releases.intake.one import Releases
from releases.store.records import ReleaseStore
from tasks.step_task import StepTask
from tests.faults.broken_worker import Switch, switch_off
from wechat.mini_program import MiniProgram

#: Passings count from so many seconds after it is ready: whoever started the worker sees it ready before.
_GRACE_S = 0.1
#: The calls that change something at WeChat.
_CALLS = ("modify_domain", "commit", "submit_audit")
#: Those that change what users get.
_LIVE_CALLS = ("release", "revert")


class Point(StrEnum):
    """Where it dies."""

    BEFORE_CALL = "before-call"
    AFTER_CALL = "after-call"
    BEFORE_LIVE_CALL = "before-live-call"
    AFTER_LIVE_CALL = "after-live-call"
    AFTER_STEP = "after-step"
    AFTER_RECORD = "after-record"
    AFTER_WRITE = "after-write"
    BEFORE_REQUEST = "before-request"
    AFTER_REQUEST = "after-request"


class Death:
    """Comes at the passing with this number."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._passings = count(1)
        self._ready: float | None = None
        worker_ready.connect(self._begin)

    def _begin(self, **_: Any) -> None:
        self._ready = time.monotonic()

    def passing(self) -> None:
        """Die, if it is time to."""
        if self._ready is None or time.monotonic() - self._ready < _GRACE_S:
            return
        if next(self._passings) >= self._number:
            os.kill(os.getpid(), signal.SIGKILL)


#: Where each point lies: the owner, its functions, and whether it is before them or after.
_LIES: dict[Point, tuple[Any, tuple[str, ...], Literal["before", "after"]]] = {
    Point.BEFORE_CALL: (MiniProgram, _CALLS, "before"),
    Point.AFTER_CALL: (MiniProgram, _CALLS, "after"),
    Point.BEFORE_LIVE_CALL: (MiniProgram, _LIVE_CALLS, "before"),
    Point.AFTER_LIVE_CALL: (MiniProgram, _LIVE_CALLS, "after"),
    Point.AFTER_STEP: (StepTask, ("run_step",), "after"),
    Point.AFTER_RECORD: (worker.wiring, ("send_chain",), "before"),
    Point.AFTER_WRITE: (ReleaseStore, ("save",), "after"),
    Point.BEFORE_REQUEST: (Releases, ("enqueue",), "before"),
    Point.AFTER_REQUEST: (Releases, ("enqueue",), "after"),
}


def lay(death: Death, point: Point) -> None:
    """Wrap what lies beside the point."""
    owner, names, where = _LIES[point]
    for name in names:
        _wrap(owner, name, **{where: death.passing})


def _nothing() -> None:
    pass


def _wrap(
    owner: Any, name: str, *, before: Callable[[], None] = _nothing, after: Callable[[], None] = _nothing
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
    _point, _number, *_rest = sys.argv[1:]
    if _rest and not _rest[0].startswith("-"):
        switch_off(Switch(_rest.pop(0)))
    lay(Death(int(_number)), Point(_point))
    sys.argv = ["mprelease", "worker", *_rest]
    main()
