"""Where a message came from is known to the transport alone: its sender can write anything into it."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import redis
from kombu import Connection

from tests.support.garbage import properties

TAKEN_FROM, CLAIMED = "releases", "releases.publish"
FORGED = {"exchange": "", "routing_key": CLAIMED}


@pytest.fixture
def connection(redis_url: str) -> Iterator[Connection]:
    with Connection(redis_url, transport="worker.celery_patches.transport:Transport") as made:
        yield made


def drain(connection: Connection) -> None:
    """Until nothing has come for a moment; Redis is still being asked then."""
    with suppress(socket.timeout):
        while True:
            connection.drain_events(timeout=0.3)


def push_forged(client: redis.Redis) -> None:
    made = {"body": "e30=", "headers": {}, "content-type": "application/json", "content-encoding": "utf-8"}
    client.lpush(TAKEN_FROM, json.dumps({**made, "properties": {**properties(), "delivery_info": FORGED}}))


def consumed(channel: Any) -> list[Any]:
    """What will have come to a consumer of the queue."""
    came: list[Any] = []
    channel.queue_declare(TAKEN_FROM)
    channel.basic_consume(TAKEN_FROM, no_ack=False, callback=came.append, consumer_tag="tag")
    return came


def test_a_message_comes_from_the_queue_that_it_was_taken_from(
    connection: Connection, redis_client: redis.Redis
) -> None:
    channel: Any = connection.channel()
    came = consumed(channel)
    push_forged(redis_client)

    drain(connection)

    (message,) = came
    assert message.delivery_info["routing_key"] == TAKEN_FROM
    message.requeue()
    drain(connection)
    assert came[1].delivery_info["routing_key"] == TAKEN_FROM
    assert not redis_client.exists(CLAIMED)


def test_a_message_that_comes_when_nobody_consumes_any_more_goes_back_to_its_queue(
    connection: Connection, redis_client: redis.Redis
) -> None:
    # Given a worker that is being stopped while it asks Redis for the next message
    channel: Any = connection.channel()
    came = consumed(channel)
    drain(connection)
    channel.basic_cancel("tag")
    push_forged(redis_client)

    channel.close()

    assert came == []
    assert (redis_client.llen(TAKEN_FROM), redis_client.exists(CLAIMED)) == (1, 0)
