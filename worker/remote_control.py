"""What a worker tells when it is asked over the broker: Celery's statistics, and whether it takes messages.

Celery's `stats` answers with all transport options, and those hold Sentinel's password; a URL with
several hosts comes back as `alternates`, passwords included. Flower shows both.
"""

from __future__ import annotations

from typing import Any

from celery.worker import state as worker_state
from celery.worker.control import inspect_command

_TELLING = ("transport_options", "alternates", "password")


@inspect_command(name="stats")
def stats(state: Any, **_kwargs: Any) -> dict[str, Any]:
    """Answer as Celery does, without what may hold a secret."""
    answer: dict[str, Any] = state.consumer.controller.stats()
    broker = answer.get("broker", {})
    return {**answer, "broker": {name: value for name, value in broker.items() if name not in _TELLING}}


@inspect_command(name="takes_messages")
def takes_messages(state: Any, **_kwargs: Any) -> dict[str, str]:
    """Answer why this worker takes no messages; nothing where it does. It may answer a ping, and take none for ever."""
    consumer = state.consumer
    missing = [
        queue.name for queue in state.app.conf.task_queues if not consumer.task_consumer.consuming_from(queue)
    ]
    if missing:
        return {"problem": f"it does not consume from {', '.join(missing)}"}
    in_hand = consumer.task_consumer.channel.qos
    taken = len(in_hand._delivered) - len(in_hand._dirty)  # noqa: SLF001 - it is our own
    if not in_hand.can_consume() and not len(worker_state.reserved_requests):
        return {"problem": f"its {taken} slots are taken, and it works on nothing"}
    return {"problem": ""}
