"""The list of what was set aside: the newest are kept, and no more than a bound."""

import redis

from worker.celery_patches import set_aside

#: What the README promises.
KEPT = 1000


def test_the_newest_thousand_are_kept_and_redis_does_not_fill(redis_client: redis.Redis) -> None:
    for number in range(KEPT + 30):
        set_aside.put(redis_client, f"item {number}".encode(), "no message")
        assert set_aside.number(redis_client) == min(number + 1, KEPT)
    kept = [entry.raw for entry in set_aside.entries(redis_client)]
    assert kept == [f"item {number}".encode() for number in reversed(range(30, KEPT + 30))]


def test_all_go_back_to_the_queue_in_their_order_as_they_were(
    redis_client: redis.Redis, redis_url: str
) -> None:
    items = [b"first", b"\xff\xfe", "三".encode()]
    for item in items:
        set_aside.put(redis_client, item, "no message")
    assert set_aside.requeue(redis_client, "releases") == len(items)
    assert set_aside.number(redis_client) == 0
    with redis.Redis.from_url(redis_url) as raw:
        assert raw.lrange("releases", 0, -1) == items[::-1]
