"""Whatever comes, the receiver answers: well or no, soon, and without a traceback."""

from __future__ import annotations

import http.client
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
import redis

from cli.demo.redis import free_port
from tests.support import receivers
from tests.support.odd_pushes import Odd, odd_push
from tests.support.receivers import KEY, TOKEN, Receiver

#: Of the same bodies with each run.
SEED = 14
SOON_S = 0.1


def requested(number: int) -> Iterator[Odd]:
    random = Random(SEED)
    for _ in range(number):
        yield odd_push(random)


def answers(receiver: Receiver, number: int) -> Counter[int]:
    """The statuses. A body whose answer takes long is sent again: once may be the machine's fault, and not the body's."""
    statuses: Counter[int] = Counter()
    with closing(
        http.client.HTTPConnection("127.0.0.1", int(receiver.url.rpartition(":")[2]), timeout=10)
    ) as wire:
        for path, body in requested(number):
            took: list[float] = []
            while not took or (min(took) > SOON_S and len(took) < 5):
                began = time.monotonic()
                wire.request("POST", path, body)
                answer = wire.getresponse()
                answer.read()
                took.append(time.monotonic() - began)
                statuses[answer.status] += len(took) == 1
            assert min(took) <= SOON_S, (path, body[:200])
    return statuses


@pytest.mark.parametrize(
    "number", [600, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(600)])]
)
def test_generated_bodies_end_well_or_are_refused(receiver: Receiver, number: int) -> None:
    statuses = answers(receiver, number)
    assert statuses.total() == number
    assert {200, 400, 403, 413} <= statuses.keys() <= {200, 400, 403, 404, 413}
    assert statuses[200] > number / 25, "too few of them got as far as Redis"
    assert receiver.session.get(f"{receiver.url}/healthz", timeout=10).status_code == 200
    _has_told_nothing(receiver)


@pytest.mark.long
def test_without_redis_those_that_are_not_refused_end_with_503(tmp_path: Path) -> None:
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    with receivers.receiver(tmp_path, {"MPRELEASE_REDIS__URL": nowhere}) as receiver:
        statuses = answers(receiver, 600)
        assert {400, 403, 503} <= statuses.keys() <= {400, 403, 404, 413, 503}
        _has_told_nothing(receiver)


def test_what_is_stored_of_them_is_bounded(receiver: Receiver, redis_client: redis.Redis) -> None:
    answers(receiver, 600)
    for key in redis_client.scan_iter():
        assert str(key).startswith(("wechat:ticket", "pushed:")), key
    assert redis_client.hlen("pushed:counts") < 40


def _has_told_nothing(receiver: Receiver) -> None:
    text = receiver.text()
    assert "Traceback" not in text
    for secret in (KEY, TOKEN, "ticket@@@", "queryauthcode@@@"):
        assert secret not in text
