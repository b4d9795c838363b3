from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery

from config.settings import Settings
from worker.app import create_app
from worker.celery_patches.events import Dispatcher


class Producer:
    """Notes what is published; while it publishes for the first time, another thread's event comes."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self.published: list[str] = []

    def publish(self, events: list[dict[str, Any]], **_: Any) -> None:
        self.published += [event["uuid"] for event in events]
        if len(self.published) == 1:
            self._dispatcher.send("task-succeeded", uuid="late")


@pytest.fixture
def app() -> Iterator[Celery]:
    with Celery("test", broker="memory://", set_as_current=False) as made:
        yield made


def test_an_event_that_comes_while_others_are_published_is_published_next(app: Celery) -> None:
    dispatcher: Any = Dispatcher(app.connection_for_write(), app=app, buffer_group=["task"])
    dispatcher.producer = producer = Producer(dispatcher)
    dispatcher.send("task-started", uuid="early")

    dispatcher.flush()
    dispatcher.flush()
    dispatcher.flush()

    assert producer.published == ["early", "late"]


def test_our_app_hands_out_our_dispatcher() -> None:
    with create_app(Settings()) as app:
        events: Any = app.events
        assert issubclass(events.Dispatcher, Dispatcher)
