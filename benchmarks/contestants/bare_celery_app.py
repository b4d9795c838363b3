"""Bare Celery: three plain tasks in a chain, no record, no lease, Celery's defaults."""

import os
from collections.abc import Sequence
from typing import Any

from celery import Celery, chain, signals

from benchmarks import work
from benchmarks.work import REDIS_URL, Shop

app = Celery("bare", broker=os.environ[REDIS_URL], backend=os.environ[REDIS_URL], set_as_current=False)


@app.task
def modify_domain(appid: str, token: str) -> None:
    """The first call."""
    work.call("modify_domain", appid, token)


@app.task
def commit(appid: str, token: str) -> None:
    """The second."""
    work.call("commit", appid, token)


@app.task
def submit_audit(appid: str, token: str) -> None:
    """The third."""
    work.call("submit_audit", appid, token)


@app.task
def all_calls(appid: str, token: str) -> None:
    """All three in one message: what Celery and the calls cost at the least."""
    for name in work.STEPS:
        work.call(name, appid, token)


@signals.worker_ready.connect
def _say_so(**_: Any) -> None:
    print("worker is ready", flush=True)  # noqa: T201 - the harness reads it in the log


def release(shop: Shop) -> Any:
    """Send one chain; returns the result to wait for."""
    return chain(
        *(task.si(shop.appid, shop.token) for task in (modify_domain, commit, submit_audit))
    ).apply_async()


def enqueue(shops: Sequence[Shop]) -> None:
    """Send a chain for each."""
    for shop in shops:
        release(shop)
