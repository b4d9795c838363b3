"""Celery's events, of which none gets lost: Flower would show a step as running for ever.

Celery collects the events of tasks and publishes them together. It empties the list after it has published what was
in it, and with the threads pool others add to the list meanwhile: their events were never sent.

https://github.com/celery/celery/issues/10434, mended in Celery 5.7.0, with which this file goes.
"""

from __future__ import annotations

from typing import Any

from celery.app.events import Events
from celery.events.dispatcher import EventDispatcher


class Dispatcher(EventDispatcher):
    """Takes out of the list what it has published, and no more."""

    def flush(self, errors: bool = True, groups: bool = True) -> None:  # noqa: FBT001, FBT002 - the signature is Celery's
        """Publish what has been collected."""
        super().flush(errors=errors, groups=False)
        if not groups:
            return
        dispatcher: Any = self  # celery-types does not know what it is made of
        with dispatcher.mutex:
            for group, events in list(dispatcher._group_buffer.items()):  # noqa: SLF001 - it is our own
                taken = events[:]
                if taken:
                    dispatcher._publish(taken, dispatcher.producer, f"{group}.multi")  # noqa: SLF001 - as above
                    del events[: len(taken)]


class LosslessEvents(Events):
    """Hands out our dispatcher."""

    dispatcher_cls = "worker.celery_patches.events:Dispatcher"
