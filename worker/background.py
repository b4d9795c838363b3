"""What runs in a worker beside its tasks: it looks at its keys, and brings to the queue what is due."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from celery import bootsteps
from celery.exceptions import WorkerShutdown
from celery.worker import state

from config.loading import SettingsError, set_in_vain
from releases.problems import describe
from releases.states import Step
from releases.store.records import RECORDS_GONE
from releases.store.schema import SchemaError, in_words
from releases.webhooks.sender import Sender
from tasks.redis_away import REDIS_ERRORS, is_away, say_once, why_away
from tasks.services import Services
from wechat.errors import Unreadable
from worker.redis_client import rejected_certificate

log = logging.getLogger(__name__)

#: Seconds between two looks at what is due.
LOOK_EVERY_S = 0.5
#: Seconds between two looks for lost messages: no sooner than one counts as lost.
LOOK_FOR_LOST_EVERY_S = 5.0
#: Seconds between two looks at what may be late: the audit quota, the stored tickets and tokens, what people have to be told.
LOOK_SELDOM_EVERY_S = 5.0
#: Seconds between two looks at what WeChat has pushed.
LOOK_AT_PUSHES_EVERY_S = 1.0


class CheckKeys(bootsteps.StartStopStep):
    """Ends a worker that can't read what is stored, before it takes its first message.

    It would stop one release after the other, and hold the platform for the workers that can. Looked at on each
    connection to Redis: a worker that is started before Redis waits for it.
    """

    requires = ("celery.worker.consumer:Connection",)

    def start(self, parent: Any) -> None:
        """Look."""
        try:
            parent.app.services.wechat.stored_secrets.check_keys()
        except Unreadable as error:
            problem = describe(error, Step.ENSURE_DOMAINS)
            log.critical("this worker ends: %s. %s", problem.errmsg, problem.remedy)
            raise WorkerShutdown(1) from None


class CheckSchema(bootsteps.StartStopStep):
    """Migrates an older layout of the keys before the worker takes its first message, or ends the worker.

    Looked at on each connection, as the keys are: it may be another Redis by then.
    """

    requires = ("celery.worker.consumer:Connection",)

    def start(self, parent: Any) -> None:
        """Look, and migrate."""
        schema = parent.app.services.schema
        try:
            moved = schema.check()
        except SchemaError as error:
            log.critical("this worker ends: %s", error)
            raise WorkerShutdown(2) from None
        if moved:
            log.info(in_words(moved))
        sender = parent.app.services.webhook_sender
        if sender is not None:
            # Not first by the thread that sends: what is worked on before that would be told to nobody.
            sender.open()


@dataclass(frozen=True, slots=True)
class Beside:
    """A job beside the others, which are not to wait for WeChat, or for an endpoint. `leave` lets another worker do it."""

    name: str
    every_s: float
    job: Callable[[], object]
    what: str
    leave: Callable[[], object] = lambda: None


class BringBack(bootsteps.StartStopStep):
    """Brings to the queue what is due, and what was lost. Any number of workers may."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        super().__init__(worker, **kwargs)
        import_module("worker.celery_patches.remote_control")  # registers itself; only a worker needs it
        try:
            worker.app.check_for_worker()
        except SettingsError as error:
            raise SystemExit(f"The settings can't be used:\n{error}") from None
        for line in set_in_vain(worker.app.settings):
            log.warning(line)
        # What a worker sends is taken in the next moment. An orchestrator's message is what is worth telling of.
        worker.app.conf.task_send_sent_event = False
        # What can't be built has to end the worker, not each task that it takes.
        self._services: Services = worker.app.services
        if not self._services.wanted:
            log.warning(
                "no server domain is set: each release that names none itself will be blocked. Set "
                "MPRELEASE_DOMAINS__REQUESTDOMAIN and the other lists, then restart this worker"
            )
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._next_look = 0.0
        self._mark = ""

    def start(self, parent: Any) -> None:  # noqa: ARG002 - the signature is Celery's
        """Begin to look."""
        self._stopped.clear()
        self._threads = [
            threading.Thread(target=self._look, name="due", daemon=True),
            *(
                threading.Thread(target=self._do, args=[one], name=one.name, daemon=True)
                for one in self._beside()
            ),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - the signature is Celery's
        """Stop looking; a look that is on its way ends first."""
        # Celery says so itself where a signal came, and not where the order came over the broker. Not reported
        # (celery_patches/README.md, stopping).
        said: Any = state
        said.should_stop = True
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def terminate(self, parent: Any) -> None:
        """Stop as well."""
        self.stop(parent)

    def _look(self) -> None:
        """Do each job in turn: one that fails keeps no other from being done."""
        made = self._services
        jobs: tuple[Callable[[], object], ...] = (
            made.leases.settle,
            self._look_for_records,
            self._resend_lost,
            made.waves.look,
            self._let_some_try,
            made.due.bring,
        )
        failed: dict[object, str] = {}
        while not self._stopped.wait(LOOK_EVERY_S):
            # The consumer looks at the schema, and migrates; until then a log says at least why Redis is out of reach.
            for job in jobs if made.schema.is_current else (made.schema.found,):
                try:
                    job()
                    failed.pop(job, None)
                except Exception as error:
                    if is_away(error):
                        reason = rejected_certificate(error) or why_away(error)
                        say_once(log, reason, "what is due waits")
                        break
                    # Whatever it was, the next look may be better; it is told once.
                    if failed.get(job) != str(error):
                        log.exception("looking at what is due failed")
                    failed[job] = str(error)

    def _beside(self) -> Iterator[Beside]:
        made = self._services
        yield Beside(
            "audit-quota", LOOK_SELDOM_EVERY_S, made.audit_quotas.refresh, "asking for the audit quota"
        )
        counting = "counting the stored tickets and tokens"
        yield Beside("secrets", LOOK_SELDOM_EVERY_S, made.wechat.secret_counter.refresh, counting)
        yield Beside("pushes", LOOK_AT_PUSHES_EVERY_S, made.pushed.look, "following WeChat's pushes")
        sender, teller = made.webhook_sender, made.notices
        if sender is not None:
            send = partial(self._send_all, sender)
            yield Beside("webhooks", LOOK_EVERY_S, send, "sending webhooks", sender.leave)
        if teller is not None:
            yield Beside("notices", LOOK_SELDOM_EVERY_S, teller.look, "telling people", teller.leave)

    def _do(self, beside: Beside) -> None:
        failed = ""
        while not self._stopped.wait(beside.every_s):
            try:
                if self._services.schema.is_current:
                    beside.job()
                failed = ""
            except Exception as error:
                if not is_away(error) and failed != str(error):
                    log.exception("%s failed", beside.what)
                failed = str(error)
        with suppress(*REDIS_ERRORS):
            beside.leave()

    def _send_all(self, sender: Sender) -> None:
        while sender.send() and not self._stopped.is_set():
            pass

    def _look_for_records(self) -> None:
        mark = self._services.store.mark()
        if self._mark not in ("", mark):
            log.error("the records are gone: %s", RECORDS_GONE)
        self._mark = mark

    def _resend_lost(self) -> None:
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_FOR_LOST_EVERY_S
        for release_id in self._services.due.resend_lost():
            log.warning(
                "the message of release %s was lost; it is sent again",
                release_id,
                extra={"release_id": release_id},
            )

    def _let_some_try(self) -> None:
        number = self._services.timed_pauses.look()
        if number:
            log.info("the platform is paused; %d releases try whether WeChat takes their calls", number)
