"""Whatever the endpoint answers, it is left alone for a while, and nothing is lost."""

from __future__ import annotations

import threading
import time
from random import Random

import pytest
import redis

from releases.intake.one import Releases
from releases.reading import Reader
from releases.record import Release
from releases.states import Status
from releases.store import keys
from releases.store.outbox import MOST_S, Outbox
from releases.store.records import ReleaseStore
from releases.webhooks.sender import Sender
from tests.integration.releases.together import brought_to
from tests.integration.releases.webhooks.conftest import Gathered, MakeSender, SendAll, known, shown
from tests.support.examples import a_problem, a_request
from tests.support.receiver import Answer, Receiver, receiving


@pytest.mark.parametrize("status", [100 + 201, 302, 400, 404, 408, 422, 429, 500, 502, 503])
def test_any_other_answer_is_no_delivery(
    five: list[Release],
    webhooks: Sender,
    receiver: Receiver,
    send_all: SendAll,
    gathered: Gathered,
    outbox: Outbox,
    make_sender: MakeSender,
    status: int,
) -> None:
    receiver.answer = lambda message: Answer(status, {"Location": receiver.url})
    send_all(webhooks)

    assert len(receiver.messages) == len(outbox.undelivered()) == len(five)
    standing = outbox.standing()
    assert (standing.error, standing.failures) == (f"HTTP {status}", 1)
    assert standing.deliveries == {f"{status // 100}xx": 5}

    # It is left alone for a while, also by a worker that is started later.
    gathered()
    assert not webhooks.send()
    webhooks.leave()
    assert not make_sender().send()
    assert len(receiver.messages) == len(five)


def waits_s(outbox: Outbox) -> float:
    """For how long the endpoint is left alone from the last failure on."""
    standing = outbox.standing()
    assert standing.next_at is not None
    assert standing.failed_at is not None
    return standing.next_at - standing.failed_at


def pass_by(redis_client: redis.Redis) -> None:
    """Let the wait for the endpoint be over."""
    redis_client.hset(keys.WEBHOOK, "next_at", 1)


def test_the_waits_double_up_to_minutes_and_one_message_tries(
    five: list[Release],
    webhooks: Sender,
    receiver: Receiver,
    gathered: Gathered,
    outbox: Outbox,
    redis_client: redis.Redis,
) -> None:
    receiver.answer = lambda message: Answer(500)
    waits = []
    for _ in range(12):
        gathered()
        pass_by(redis_client)
        webhooks.send()
        waits.append(round(waits_s(outbox)))

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, MOST_S, MOST_S, MOST_S, MOST_S]
    assert len(receiver.messages) == len(five) + 11


def test_the_wait_is_any_part_of_that(
    releases: Releases, make_sender: MakeSender, receiver: Receiver, send_all: SendAll, outbox: Outbox
) -> None:
    half = make_sender(jitter=0.25)
    half.send()
    releases.enqueue(a_request())
    receiver.answer = lambda message: Answer(500)

    send_all(half)

    assert waits_s(outbox) == pytest.approx(0.5, abs=0.01)


def test_after_a_success_all_go_out_again(
    five: list[Release],
    webhooks: Sender,
    receiver: Receiver,
    reader: Reader,
    send_all: SendAll,
    gathered: Gathered,
    outbox: Outbox,
    redis_client: redis.Redis,
) -> None:
    receiver.answer = lambda message: Answer(500)
    send_all(webhooks)
    receiver.answer = lambda message: Answer()
    pass_by(redis_client)

    gathered()
    assert webhooks.send()
    assert len(outbox.undelivered()) == len(five) - 1
    assert outbox.standing().failures == 0
    assert webhooks.send()

    assert known(receiver) == shown(reader)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(
    five: list[Release], webhooks: Sender, receiver: Receiver, send_all: SendAll, outbox: Outbox, status: int
) -> None:
    receiver.answer = lambda message: Answer(status, {"Retry-After": "1234"})

    send_all(webhooks)

    assert waits_s(outbox) == pytest.approx(1234, abs=0.01)


def test_what_is_gone_is_left_alone_until_a_person_says_otherwise(
    five: list[Release],
    webhooks: Sender,
    receiver: Receiver,
    reader: Reader,
    send_all: SendAll,
    outbox: Outbox,
    redis_client: redis.Redis,
) -> None:
    receiver.answer = lambda message: Answer(410)
    send_all(webhooks)
    receiver.answer = lambda message: Answer()
    pass_by(redis_client)
    send_all(webhooks)
    assert len(receiver.messages) == len(five)
    assert outbox.standing().gone

    outbox.retry()
    while webhooks.send():
        pass

    assert known(receiver) == shown(reader)
    assert not outbox.standing().gone


def test_it_is_gone_where_one_answer_says_so_and_others_fail_otherwise(
    five: list[Release], webhooks: Sender, receiver: Receiver, send_all: SendAll, outbox: Outbox
) -> None:
    receiver.answer = lambda message: Answer(410 if message["data"]["id"] == five[2].id else 500)

    send_all(webhooks)

    assert outbox.standing().gone


def test_another_url_knows_nothing_of_the_troubles_of_the_one_before(
    five: list[Release],
    webhooks: Sender,
    make_sender: MakeSender,
    receiver: Receiver,
    reader: Reader,
    send_all: SendAll,
) -> None:
    receiver.answer = lambda message: Answer(410)
    send_all(webhooks)
    webhooks.leave()

    with receiving() as other:
        send_all(make_sender(other.url))
        assert known(other) == shown(reader)


def test_one_that_is_refused_does_not_keep_the_others_from_being_told(
    five: list[Release],
    webhooks: Sender,
    receiver: Receiver,
    reader: Reader,
    gathered: Gathered,
    outbox: Outbox,
    redis_client: redis.Redis,
    releases: Releases,
) -> None:
    refused = five[0].id
    receiver.answer = lambda message: Answer(400 if message["data"]["id"] == refused else 204)
    gathered()
    webhooks.send()
    later = releases.enqueue(a_request(appid="wxffffffffffffffff")).release
    redis_client.zincrby(keys.CHANGED, -2, f"release:{later.id}")

    for _ in range(3):
        pass_by(redis_client)
        webhooks.send()

    assert known(receiver) == {name: fields for name, fields in shown(reader).items() if name != refused}
    # It is tried again after as long as it has failed for, and is known to have waited since its change.
    (left,) = outbox.undelivered()
    assert (left.member.name, left.since) == (refused, 1)
    assert left.next_at == pytest.approx(time.time() + MOST_S, abs=20)
    assert outbox.standing().oldest == 1


def test_what_failed_is_tried_again_after_as_long_as_it_has_failed_for(
    five: list[Release],
    webhooks: Sender,
    receiver: Receiver,
    gathered: Gathered,
    outbox: Outbox,
    redis_client: redis.Redis,
) -> None:
    for release in five:
        redis_client.zincrby(keys.CHANGED, -40, f"release:{release.id}")
    receiver.answer = lambda message: Answer(500)

    webhooks.send()

    now = time.time()
    for one in outbox.undelivered():
        assert one.next_at - now == pytest.approx(now - one.since, abs=3)

    # One tries again, and its time goes on from the change.
    gathered()
    pass_by(redis_client)
    webhooks.send()
    tried = outbox.undelivered()[-1]
    assert time.time() - tried.since == pytest.approx(40, abs=10)
    assert tried.next_at - time.time() == pytest.approx(40, abs=10)


def test_whatever_fails_the_receiver_ends_with_what_the_records_say(
    five: list[Release],
    webhooks: Sender,
    make_sender: MakeSender,
    store: ReleaseStore,
    receiver: Receiver,
    reader: Reader,
    send_all: SendAll,
    outbox: Outbox,
) -> None:
    """Two senders take turns, the receiver fails as often as not, and the releases change all the time."""
    draw = Random(14)
    receiver.answer = lambda message: Answer(draw.choice([204, 200, 500, 429, 302, 400]))
    senders = [webhooks, make_sender(jitter=0.0)]
    over = threading.Event()

    def change() -> None:
        for number in range(200):
            stored = store.get(five[number % len(five)].id)
            assert stored is not None
            brought_to(store, stored.release, status=Status.WAITING, wait=a_problem(errmsg=f"{number}"))
        over.set()

    changing = threading.Thread(target=change)
    changing.start()
    while not over.is_set():
        for sender in senders:
            outbox.retry()
            send_all(sender)
            sender.leave()
    changing.join()
    receiver.answer = lambda message: Answer()
    outbox.retry()
    send_all(webhooks)

    assert known(receiver) == shown(reader)
    assert outbox.undelivered() == []
    assert len(receiver.messages) > len(five)
