"""Every message is delivered twice: each that is taken is put on the queue once more."""

import json
import random
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis

from releases.figures import UNACKNOWLEDGED
from tests.faults.fleet import CONCURRENCY, WORKERS
from tests.faults.world import QUEUE, World

#: A copy comes up to so many seconds after its message: beside it, or while its call is on the way.
_LATEST_S = 0.4
#: Releases at once: workers have as many threads again for the copies.
_AT_ONCE = WORKERS * CONCURRENCY // 2
#: Calls are on their way for so long that a second run meets the first one's: only the lease keeps them apart.
_SLOW: tuple[dict[str, Any], ...] = tuple(
    {"endpoint": endpoint, "kind": "delay_before", "seconds": 0.6, "times": -1}
    for endpoint in ("commit", "submit_audit")
)
#: What WeChat answers while another call for the same Mini Program is on its way.
_BUSY = 9402202


def every_message_twice(world: World) -> int:
    """Copy each message as it is taken."""
    # The first commit of each is refused, so that a message of its own brings the second one.
    refused = [
        {"endpoint": "commit", "kind": "errcode", "errcode": -1, "appid": appid} for appid in world.appids
    ]
    world.platform.sim("POST", "faults", [*refused, *_SLOW])
    with copier(world.platform.redis_url) as copied:
        # Behind a long queue a copy, and the step that it leads to, would come when all is done.
        while world.still_to_feed:
            world.feed(_AT_ONCE)
            world.wait_until_ended()
    world.at_once = sum(call["errcode"] == _BUSY for call in world.calls())
    if world.at_once:
        world.notes.append(f"{world.at_once} calls met another one for the same Mini Program")
    if copied.missed:
        world.problems.append(f"{copied.missed} messages could not be copied")
    return copied.number


class Copier:
    """Watches what Redis is told (MONITOR) and repeats each message that a worker notes as taken.

    The copy goes to the end that workers take from, and its delivery tag is its own: it is delivered while the
    original is worked on. Copies themselves are not copied.
    """

    def __init__(self, redis_url: str) -> None:
        self.number = 0
        self.missed = 0
        self._stopped = threading.Event()
        self._timers: list[threading.Timer] = []
        self._copies: set[str] = set()
        self._url = redis_url

    def run(self, ready: threading.Event) -> None:
        """Copy until stopped."""
        with redis.Redis.from_url(self._url, decode_responses=True) as client, client.monitor() as watched:
            ready.set()
            while not self._stopped.is_set():
                seen: dict[str, Any] = watched.next_command()
                name, key, tag, taken = [*str(seen["command"]).split(" ", 3), "", "", ""][:4]
                if (name.upper(), key) == ("HSET", UNACKNOWLEDGED) and tag not in self._copies:
                    self._copy(client, taken)
            for timer in self._timers:
                timer.join()

    def stop(self) -> None:
        """Stop at the next command; there always is one, as workers poll."""
        self._stopped.set()

    def _copy(self, client: redis.Redis, text: str) -> None:
        try:
            message, *_ = json.loads(text.replace("\\\\", "\\"))
            tag = message["properties"]["delivery_tag"] = str(uuid.uuid4())
        except (ValueError, LookupError, TypeError):
            self.missed += 1
        else:
            self._copies.add(tag)
            timer = threading.Timer(random.uniform(0, _LATEST_S), client.rpush, (QUEUE, json.dumps(message)))
            timer.start()
            self._timers.append(timer)
            self.number += 1


@contextmanager
def copier(redis_url: str) -> Iterator[Copier]:
    """Copy messages for the length of the block."""
    copying, ready = Copier(redis_url), threading.Event()
    thread = threading.Thread(target=copying.run, args=(ready,), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield copying
    finally:
        copying.stop()
        with redis.Redis.from_url(redis_url) as client:
            client.ping()
        thread.join(10)
