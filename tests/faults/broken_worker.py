"""A worker with one safety switched off, to see the suite notice: `python -m tests.faults.broken_worker SWITCH …`."""

import sys
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import redis
from releases.background.reconciler import Reconciler

import worker.app
from cli import main
from config.celery_options import celery_options
from config.settings import Settings
from db.clock import RedisClock
from db.confirmed import Replication
from releases.record import Release
from releases.steps.intents import Intents
from releases.store import keys
from releases.store.leases import Busy, Held, Leases
from tasks import steps
from wechat.mini_program import MiniProgram
from worker.clock_guard import ClockGuard


class Switch(StrEnum):
    """What is off; the value is what the command line calls it."""

    LEASE = "lease"
    ASKING = "asking"
    RECONCILER = "reconciler"
    LATE_ACKS = "late-acks"
    CLOCK = "clock"
    WAIT = "wait"


#: The row that each switch has to break.
ROW_OF = {
    Switch.LEASE: "twice",
    Switch.ASKING: "cut-after",
    Switch.RECONCILER: "queue-deleted",
    Switch.LATE_ACKS: "kill-one",
    Switch.CLOCK: "clock",
    Switch.WAIT: "sentinel-failover",
}


#: What the row has to show then.
SHOWS = {
    Switch.LEASE: "submitted_twice",
    Switch.ASKING: "submitted_twice",
    Switch.RECONCILER: "lost",
    Switch.LATE_ACKS: "lost",
    Switch.CLOCK: "is_flooded",
    Switch.WAIT: "submitted_twice",
}


def command(switch: Switch) -> tuple[str, ...]:
    """The command line of such a worker."""
    return (sys.executable, "-m", "tests.faults.broken_worker", switch)


def _replace(owner: object, name: str, value: object) -> None:
    setattr(owner, name, value)


def _lease_off() -> None:
    """Nobody is ever kept waiting."""
    begin = Leases.begin

    def begin_at_once(self: Leases, release_id: str, appid: str) -> Held | Busy | None:
        self._begin.registered_client.delete(keys.lease(appid))
        return begin(self, release_id, appid)

    _replace(Leases, "begin", begin_at_once)


def _asking_off() -> None:
    """What was intended before is forgotten, so the call is repeated without asking."""

    def forgetful(do: Callable[[MiniProgram, Release, Intents], Any]) -> Any:
        def step(mini_program: MiniProgram, release: Release, intents: Intents) -> Any:
            progress = release.progress.model_copy(update={"commit_at": None, "submit_at": None})
            return do(mini_program, release.model_copy(update={"progress": progress}), intents)

        return step

    for name in ("do_commit_code", "do_submit_audit"):
        _replace(steps, name, forgetful(getattr(steps, name)))


def _reconciler_off() -> None:
    """What has no message left is not looked for."""
    _replace(Reconciler, "sweep", lambda _self: [])


def _late_acks_off() -> None:
    """A message is acknowledged when it is taken, and nobody looks for what was forgotten."""
    _reconciler_off()

    def early(settings: Settings) -> dict[str, Any]:
        return {**celery_options(settings), "task_acks_late": False}

    _replace(worker.app, "celery_options", early)


def _clock_off() -> None:
    """Nobody looks at the clock, and every time is the machine's own."""
    _replace(ClockGuard, "start", lambda _self, _consumer: None)
    _replace(RedisClock, "time", lambda _self: time.time())


def _wait_off() -> None:
    """A write counts before any replica has it."""
    begin = Replication.__init__

    def without_replicas(self: Replication, client: redis.Redis, *, replicas: int) -> None:
        del replicas
        begin(self, client, replicas=0)

    _replace(Replication, "__init__", without_replicas)


_OFF = {
    Switch.LEASE: _lease_off,
    Switch.ASKING: _asking_off,
    Switch.RECONCILER: _reconciler_off,
    Switch.LATE_ACKS: _late_acks_off,
    Switch.CLOCK: _clock_off,
    Switch.WAIT: _wait_off,
}

if __name__ == "__main__":
    _OFF[Switch(sys.argv[1])]()
    sys.argv = ["mprelease", "worker", *sys.argv[2:]]
    main()
