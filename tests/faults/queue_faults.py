"""The queue is long, or is filled all at once, or holds many messages of one release."""

import json
import time
import uuid

import redis

from releases.background.due import FED_UP_TO, SLACK_S
from releases.figures import UNACKNOWLEDGED
from releases.request import parse_request
from releases.scope import Scope
from releases.states import Status
from releases.store import keys
from tests.faults.fleet import CONCURRENCY, WORKERS
from tests.faults.world import QUEUE, World

LONG_QUEUE_RELEASES = 200
#: What is to be taken from a queue that nobody looks at for so long is old for every rule that goes by age.
_UNATTENDED_S = 2.5 * SLACK_S
#: So slow that two hundred releases take longer than that rule's time.
_SLOW_S = 1.2
#: A release takes one message where nothing makes it wait; a few come again when a worker has just started.
_MOST_PER_RELEASE = 1.1
#: Far more than the queue is fed with, and fewer than would be brought to it of what is tried again.
RESET_RELEASES = FED_UP_TO * 7 // 4
_RETRIED = 10
_URGENT = 5
#: So many of those that were let go at once have to be left when those are done that were to be tried again.
_LEFT_BEHIND = 300
#: So that those are tried again while the queue is as full as it is fed.
_SLOW_SUBMISSION = {"endpoint": "submit_audit", "kind": "delay_before", "seconds": 0.2, "times": -1}
#: A commit that is answered beyond the workers' read timeout is tried again: when all has been let go.
RESET_ENVIRONMENT = {"MPRELEASE_WECHAT__READ_TIMEOUT_S": "4"}
_TOO_SLOW_S = 5.0
_COPIES = 30
#: Releases at once: most threads are there for the copies.
_AT_ONCE = WORKERS * CONCURRENCY // 4
OWN_LEASE_RELEASES = 4 * _AT_ONCE
#: Long enough for the copies to be taken, and then for a release that sends itself messages to do so.
_WORKED_ON_S = 9.0
OWN_LEASE_ENVIRONMENT = {
    "MPRELEASE_WECHAT__READ_TIMEOUT_S": "60",
    "MPRELEASE_WORKER__STEP_DEADLINE_S": "40",
}


def long_queue(world: World) -> int:
    """All messages wait in the queue for far longer than a lost one is missed, and the last of them for as long again."""
    world.platform.sim("POST", "platform", {"scan_s": 0})
    slow = {"endpoint": "commit", "kind": "delay_before", "seconds": _SLOW_S, "times": -1}
    world.platform.sim("POST", "faults", slow)
    for member in list(world.fleet.members):
        world.fleet.stop(member)
    world.feed()
    time.sleep(_UNATTENDED_S)
    began = time.monotonic()
    with world.platform.redis() as client:
        waited = int(client.llen(QUEUE))
        world.fleet.start(WORKERS)
        world.wait(lambda: client.llen(QUEUE) <= WORKERS * CONCURRENCY, world.patience_s)
    world.notes.append(f"{waited} messages waited, and were taken within {time.monotonic() - began:.0f} s")
    if waited < len(world.appids):
        world.problems.append(f"only {waited} messages waited in the queue")
    world.wait_until_ended()
    world.wait_until_silent()
    _judge_messages(world, _MOST_PER_RELEASE)
    return 1


def own_lease(world: World) -> int:
    """While a release is worked on, its message comes thirty times more."""
    world.platform.sim("POST", "platform", {"scan_s": 0})
    slow = {"endpoint": "commit", "kind": "delay", "seconds": _WORKED_ON_S, "times": -1}
    world.platform.sim("POST", "faults", slow)
    copied = 0
    while world.still_to_feed:
        world.feed(_AT_ONCE)
        # A call is listed when it is answered: they are on their way once all are at that step.
        world.wait(lambda: world.number_of(Status.RUNNING) == _AT_ONCE, 2)
        copied += _copy_what_is_taken(world)
        world.wait_until_ended()
    world.wait_until_silent()
    if copied != _COPIES * len(world.appids):
        world.problems.append(f"{copied} copies, for {len(world.appids)} releases")
    # Its own message, and the copies.
    _judge_messages(world, _COPIES + _MOST_PER_RELEASE)
    return copied


def _copy_what_is_taken(world: World) -> int:
    """Put each message that a worker has onto the end that workers take from, with delivery tags of its own."""
    with world.platform.redis() as client:
        taken = [json.loads(text)[0] for text in client.hvals(UNACKNOWLEDGED)]
        copies = []
        for message in taken * _COPIES:
            properties = {**message["properties"], "delivery_tag": str(uuid.uuid4())}
            copies.append(json.dumps({**message, "properties": properties}))
        if copies:
            client.rpush(QUEUE, *copies)
    return len(copies)


def quota_reset(world: World) -> int:
    """The provider's audit quota comes back to many releases at once, while others are urgent or to be tried again."""
    world.platform.sim("POST", "platform", {"scan_s": 0, "audit_quota": 0})
    held = len(world.appids) - _RETRIED - _URGENT
    retried, urgent = world.appids[held:-_URGENT], world.appids[-_URGENT:]
    with world.platform.redis() as client:
        world.feed(held)
        world.wait(lambda: client.zcard(keys.held(Scope.SUBMISSIONS)) == held, world.patience_s)
        slow = {"endpoint": "commit", "kind": "delay", "seconds": _TOO_SLOW_S}
        world.platform.sim("POST", "faults", [{**slow, "appid": appid} for appid in retried])
        world.feed(_RETRIED)
        world.wait(lambda: set(retried) <= {call["appid"] for call in world.calls("commit")}, 10)
        # The month turns: WeChat takes submissions, and Redis lets the pause expire.
        world.platform.sim("POST", "platform", {"audit_quota": 10 * held})
        world.platform.sim("POST", "faults", _SLOW_SUBMISSION)
        client.pexpire(keys.pause(Scope.SUBMISSIONS), 1)
        world.wait(lambda: client.llen(QUEUE) >= FED_UP_TO // 2, 10)
        for appid in urgent:
            request = parse_request(world.platform.request(appid, urgent=True))
            world.accepted.append(world.app.services.releases.enqueue(request).release.id)
        _judge_rank(world, client, held, "urgent", _RETRIED, FED_UP_TO)
        _judge_rank(world, client, held, "retried", 0, _LEFT_BEHIND)
    return held


def _judge_rank(world: World, client: redis.Redis, held: int, name: str, first: int, least: int) -> None:
    """How many are left of those that were let go at once, when the others from the first on are submitted."""
    others = world.accepted[held:]
    ids = others[first:]
    world.wait(lambda: _submitted(client, ids) == len(ids), world.patience_s)
    left = held - int(client.zcard(keys.by_status(Status.SUBMITTED))) + _submitted(client, others)
    told = world.notes if left >= least else world.problems
    told.append(
        f"{left} of {held} that were let go at once were left when the {name} ones were submitted "
        f"(at least {least} have to be)"
    )


def _submitted(client: redis.Redis, ids: list[str]) -> int:
    return sum(client.zscore(keys.by_status(Status.SUBMITTED), one) is not None for one in ids)


def _judge_messages(world: World, most: float) -> None:
    """How many messages all workers have taken for each release."""
    each = sum(member.worker.text().count(" received") for member in world.fleet.members) / len(world.appids)
    world.is_flooded = each > most
    told = world.problems if world.is_flooded else world.notes
    told.append(f"{each:.2f} messages per release (the bound is {most:g})")
