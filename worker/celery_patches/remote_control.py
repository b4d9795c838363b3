"""What a worker tells when it is asked over the broker, and what it does not do when it is told to.

Celery's `stats` answers with all transport options, and those hold Sentinel's password; a URL with
several hosts comes back as `alternates`, passwords included. Flower shows both.

Its `revoke` drops the messages of a release, whose record would wait for ever: a release is cancelled instead.

Celery 5.7.0 masks `alternates` (https://github.com/celery/celery/pull/10485) and not the options; goes when it does.
"""

from __future__ import annotations

import logging
from typing import Any, cast

from celery.utils.functional import maybe_list
from celery.worker import control
from celery.worker import state as worker_state
from celery.worker.control import control_command, inspect_command

from releases.handles import release_of
from releases.store.schema import NEWEST
from tasks.services import ReleaseApp
from worker.agreement import fingerprints

log = logging.getLogger(__name__)

_celerys_revoke: Any = vars(control)["revoke"]  # unknown to celery-types

_TELLING = ("transport_options", "alternates", "password")


@inspect_command(name="stats")
def stats(state: Any, **_kwargs: Any) -> dict[str, Any]:
    """Answer as Celery does, without what may hold a secret."""
    answer: dict[str, Any] = state.consumer.controller.stats()
    broker = answer.get("broker", {})
    return {**answer, "broker": {name: value for name, value in broker.items() if name not in _TELLING}}


@control_command(name="revoke", variadic="task_id", signature="[id1 [id2 [... [idN]]]]")
def revoke(state: Any, task_id: Any, terminate: bool = False, signal: Any = None, **more: Any) -> Any:  # noqa: FBT001, FBT002 - as Celery's
    """Revoke task by task id (or list of ids), unless it is a release's."""
    ids = [str(one) for one in maybe_list(task_id) or ()]
    store = cast("ReleaseApp", state.app).services.store
    found = dict(zip(ids, store.get_many(map(release_of, ids)), strict=True))
    answer = None
    others = [one for one, stored in found.items() if stored is None]
    if others or not ids:
        answer = _celerys_revoke(state, others, terminate, signal, **more)
    ours = {stored.release.id for stored in found.values() if stored is not None}
    if not ours:
        return answer
    why = f"a release is not revoked but cancelled (tasks.cancel_release): {', '.join(sorted(ours))}"
    log.warning("%s", why)
    return {"error": why}


@control_command(
    name="terminate", variadic="task_id", args=[("signal", str)], signature="<signal> [id1 [id2 [... [idN]]]]"
)
def terminate(state: Any, signal: Any, task_id: Any, **_more: Any) -> Any:
    """Terminate task by task id (or list of ids), unless it is a release's."""
    return revoke(state, task_id, terminate=True, signal=signal)


@inspect_command(name="schema")
def schema(_state: Any, **_kwargs: Any) -> dict[str, int]:
    """Answer with the layout of the keys that this worker needs; a worker of schema 1 does not know this command."""
    return {"schema": NEWEST}


@inspect_command(name="takes_messages", args=[("salt", str)])
def takes_messages(state: Any, salt: Any = "", **_kwargs: Any) -> dict[str, Any]:
    """Answer why this worker takes no messages, nothing where it does.

    With a salt it answers with its schema and a hash of its settings as well: one question for all that `doctor` asks. It may answer a ping, and take none for ever.
    """
    answer: dict[str, Any] = {"problem": _why_none(state)}
    if salt:
        answer |= {"schema": NEWEST, "settings": fingerprints(state.app.settings, str(salt))}
    return answer


def _why_none(state: Any) -> str:
    consumer = state.consumer
    names = [queue.name for queue in state.app.conf.task_queues]
    missing = [name for name in names if not consumer.task_consumer.consuming_from(name)]
    if missing:
        return f"it does not consume from {', '.join(missing)}"
    in_hand = consumer.task_consumer.channel.qos
    taken = len(in_hand._delivered) - len(in_hand._dirty)  # noqa: SLF001 - it is our own
    if not in_hand.can_consume() and not len(worker_state.reserved_requests):
        return f"its {taken} slots are taken, and it works on nothing"
    return ""
