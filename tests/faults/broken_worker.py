"""A worker with one safety switched off, to see the suite notice: `python -m tests.faults.broken_worker SWITCH …`."""

import copy
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from http.client import HTTPResponse
from typing import Any

import redis

from cli import main
from config.celery_options import celery_options
from db.clock import RedisClock
from db.database import Database
from releases.background.due import Due
from releases.record import Release
from releases.steps import submit_audit as submission
from releases.steps import work
from releases.steps.failures.timed_pauses import TimedPauses
from releases.steps.live import guard
from releases.steps.live import publish as live_publish
from releases.steps.live import revert as live_revert
from releases.steps.live.guard import Guard
from releases.store import changes, keys
from releases.store.leases import Busy, Held, Leases
from releases.store.pauses import Pauses
from releases.store.places import Lane
from tasks.base import ReleaseTask
from tasks.step_task import StepTask
from wechat.http import answers
from wechat.http.connections import Wire, _DeadlineResponse
from wechat.http.deadline import Deadline
from wechat.mini_program import MiniProgram
from worker import app


class Switch(StrEnum):
    """What is off; the value is what the command line calls it."""

    LEASE = "lease"
    ASKING = "asking"
    LEASE_END = "lease-end"
    OWN_LEASE = "own-lease"
    RESEND = "resend"
    ORDER = "order"
    LANES = "lanes"
    LATE_ACKS = "late-acks"
    CLOCK = "clock"
    WAIT = "wait"
    TRIAL = "trial"
    BREAKER = "breaker"
    ERRCODE = "errcode"
    INTERIM = "interim"
    DEADLINE = "deadline"
    REFUSALS = "refusals"
    RESULTS = "results"
    ASKING_LIVE = "asking-live"
    GUARD_AUDIT = "guard-audit"
    GUARD_DOMAINS = "guard-domains"


#: The row that each switch has to break.
ROW_OF = {
    Switch.LEASE: "twice",
    Switch.ASKING: "cut-after",
    Switch.LEASE_END: "kill-one",
    Switch.OWN_LEASE: "own-lease",
    Switch.RESEND: "queue-deleted",
    Switch.ORDER: "long-queue",
    Switch.LANES: "quota-reset",
    Switch.LATE_ACKS: "die-by-name",
    Switch.CLOCK: "clock",
    Switch.WAIT: "sentinel-failover",
    Switch.TRIAL: "foreign-upload",
    Switch.BREAKER: "outage",
    Switch.ERRCODE: "no-errcode",
    Switch.INTERIM: "interim",
    Switch.DEADLINE: "stopped",
    Switch.REFUSALS: "refuses-idle",
    Switch.RESULTS: "die-after-write",
    Switch.ASKING_LIVE: "cut-publishing",
    Switch.GUARD_AUDIT: "foreign-audit",
    Switch.GUARD_DOMAINS: "pool",
}


#: What the row has to show then.
SHOWS = {
    Switch.LEASE: "at_once",
    Switch.ASKING: "submitted_twice",
    Switch.LEASE_END: "lost",
    Switch.OWN_LEASE: "is_flooded",
    Switch.RESEND: "lost",
    Switch.ORDER: "is_flooded",
    Switch.LANES: "problems",
    Switch.LATE_ACKS: "lost",
    Switch.CLOCK: "lost",
    Switch.WAIT: "submitted_twice",
    Switch.TRIAL: "wrong_versions",
    Switch.BREAKER: "is_flooded",
    Switch.ERRCODE: "problems",
    Switch.INTERIM: "commits_too_many",
    Switch.DEADLINE: "late",
    Switch.REFUSALS: "lost",
    Switch.RESULTS: "results_missing",
    Switch.ASKING_LIVE: "published_wrongly",
    Switch.GUARD_AUDIT: "published_wrongly",
    Switch.GUARD_DOMAINS: "published_wrongly",
}


def command(switch: Switch) -> tuple[str, ...]:
    """The command line of such a worker."""
    return (sys.executable, "-m", "tests.faults.broken_worker", switch)


def _replace(owner: object, name: str, value: object) -> None:
    getattr(owner, name)  # what is not there any more breaks nothing
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
    for name, intent in (("commit_code", "commit_at"), ("submit_audit", "submit_at")):
        _replace(work, name, _forgetful(getattr(work, name), intent))


def _asking_live_off() -> None:
    """The same of a publication; and a version is taken back as it was chosen, whatever is live."""
    take_back = live_revert.revert

    def revert(mini_program: MiniProgram, release: Release, intents: Any) -> Any:
        chosen = release.progress.revert_to
        if chosen is None:
            return take_back(mini_program, release, intents)
        mini_program.revert(chosen)
        return mini_program.versions().live

    _replace(work, "publish", _forgetful(live_publish.publish, "publish_at"))
    _replace(work, "revert", revert)


def _forgetful(do: Callable[..., Any], intent: str) -> Any:
    def step(mini_program: MiniProgram, release: Release, intents: Any, *more: Any) -> Any:
        progress = release.progress.model_copy(update={intent: None})
        return do(mini_program, release.model_copy(update={"progress": progress}), intents, *more)

    return step


def _guard_audit_off() -> None:
    """Whatever passed last is published."""
    _replace(guard, "_check_audit", lambda mini_program, *_: mini_program.latest_audit())


def _guard_domains_off() -> None:
    """Whatever WeChat would drop, it is published."""
    _replace(Guard, "_check_domains", lambda *_: "")


def _lease_end_off() -> None:
    """Who has a lease is not due when it ends: the release stands nowhere."""
    begin = Leases.begin

    def begin_and_stand_nowhere(self: Leases, release_id: str, appid: str) -> Held | Busy | None:
        held = begin(self, release_id, appid)
        if isinstance(held, Held):
            client = self._begin.registered_client
            client.hdel(keys.record(release_id), "place")
            for lane in Lane:
                client.zrem(keys.due(lane), release_id)
        return held

    _replace(Leases, "begin", begin_and_stand_nowhere)


def _own_lease_off() -> None:
    """A message that meets a lease, whoever's, lets its release be looked at again soon."""
    changes = {
        "if stands == ask.sent.urgent or stands == ask.sent.default then": "if stands then",
        "local own = redis.call": "local own = false and redis.call",
    }

    load = Database.script

    def load_another(self: Database, package: str, *names: str) -> Any:
        script: Any = load(self, package, *names)
        if "begin_attempt" not in names:
            return script
        text = str(script.script)
        for ours, other in changes.items():
            if ours not in text:
                raise LookupError(ours)
            text = text.replace(ours, other)
        return self.redis.register_script(text)

    _replace(Database, "script", load_another)


def _resend_off() -> None:
    """What has no message left is not looked for."""
    _replace(Due, "resend_lost", lambda _self: [])


def _order_off() -> None:
    """A message that was sent long ago and not begun is lost, however long its queue is."""
    resend_lost = Due.resend_lost

    def by_age(self: Due) -> list[str]:
        blind = copy.copy(self)
        # Of an empty queue nothing is left, so that all that is old counts as taken.
        blind._queues = {True: "no-queue.urgent", False: "no-queue"}
        return resend_lost(blind)

    _replace(Due, "resend_lost", by_age)


def _lanes_off() -> None:
    """What a pause lets go is brought to the queue with the retries, oldest release first."""
    _replace(Pauses, "let_go", lambda self, scope, **more: self._let(scope, Lane.BEGUN, **more))


def _late_acks_off() -> None:
    """A request by name is acknowledged when it is taken; a step's message, which does not matter, later."""
    _replace(ReleaseTask, "acks_late", False)
    _replace(StepTask, "acks_late", True)


def _clock_off() -> None:
    """Every time is the machine's own."""
    _replace(RedisClock, "time", lambda _self: time.time())


def _wait_off() -> None:
    """A write counts before any replica has it."""
    begin = Database.__init__

    def without_replicas(self: Database, client: redis.Redis, *, replicas: int = 0) -> None:
        del replicas
        begin(self, client)

    _replace(Database, "__init__", without_replicas)


def _trial_off() -> None:
    """What is submitted is whatever stands there."""
    _replace(submission, "check_trial", lambda *_: None)


def _breaker_off() -> None:
    """Each release finds out by itself that WeChat is out."""
    _replace(TimedPauses, "unanswered", lambda *_: None)


def _errcode_off() -> None:
    """An answer without errcode is a success."""
    errcode = answers._errcode

    def lenient(fields: dict[str, Any], proof: str | None) -> int | None:
        return 0 if fields.get("errcode") is None else errcode(fields, proof)

    _replace(answers, "_errcode", lenient)


def _interim_off() -> None:
    """The first answer is the final one, and the connection is used again whatever came."""
    _replace(_DeadlineResponse, "_read_status", HTTPResponse._read_status)  # type: ignore[attr-defined]
    _replace(Wire, "close", lambda _self: None)


def _deadline_off() -> None:
    """A deadline that has passed leaves a second: the call is sent, and its answer read."""
    _replace(Deadline, "remaining", lambda self: max(1.0, self._end - self._clock()))


def _refusals_off() -> None:
    """What Redis refuses is a bug to Celery's consumer."""
    default = {"broker_channel_error_retry": False}
    _replace(app, "celery_options", lambda settings: {**celery_options(settings), **default})


def _results_off() -> None:
    """The script that writes a record leaves its results alone."""
    _replace(changes, "_may_have_new_results", lambda *_: False)


_OFF = {
    Switch.LEASE: _lease_off,
    Switch.ASKING: _asking_off,
    Switch.LEASE_END: _lease_end_off,
    Switch.OWN_LEASE: _own_lease_off,
    Switch.RESEND: _resend_off,
    Switch.ORDER: _order_off,
    Switch.LANES: _lanes_off,
    Switch.LATE_ACKS: _late_acks_off,
    Switch.CLOCK: _clock_off,
    Switch.WAIT: _wait_off,
    Switch.TRIAL: _trial_off,
    Switch.BREAKER: _breaker_off,
    Switch.ERRCODE: _errcode_off,
    Switch.INTERIM: _interim_off,
    Switch.DEADLINE: _deadline_off,
    Switch.REFUSALS: _refusals_off,
    Switch.RESULTS: _results_off,
    Switch.ASKING_LIVE: _asking_live_off,
    Switch.GUARD_AUDIT: _guard_audit_off,
    Switch.GUARD_DOMAINS: _guard_domains_off,
}


def switch_off(switch: Switch) -> None:
    """Take this safety out of the process."""
    _OFF[switch]()


if __name__ == "__main__":
    switch_off(Switch(sys.argv[1]))
    sys.argv = ["mprelease", "worker", *sys.argv[2:]]
    main()
