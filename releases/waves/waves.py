"""Waves: many releases under one name, with a canary and a brake where the operator wants them.

The releases that wait for the canary, or that a brake stopped, are held by a pause whose scope is the wave, as the
platform's pauses hold theirs. Any worker may look after the waves; one at a time does.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from shlex import quote
from typing import cast

from redis.client import Pipeline

from db.database import Database
from releases import remedies
from releases.errors import ReleaseConflict
from releases.record import Problem
from releases.states import ACTIVE, Status, Step
from releases.store import keys
from releases.store.creations import Opening
from releases.store.pauses import Pause, Pauses
from releases.store.records import ReleaseStore
from releases.waves.brake import (
    GoOn,
    WavePolicy,
    being_reverted,
    canary_pause,
    judge,
    judge_publications,
    publication_canary,
)
from releases.waves.halves import FIRST, HALVES, LIVE, Half

log = logging.getLogger(__name__)

#: Milliseconds between two looks at the waves, by whichever worker.
_LOOK_EVERY_MS = 900


@dataclass(frozen=True, slots=True)
class WaveState:
    """How a wave stands besides its releases; `policy` is None without canary and brake."""

    policy: WavePolicy | None
    pause: Pause | None
    held: int


class Waves:
    """Opens, watches and releases waves. Safe to use from many threads and processes.

    What a person says is confirmed by so many replicas, or raises NotReplicated.
    """

    def __init__(self, db: Database, *, store: ReleaseStore, pauses: Pauses) -> None:
        self._redis = db.redis
        self._db = db
        self._store = store
        self._pauses = pauses
        self._leave_wave = db.script("releases.store", "shared", "leave_wave")
        self._announce_wave = db.script("releases.store", "shared", "announce_wave")

    @staticmethod
    def opening(name: str, policy: WavePolicy) -> Opening:
        """What is to be written with the first releases of a wave that has a policy."""
        pause = canary_pause(name, policy).model_dump_json() if policy.canary else ""
        return Opening(name, policy.model_dump_json(), pause)

    def state(self, name: str, half: Half = FIRST) -> WaveState:
        """How the wave, or a half of it, stands."""
        raw = self._redis.get(half.policy(name))
        scope = half.scope(name)
        return WaveState(
            policy=None if raw is None else WavePolicy.model_validate_json(str(raw)),
            pause=self._pauses.current(scope),
            held=int(self._redis.zcard(keys.held(scope))),
        )

    def set_bound(self, name: str, max_blocked: float) -> None:
        """From now on the wave stops at so many per cent blocked or failed; its publications, if there are any, as well."""
        is_published = any(self._store.tally(LIVE.counts(name)).counts.values())
        documents = {
            half: (self.state(name, half).policy or WavePolicy(max_blocked=max_blocked))
            .model_copy(update={"max_blocked": max_blocked})
            .model_dump_json()
            for half in (HALVES if is_published else (FIRST,))
        }

        def change(pipe: Pipeline) -> None:
            for half, document in documents.items():
                pipe.set(half.policy(name), document)
                pipe.sadd(half.watched, name)
            self._announce_wave(keys=[keys.CHANGED, keys.wave_counts(name)], args=[name], client=pipe)

        self._db.write(change)

    def is_stopped(self, name: str, half: Half = FIRST) -> bool:
        """Whether a person has to say that it goes on: it is braked, or its publications wait after their canary."""
        pause = self._pauses.current(half.scope(name))
        return pause is not None and (pause.asks or not pause.canary)

    def let_go(self, name: str, halves: Collection[Half] = HALVES) -> bool:
        """A person lets a braked wave go on; True if it was braked. A canary is not cut short by that."""
        stopped = [half for half in halves if self.is_stopped(name, half)]
        return sum(self._pauses.lift(half.scope(name)) for half in stopped) > 0

    def begin_publishing(self, name: str, policy: WavePolicy | None) -> None:
        """Its publications have this policy from now on, and wait for their canary if there is one and nothing stops them."""
        if policy is None:
            return
        document, pause = policy.model_dump_json(), publication_canary(name, policy).model_dump_json()

        def change(pipe: Pipeline) -> None:
            pipe.set(LIVE.policy(name), document)
            if policy.canary:
                pipe.set(keys.pause(LIVE.scope(name)), pause, nx=True)
            self._announce_wave(keys=[keys.CHANGED, keys.wave_counts(name)], args=[name], client=pipe)

        self._db.write(change)

    def stop_publishing(self, name: str) -> bool:
        """The wave is taken back: what of it is not live yet waits, unless something stops it already.

        Also what is to go live by itself as soon as it is approved. Returns whether this has stopped it.
        """
        comes = any(
            release.publish == "auto"
            for status in (*ACTIVE, Status.SUBMITTED)
            for release in self._store.find(wave=name, status=status)
        )
        if not comes and not self._store.tally(LIVE.counts(name)).going_on:
            return False
        return self._pauses.begin(LIVE.scope(name), being_reverted(name))

    @contextmanager
    def standing_still(self, name: str) -> Iterator[None]:
        """Nothing of the wave begins during the block, in which it is cancelled.

        Of several at once, the pause is that of the last one that began, which finds all that the others leave: they do not end it.
        """
        with self._still(name, FIRST), self._still(name, LIVE):
            yield

    @contextmanager
    def _still(self, name: str, half: Half) -> Iterator[None]:
        scope = half.scope(name)
        before = self._pauses.current(scope)
        pause = Pause(
            step=half.step,
            errmsg=f"wave {name} is being cancelled",
            remedy=remedies.BEING_CANCELLED(wave=quote(name)),
            order=uuid.uuid4().hex,
        )
        self._redis.sadd(half.watched, name)
        if not self._pauses.replace(scope, before, pause):
            raise ReleaseConflict("", f"wave {name} is being braked or let go at this moment; try again")
        try:
            yield
        except BaseException:
            self._pauses.replace(scope, pause, before)
            raise
        self._pauses.replace(scope, pause, None)

    def look(self) -> None:
        """Brake the waves that have to be, and let those go on whose canary went well."""
        if not self._redis.exists(*(half.watched for half in HALVES)):
            return
        if not self._redis.set(keys.WAVES_LOOKING, 1, nx=True, px=_LOOK_EVERY_MS):
            return
        for half in HALVES:
            for name in sorted(cast("set[str]", self._redis.smembers(half.watched))):
                self._look_at(name, half)

    def _look_at(self, name: str, half: Half) -> None:
        scope, state = half.scope(name), self.state(name, half)
        match self._judged(name, half, state):
            case GoOn() if self._pauses.replace(scope, state.pause, None):
                log.info("wave %s: its canary went well, %d releases go on", name, state.held)
            case Pause() as pause if pause != state.pause and self._pauses.replace(scope, state.pause, pause):
                log.log(logging.INFO if pause.asks else logging.WARNING, "%s", pause.errmsg)
                if state.held and not pause.asks:
                    # They waited for the canary. They come, meet the brake, and wait for that.
                    self._pauses.let_go(scope, even_if_on=True)
        self._pauses.let_go(scope)
        self._leave_wave(
            keys=[
                half.watched,
                half.counts(name),
                keys.held(scope),
                keys.CHANGED,
                keys.wave_counts(name),
                # A person lets publications go on: also those that are ordered when the first ones are live.
                *([keys.pause(scope)] if half is FIRST else []),
            ],
            args=[name, *sorted(ACTIVE)],
        )

    def _judged(self, name: str, half: Half, state: WaveState) -> GoOn | Pause | None:
        tally = self._store.tally(half.counts(name))
        if half is LIVE:
            is_judged = tally.broken and (state.pause is None or state.pause.canary)
            return judge_publications(
                name, state.policy, tally, state.pause, self._broken(name) if is_judged else None
            )
        if state.policy is None:
            return None
        return judge(name, state.policy, tally.counts, state.pause, held=state.held, started=tally.started)

    def _broken(self, name: str) -> Problem | None:
        """What is wrong with one of the wave that is live, and not as it should be."""
        blocked = self._store.find(wave=name, status=Status.BLOCKED)
        return next((release.block for release in blocked if release.step is Step.VERIFY_LIVE), None)
