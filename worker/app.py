"""The Celery app."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from celery import Celery
from celery.exceptions import ImproperlyConfigured
from click import UsageError
from kombu import Queue

from config.celery_options import QUEUES, celery_options
from config.loading import SettingsError
from config.settings import Settings
from tasks.services import Services
from wechat.http.route import ca_problem
from worker.background import BringBack, CheckStored
from worker.celery_patches import transport
from worker.celery_patches.result_backend import BACKENDS
from worker.wiring import build_services, wanted_domains

Build = Callable[["ReleaseCelery", Settings], Services]


class ReleaseCelery(Celery):
    """A Celery app that owns the collaborators of its tasks."""

    events_cls = "worker.celery_patches.events:LosslessEvents"
    log_cls = "worker.logs.setup:Logging"

    def __init__(self, settings: Settings, build: Build) -> None:
        transport.install()
        super().__init__("mprelease", set_as_current=True)
        loader: Any = self.loader
        loader.override_backends = BACKENDS
        self.settings = settings
        self._build = build
        self._forget_services()
        # A pool's child must not use its parent's connections, nor wait for a lock that no thread of its holds.
        os.register_at_fork(after_in_child=self._forget_services)
        self.conf.update(celery_options(settings))
        # Objects: Flower reads their names.
        self.conf.task_queues = tuple(map(Queue, QUEUES))
        self.conf.worker_consumer = "worker.celery_patches.consumer:Consumer"
        self.steps["worker"].add(BringBack)
        self.steps["consumer"].add(CheckStored)

    def _forget_services(self) -> None:
        self._services: Services | None = None
        self._services_lock = threading.Lock()

    @property
    def services(self) -> Services:
        """Built when first asked for: in the pool's child, after the fork."""
        with self._services_lock:
            if self._services is None:
                self._services = self._build(self, self.settings)
            return self._services

    @cached_property
    def Worker(self) -> Any:  # noqa: N802 - Celery's name
        """The worker as a program."""
        named: Any = "worker.logs.setup:Worker"  # not imported: only a worker needs it
        return self.subclass_with_self(named)

    def check_for_worker(self) -> None:
        """Raise SettingsError if a worker could only block, or fail, whatever it takes."""
        if self.settings.lacking:
            raise SettingsError([f"{name} is not set" for name in self.settings.lacking])
        cas = ca_problem(self.settings.wechat.api_url)
        if cas:
            raise SettingsError([cas])

    def run_worker(self, options: Sequence[str]) -> int:
        """Run a worker until it is stopped; returns the exit code."""
        from celery.bin.base import CLIContext  # noqa: PLC0415 - only a worker needs it
        from celery.bin.worker import worker  # noqa: PLC0415

        # These would start another worker than ours (of `celery` without an app), and end a step in its middle: it has its own deadline.
        worker.params = [one for one in worker.params if one.name not in ("detach", "soft_time_limit")]
        # Not by `worker_main`, which imports each command of Celery's and Flower, 12 MB, and returns no exit code.
        context = CLIContext(app=self, no_color=bool(os.environ.get("NO_COLOR")), workdir=None)
        try:
            return worker.main([*options], "mprelease worker", standalone_mode=False, obj=context) or 0
        except ImproperlyConfigured as error:
            raise UsageError(f"{error}\nCelery's options: mprelease worker -- --help") from error

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Prefork children that are spawned build their own app."""
        return create_app, (self.settings,)


def create_app(settings: Settings, build: Build | None = None) -> ReleaseCelery:
    """Build the app; `build` makes the collaborators and is the one seam for tests."""
    wanted_domains(settings.domains)  # a bad domain must not wait for the first task to be found
    return ReleaseCelery(settings, build or build_services)
