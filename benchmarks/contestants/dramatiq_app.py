"""Dramatiq: three actors in a pipeline."""

import os
from collections.abc import Sequence
from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks import work
from benchmarks.work import REDIS_URL, Shop

# Its default middleware: the Prometheus one has not been among them since 2.0, and results are nobody's wish here.
broker = RedisBroker(url=os.environ[REDIS_URL])
dramatiq.set_broker(broker)


@dramatiq.actor
def modify_domain(appid: str, token: str) -> None:
    """The first call."""
    work.call("modify_domain", appid, token)


@dramatiq.actor
def commit(appid: str, token: str) -> None:
    """The second."""
    work.call("commit", appid, token)


@dramatiq.actor
def submit_audit(appid: str, token: str) -> None:
    """The third."""
    work.call("submit_audit", appid, token)


def enqueue(shops: Sequence[Shop]) -> None:
    """Send a pipeline for each."""
    for shop in shops:
        dramatiq.pipeline([_message(actor, shop) for actor in (modify_domain, commit, submit_audit)]).run()


def _message(actor: Any, shop: Shop) -> Any:
    """Each has its own arguments, and takes none from the one before it."""
    return actor.message_with_options(args=(shop.appid, shop.token), pipe_ignore=True)
