"""Every message is delivered twice: each that is sent is put on the queue once more."""

import json
import random
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis

from tests.faults.world import QUEUE, World

#: A copy comes up to so many seconds after its message: beside it, or while its call is on the way.
_LATEST_S = 0.4
#: Submissions are applied late, and who asks meanwhile whether one landed hears the old answer late as well:
#: only the lease keeps the second run from submitting once more.
_SLOW: tuple[dict[str, Any], ...] = (
    {"endpoint": "submit_audit", "kind": "delay_before", "seconds": 0.4, "times": -1},
    {"endpoint": "get_latest_auditstatus", "kind": "delay", "seconds": 0.6, "times": -1},
)


def every_message_twice(world: World) -> int:
    """Copy each message as it is sent."""
    world.platform.sim("POST", "faults", list(_SLOW))
    with copier(world.platform.redis_url) as copied:
        world.feed()
        world.wait_until_ended()
    if copied.missed:
        world.problems.append(f"{copied.missed} messages could not be copied")
    return copied.number


class Copier:
    """Watches what Redis is told (MONITOR) and repeats each message that is put on the queue.

    The copy goes to the end that workers take from, and its delivery tag is its own: it is delivered
    beside the original. Copies are pushed with RPUSH, which the watcher passes over.
    """

    def __init__(self, redis_url: str) -> None:
        self.number = 0
        self.missed = 0
        self._stopped = threading.Event()
        self._timers: list[threading.Timer] = []
        self._url = redis_url

    def run(self, ready: threading.Event) -> None:
        """Copy until stopped."""
        with redis.Redis.from_url(self._url, decode_responses=True) as client, client.monitor() as watched:
            ready.set()
            while not self._stopped.is_set():
                seen: dict[str, Any] = watched.next_command()
                name, _, rest = str(seen["command"]).partition(" ")
                if name.upper() == "LPUSH" and rest.startswith(f"{QUEUE} "):
                    self._copy(client, rest.removeprefix(f"{QUEUE} "))
            for timer in self._timers:
                timer.join()

    def stop(self) -> None:
        """Stop at the next command; there always is one, as workers poll."""
        self._stopped.set()

    def _copy(self, client: redis.Redis, text: str) -> None:
        try:
            message = json.loads(text.replace("\\\\", "\\"))
            message["properties"]["delivery_tag"] = str(uuid.uuid4())
        except (ValueError, LookupError, TypeError):
            self.missed += 1
        else:
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
