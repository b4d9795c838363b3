"""How the platform stands, in numbers: what a monitor asks every few seconds.

Every number is one that Redis keeps or counts in an instant, however many releases there are: the indexes' sizes,
and the counts of the causes, which are written with the records. No record is read but that of each queue's next message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from typing import Any

import redis

from releases.handles import release_of
from releases.scope import Scope
from releases.states import ACTIVE, TO_LIVE, Status, Step
from releases.store import keys
from releases.store.outbox import Outbox, Standing
from releases.store.pauses import Pause
from releases.store.places import Lane
from releases.store.records import ReleaseStore
from releases.store.tally import WaveTally
from releases.waves.audit_quota import Quota, kept_quota
from releases.waves.halves import HALVES, Half
from releases.waves.standing import State, state_of

#: kombu's hash of messages that were taken and not acknowledged.
UNACKNOWLEDGED = "unacked"
#: Where a person or WeChat has to do something next: how long the longest of them has waited.
DATED = (Status.SUBMITTED, Status.APPROVED)
#: The steps of a publication, and back.
PUBLISHING = (*TO_LIVE, Step.REVERT)
_BEHIND = "behind"


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why releases are blocked or failed; no errcode where WeChat gave none."""

    status: Status
    step: str
    errcode: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Numbers of releases, but for the messages' and the age."""

    by_status: Mapping[Status, int]
    stopped: Mapping[Stopped, int]
    parked: int
    unfed: int  # whose first message is still to be sent
    behind: int  # that wait for an older one
    held: Mapping[str, int]  # by scope; `canary` and `brake` are all waves' own, of both halves
    waves_braked: int  # each half of a wave is one
    publications: Mapping[tuple[Step, Status], int]  # at a step of the second half, or stopped there
    oldest_s: Mapping[Status, float]  # how long the longest of them has been under audit, or approved
    looks_late_s: float  # for how long the look at an audit is due that is due first
    paused: Mapping[Scope, bool]
    messages: Mapping[str, int]  # by queue
    unacknowledged: int
    audit_quota: Quota | None
    waited_s: Mapping[str, float]  # how long the next message of a queue has waited, where that can be told
    webhook: Standing


@dataclass(frozen=True, slots=True)
class FiguresReader:
    """Reads the figures. Takes a client that decodes responses. Safe to use from many threads."""

    client: redis.Redis
    _: KW_ONLY
    store: ReleaseStore
    now: Callable[[], datetime]
    queues: Sequence[str]
    outbox: Outbox

    def read(self) -> Figures:
        """Some round trips, whatever the number of releases; raises redis.RedisError when Redis is away."""
        with self.client.pipeline(transaction=False) as pipe:
            for status in Status:
                pipe.zcard(keys.by_status(status))
            for scope in Scope:
                pipe.zcard(keys.held(scope))
                pipe.exists(keys.pause(scope))
            pipe.hgetall(keys.STOPPED)
            pipe.zcard(keys.due(Lane.NEW))
            pipe.hlen(UNACKNOWLEDGED)
            pipe.hgetall(keys.STANDING)
            for half in HALVES:
                pipe.smembers(half.watched)
            replies = pipe.execute()
        statuses, scopes = replies[: len(Status)], replies[len(Status) : -6]
        causes, unfed, unacknowledged, standing, *waves = replies[-6:]
        held_by_waves, waves_braked = self._read_waves(
            [(half, wave) for half, names in zip(HALVES, waves, strict=True) for wave in sorted(names)]
        )
        behind = int(standing.get(_BEHIND, 0))
        held = {**dict(zip(map(str, Scope), scopes[::2], strict=True)), **held_by_waves}
        messages, waited_s = self._read_queues()
        return Figures(
            by_status=dict(zip(Status, statuses, strict=True)),
            stopped=_stopped(causes),
            parked=max(0, statuses[list(Status).index(Status.WAITING)] - sum(held.values()) - behind),
            unfed=unfed,
            behind=behind,
            held=held,
            waves_braked=waves_braked,
            publications=_publications(standing),
            **self._read_times(),
            paused={scope: bool(there) for scope, there in zip(Scope, scopes[1::2], strict=True)},
            messages=messages,
            unacknowledged=unacknowledged,
            audit_quota=kept_quota(self.client),
            waited_s=waited_s,
            webhook=self.outbox.standing(),
        )

    def _read_times(self) -> dict[str, Any]:
        """Of what stands in an index by time, how old the first is."""
        indexes = (*(keys.since(status) for status in DATED), keys.due(Lane.LOOKS))
        with self.client.pipeline(transaction=False) as pipe:
            for index in indexes:
                pipe.zrange(index, 0, 0, withscores=True)
            replies = pipe.execute()
        now = self.now().timestamp()
        *ages, late_s = (max(0.0, now - first[0][1]) if first else 0.0 for first in replies)
        return {"oldest_s": dict(zip(DATED, ages, strict=True)), "looks_late_s": late_s}

    def _read_waves(self, waves: Sequence[tuple[Half, str]]) -> tuple[dict[str, int], int]:
        """How many releases canaries and brakes hold, and how many waves are braked."""
        with self.client.pipeline(transaction=False) as pipe:
            for half, wave in waves:
                pipe.get(keys.pause(half.scope(wave)))
                pipe.zcard(keys.held(half.scope(wave)))
                pipe.hgetall(half.counts(wave))
            replies = pipe.execute()
        held, braked = {"canary": 0, "brake": 0}, 0
        for raw, number, counts in zip(replies[::3], replies[1::3], replies[2::3], strict=True):
            pause = Pause.read(raw)
            if pause is not None:
                held["canary" if pause.canary else "brake"] += number
            braked += state_of(WaveTally.read(counts).counts, pause) is State.BRAKED
        return held, braked

    def _read_queues(self) -> tuple[dict[str, int], dict[str, float]]:
        with self.client.pipeline(transaction=False) as pipe:
            for queue in self.queues:
                pipe.llen(queue)
                pipe.lrange(queue, -1, -1)
            replies = pipe.execute()
        messages = dict(zip(self.queues, replies[::2], strict=True))
        waited_s = {
            queue: self._waited_s(*following) if following else 0.0
            for queue, following in zip(self.queues, replies[1::2], strict=True)
        }
        return messages, {queue: seconds for queue, seconds in waited_s.items() if seconds is not None}

    def _waited_s(self, message: str) -> float | None:
        """A step's message is sent when its record has been written."""
        release_id = release_of(_task_id(message))
        stored = self.store.get(release_id) if release_id else None
        if stored is None:
            return None
        return max(0.0, (self.now() - stored.release.updated_at).total_seconds())


def _publications(standing: Mapping[str, str]) -> dict[tuple[Step, Status], int]:
    return {
        (step, status): int(standing.get(f"{step} {status}", 0))
        for step in PUBLISHING
        for status in sorted(ACTIVE)
    }


def _stopped(causes: Mapping[str, str]) -> dict[Stopped, int]:
    found = {}
    for cause, number in causes.items():
        status, step, errcode = cause.split(" ")
        found[Stopped(Status(status), step, None if errcode == "-" else int(errcode))] = int(number)
    return found


def _task_id(message: str) -> str:
    """Empty for what is no message of ours: anybody with the password can push anything."""
    try:
        headers: Any = json.loads(message)["headers"]
        return str(headers["id"])
    except (ValueError, TypeError, KeyError):
        return ""
