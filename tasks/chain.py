"""The chains of a release: `ensure_domains -> commit_code -> submit_audit`, and `publish -> verify_live`, or what is left.

The tasks `watch_audit` and `revert` are chains of one. Their messages carry the release id and the appid; what else they say is for people who read Flower. The last task's id of a
chain is its handle, so that any Celery client can wait for it (`releases.handles`).
All of them go to the same queue: that of the urgent releases, or the default one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from celery import Celery, Signature

from releases.handles import task_id
from releases.record import Release
from releases.states import Step
from tasks.monitors import shown


def send_chain(app: Celery, release: Release, queues: Mapping[bool, str], at: datetime) -> None:
    """Send the message that the release gets next, with the later ones of its chain behind it; `at` is the time.

    `queues` has the names of the queues: that of the urgent releases, and that of all others.
    """
    step = release.message_step
    chain, position = step.chain, step.chain.index(step)
    steps = chain[position:]
    queue = queues[release.urgent]
    first, *later = (step_signature(app, step, release, queue) for step in steps)
    # What `celery.chain` makes of them, at four fifths of its cost: there are no groups and callbacks to look for.
    # The time is for `find_lost.lua`, which reads it in the queue. Monitors see whose task follows whose, though every
    # message but the first is the record's and not that of the task before it.
    first.apply_async(
        chain=later[::-1],
        declare=(),  # the workers have declared their queues; kombu would make the queue anew to see that
        root_id=task_id(release, chain[0]),
        parent_id=task_id(release, chain[position - 1]) if position else None,
        headers={"sent_at": str(at.timestamp())},
    )


def step_signature(app: Celery, step: Step, release: Release, queue: str | None = None) -> Signature[object]:
    """One step's task, as a message names it."""
    return app.signature(
        step.task_name,
        args=[release.id, release.appid, release.user_version],
        immutable=True,
        task_id=task_id(release, step),
        queue=queue,
        **shown(release),
    )
