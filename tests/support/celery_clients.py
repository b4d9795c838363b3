"""A Celery client that has nothing of ours, and leaves nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery
from kombu import pools


@contextmanager
def celery_client(url: str, **options: Any) -> Iterator[Celery]:
    with Celery("client", broker=url, backend=url, set_as_current=False) as app:
        app.conf.update(options)
        backend: Any = app.backend
        try:
            yield app
        finally:
            backend.result_consumer.stop()
            # A result that is part of a cycle is collected in another test, and unsubscribes then: where the Redis
            # of this one has ended, that would look for it for twenty seconds and fail whichever test runs.
            backend.result_consumer._pubsub = None
            pools.reset()
