"""Huey: three tasks in a pipeline."""

import os
from collections.abc import Sequence
from typing import Any

from huey import RedisHuey

from benchmarks import work
from benchmarks.work import REDIS_URL, Shop

# Blocking reads are its default; results that nobody reads can be left out, its documents say.
huey = RedisHuey("bench", url=os.environ[REDIS_URL], results=False)


@huey.task()
def modify_domain(appid: str, token: str) -> None:
    """The first call."""
    work.call("modify_domain", appid, token)


@huey.task()
def commit(appid: str, token: str) -> None:
    """The second."""
    work.call("commit", appid, token)


@huey.task()
def submit_audit(appid: str, token: str) -> None:
    """The third."""
    work.call("submit_audit", appid, token)


def enqueue(shops: Sequence[Shop]) -> None:
    """Send a pipeline for each."""
    for shop in shops:
        arguments: tuple[Any, ...] = (shop.appid, shop.token)
        huey.enqueue(modify_domain.s(*arguments).then(commit, *arguments).then(submit_audit, *arguments))
