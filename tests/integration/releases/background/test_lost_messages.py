"""A message that was lost is sent again, and no message is taken for lost that waits in a long queue."""

from __future__ import annotations

import pytest
import redis
from celery import Celery

from releases.background.due import SLACK_S, Due
from releases.store import keys
from releases.store.places import due as due_at
from releases.store.records import ReleaseStore
from tasks.chain import send_chain
from tests.integration.conftest import Sender
from tests.support.records import (
    QUEUE,
    QUEUES,
    URGENT_QUEUE,
    at,
    fill,
    sent_since,
    stored_at,
)


def test_a_message_that_could_not_be_sent_is_sent_again(
    due: Due, store: ReleaseStore, sender: Sender, redis_client: redis.Redis
) -> None:
    stored = stored_at(store, lambda release: due_at(release, at(-1)))
    sender.broken = True
    with pytest.raises(redis.ConnectionError):
        due.bring()
    sender.broken = False

    assert due.resend_lost() == []  # so soon it may be on its way
    redis_client.zincrby(keys.sent(urgent=False), -SLACK_S - 1, stored.release.id)
    assert due.resend_lost() == [stored.release.id]
    assert sender.ids == [stored.release.id]
    assert due.resend_lost() == []


@pytest.mark.parametrize("urgent", [False, True])
def test_a_lost_message_is_sent_again(
    urgent: bool, due: Due, store: ReleaseStore, sender: Sender, redis_client: redis.Redis
) -> None:
    lost = sent_since(store, SLACK_S + 1, urgent=urgent)
    fill(redis_client, 3, URGENT_QUEUE if urgent else QUEUE)

    assert due.resend_lost() == [lost.id]
    assert sender.ids == [lost.id]


def test_a_queue_that_stays_long_gets_no_second_messages(
    due: Due, store: ReleaseStore, sender: Sender, celery_app: Celery
) -> None:
    # Given releases whose messages have been waiting for half an hour, behind one that is older still
    for n in range(5):
        release = sent_since(store, 1800 - n, n)
        send_chain(celery_app, release, QUEUES, at(n - 1800))

    assert due.resend_lost() == []
    assert sender.sent == []


def test_what_was_sent_before_the_oldest_message_that_is_left_was_lost(
    due: Due, store: ReleaseStore, celery_app: Celery
) -> None:
    lost = sent_since(store, 1800, 1)
    waits = sent_since(store, 900, 2)
    send_chain(celery_app, waits, QUEUES, at(-900))

    assert due.resend_lost() == [lost.id]


def test_a_message_that_was_sent_twice_lets_no_other_seem_lost(
    due: Due, store: ReleaseStore, celery_app: Celery
) -> None:
    # Given a queue that stays long, whose oldest message belongs to a release that was sent again since
    twice = sent_since(store, 0, 1)
    send_chain(celery_app, twice, QUEUES, at(-1800))
    others = [sent_since(store, 1000, n) for n in range(2, 5)]
    for other in others:
        send_chain(celery_app, other, QUEUES, at(-1000))

    assert due.resend_lost() == []


def test_in_a_long_queue_the_oldest_messages_are_looked_at(
    due: Due, store: ReleaseStore, sender: Sender, celery_app: Celery
) -> None:
    # Given a release whose message has waited for half an hour, and over a hundred newer messages behind it
    waits = sent_since(store, 1800, 1)
    send_chain(celery_app, waits, QUEUES, at(-1800))
    newer = sent_since(store, 0, 2)
    for _ in range(120):
        send_chain(celery_app, newer, QUEUES, at(0))

    assert due.resend_lost() == []
    assert sender.sent == []


def test_of_a_long_queue_without_a_message_of_ours_nothing_is_known(
    due: Due, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    sent_since(store, 1800)
    fill(redis_client, 200)

    assert due.resend_lost() == []
