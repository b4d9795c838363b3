"""What a worker tells when it is asked over the broker.

Celery's `stats` answers with all transport options, and those hold Sentinel's password; a URL with
several hosts comes back as `alternates`, passwords included. Flower shows both.

Celery 5.7.0 masks `alternates` (https://github.com/celery/celery/pull/10485) and not the options; goes when it does.
"""

from __future__ import annotations

from typing import Any

from celery.worker.control import inspect_command

_TELLING = ("transport_options", "alternates", "password")


@inspect_command(name="stats")
def stats(state: Any, **_kwargs: Any) -> dict[str, Any]:
    """Answer as Celery does, without what may hold a secret."""
    answer: dict[str, Any] = state.consumer.controller.stats()
    broker = answer.get("broker", {})
    return {**answer, "broker": {name: value for name, value in broker.items() if name not in _TELLING}}
