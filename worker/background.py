"""What runs in a worker beside its tasks: it looks at its keys, and brings to the queue what is due."""

from __future__ import annotations

import logging
import threading
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


class CheckStored(bootsteps.StartStopStep):
    """Ends a worker that can't read what is stored, before it takes its first message, and migrates an older layout.

    It would stop one release after the other, and hold the platform for the workers that can. Looked at on each
    connection: a worker that is started before Redis waits for it, and it may be another Redis by then.
    """

    requires = ("celery.worker.consumer:Connection",)

    def start(self, parent: Any) -> None:
        """Look, and migrate."""
        made: Services = parent.app.services
        try:
            made.wechat.stored_secrets.check_keys()
            moved = made.schema.check()
        except Unreadable as error:
            problem = describe(error, Step.ENSURE_DOMAINS)
            log.critical("this worker ends: %s. %s", problem.errmsg, problem.remedy)
            raise WorkerShutdown(1) from None
        except SchemaError as error:
            log.critical("this worker ends: %s", error)
            raise WorkerShutdown(2) from None
        if moved:
            log.info(in_words(moved))
        if made.webhook_sender is not None:
            # Not first by the thread that sends: what is worked on before that would be told to nobody.
            made.webhook_sender.open()


@dataclass(frozen=True, slots=True)
class Look:
    """What a thread does time and again: its jobs in turn. At the end, `leave` lets another worker do them."""

    name: str
    every_s: float
    jobs: tuple[Callable[[], object], ...]
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
        self._mark = ""

    def start(self, parent: Any) -> None:  # noqa: ARG002 - the signature is Celery's
        """Begin to look."""
        self._stopped.clear()
        self._threads = [
            threading.Thread(target=self._repeat, args=[look], name=look.name, daemon=True)
            for look in self._looks()
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

    terminate = stop

    def _looks(self) -> Iterator[Look]:
        """Each by a thread of its own where it may wait for WeChat, or for an endpoint."""
        made = self._services
        yield Look(
            "due",
            LOOK_EVERY_S,
            (
                made.leases.settle,
                self._look_for_records,
                made.waves.look,
                self._let_some_try,
                made.due.bring,
            ),
        )
        yield Look("lost", LOOK_FOR_LOST_EVERY_S, (self._resend_lost,))
        yield Look("audit-quota", LOOK_SELDOM_EVERY_S, (made.audit_quotas.refresh,))
        yield Look("secrets", LOOK_SELDOM_EVERY_S, (made.wechat.secret_counter.refresh,))
        yield Look("pushes", LOOK_AT_PUSHES_EVERY_S, (made.pushed.look,))
        sender, teller = made.webhook_sender, made.notices
        if sender is not None:
            yield Look("webhooks", LOOK_EVERY_S, (partial(self._send_all, sender),), sender.leave)
        if teller is not None:
            yield Look("notices", LOOK_SELDOM_EVERY_S, (teller.look,), teller.leave)

    def _repeat(self, look: Look) -> None:
        """Do each job in turn: one that fails keeps no other from being done."""
        schema = self._services.schema
        failed: dict[object, str] = {}
        while not self._stopped.wait(look.every_s):
            # The consumer looks at the schema, and migrates; until then a log says at least why Redis is out of reach.
            for job in look.jobs if schema.is_current else (schema.found,):
                try:
                    job()
                    failed.pop(job, None)
                except Exception as error:
                    if is_away(error):
                        say_once(log, rejected_certificate(error) or why_away(error), "what is due waits")
                        break
                    # Whatever it was, the next look may be better; it is told once.
                    if failed.get(job) != str(error):
                        log.exception("work in the background failed (%s)", look.name)
                    failed[job] = str(error)
        with suppress(*REDIS_ERRORS):
            look.leave()

    def _send_all(self, sender: Sender) -> None:
        while sender.send() and not self._stopped.is_set():
            pass

    def _look_for_records(self) -> None:
        mark = self._services.store.mark()
        if self._mark not in ("", mark):
            log.error("the records are gone: %s", RECORDS_GONE)
        self._mark = mark

    def _resend_lost(self) -> None:
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
