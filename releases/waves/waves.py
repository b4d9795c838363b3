"""Waves: many releases under one name, with a canary and a brake where the operator wants them.

The releases that wait for the canary, or that a brake stopped, are held by a pause whose scope is the wave, as the
platform's pauses hold theirs. Any worker may look after the waves; one at a time does.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from shlex import quote
from typing import cast

from redis.client import Pipeline

from db.database import Database
from releases import remedies
from releases.errors import ReleaseConflict
from releases.scope import wave_scope
from releases.states import ACTIVE, Step
from releases.store import keys
from releases.store.creations import Opening
from releases.store.pauses import Pause, Pauses
from releases.store.records import ReleaseStore
from releases.waves.brake import GoOn, WavePolicy, canary_pause, judge

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

    def state(self, name: str) -> WaveState:
        """How the wave stands."""
        raw = self._redis.get(keys.wave_policy(name))
        scope = wave_scope(name)
        return WaveState(
            policy=None if raw is None else WavePolicy.model_validate_json(str(raw)),
            pause=self._pauses.current(scope),
            held=int(self._redis.zcard(keys.held(scope))),
        )

    def set_bound(self, name: str, max_blocked: float) -> None:
        """From now on the wave stops at so many per cent blocked or failed."""
        policy = self.state(name).policy or WavePolicy(max_blocked=max_blocked)
        changed = policy.model_copy(update={"max_blocked": max_blocked})

        def change(pipe: Pipeline) -> None:
            pipe.set(keys.wave_policy(name), changed.model_dump_json())
            pipe.sadd(keys.WATCHED_WAVES, name)
            self._announce_wave(keys=[keys.CHANGED, keys.wave_counts(name)], args=[name], client=pipe)

        self._db.write(change)

    def let_go(self, name: str) -> bool:
        """A person lets a braked wave go on; True if it was braked. A canary is not cut short by that."""
        pause = self._pauses.current(wave_scope(name))
        if pause is None or pause.canary:
            return False
        return self._pauses.lift(wave_scope(name))

    @contextmanager
    def standing_still(self, name: str) -> Iterator[None]:
        """Nothing of the wave begins during the block, in which it is cancelled."""
        scope = wave_scope(name)
        before = self._pauses.current(scope)
        pause = Pause(
            step=Step.ENSURE_DOMAINS,
            errmsg=f"wave {name} is being cancelled",
            remedy=remedies.BEING_CANCELLED(wave=quote(name)),
        )
        self._redis.sadd(keys.WATCHED_WAVES, name)
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
        if not self._redis.exists(keys.WATCHED_WAVES):
            return
        if not self._redis.set(keys.WAVES_LOOKING, 1, nx=True, px=_LOOK_EVERY_MS):
            return
        for name in sorted(cast("set[str]", self._redis.smembers(keys.WATCHED_WAVES))):
            self._look_at(name)

    def _look_at(self, name: str) -> None:
        scope, state, tally = wave_scope(name), self.state(name), self._store.wave_tally(name)
        if state.policy is not None:
            match judge(
                name, state.policy, tally.counts, state.pause, held=state.held, started=tally.started
            ):
                case GoOn() if self._pauses.replace(scope, state.pause, None):
                    log.info("wave %s: its canary went well, %d releases go on", name, state.held)
                case Pause() as pause if self._pauses.replace(scope, state.pause, pause):
                    log.warning("%s", pause.errmsg)
                    if state.held:
                        # They waited for the canary. They come, meet the brake, and wait for that.
                        self._pauses.let_go(scope, even_if_on=True)
        self._pauses.let_go(scope)
        self._leave_wave(
            keys=[
                keys.WATCHED_WAVES,
                keys.wave_counts(name),
                keys.held(scope),
                keys.pause(scope),
                keys.CHANGED,
            ],
            args=[name, *sorted(ACTIVE)],
        )
