"""Random walks through all that can be done to releases: after each step all that has to be true is true."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import count

import pytest
import redis

from db.database import Database
from releases.background.due import Due
from releases.errors import InvalidRequest, ReleaseConflict
from releases.intake.many import Batch, Conflicts
from releases.intake.one import Releases
from releases.record import Release
from releases.results import Outcomes
from releases.scope import Scope
from releases.states import ACTIVE, GOING_ON
from releases.steps.attempt import Attempt
from releases.store.leases import Held, Leases
from releases.store.pauses import Paused, Pauses
from releases.store.records import LeaseLost, RecordChanged, ReleaseStore
from releases.waves.brake import WavePolicy
from releases.waves.waves import Waves
from tests.support.examples import NOW, a_problem, a_request
from tests.support.invariants import broken
from tests.support.looks import Look

STEPS = 200
APPIDS = [f"wx{n:016d}" for n in range(4)]


class Walk:
    """Chooses what is done next."""

    def __init__(
        self,
        client: redis.Redis,
        *,
        chance: random.Random,
        store: ReleaseStore,
        releases: Releases,
        pauses: Pauses,
        leases: Leases,
        due: Due,
    ) -> None:
        self._client, self._chance, self._store = client, chance, store
        self._releases, self._pauses, self._leases, self._due = releases, pauses, leases, due
        self._waves = Waves(Database(client), store=store, pauses=pauses)
        self._batch = Batch(store=store, releases=releases)
        self._attempts: list[Attempt] = []
        self._number = 2
        self.steps: list[tuple[float, Callable[[], object]]] = [
            (3, self._enqueue),
            (0.5, self._wave),
            (1, lambda: releases.cancel(self._any().id)),
            (4, lambda: releases.resume(self._any().id)),
            (10, self._begin),
            (12, self._end_an_attempt),
            (1, self._die),
            (0.5, lambda: pauses.begin_by_hand(self._scope(), "")),
            (4, lambda: pauses.lift(self._scope())),
            (2, due.bring),
            (1, due.resend_lost),
            (2, self._look_at_waves),
            (1, lambda: pauses.let_try(self._scope(), [self._any().id])),
            (1, lambda: self._waves.let_go(self._a_wave())),
            (0.3, self._cancel_wave),
            (1, lambda: store.told(self._any().id)),
        ]

    def step(self) -> None:
        """Do something, which may be refused."""
        (do,) = self._chance.choices([do for _, do in self.steps], [weight for weight, _ in self.steps])
        with suppress(InvalidRequest, ReleaseConflict, Conflicts, RecordChanged, IndexError):
            do()

    def _enqueue(self) -> None:
        flags = {name: self._chance.random() < 0.3 for name in ("supersede", "again")}
        wave = self._chance.choice((None, "wave-1", "wave-2"))
        urgent = self._chance.random() < 0.3
        version = self._chance.choice("123")
        request = a_request(
            appid=self._chance.choice(APPIDS), user_version=version, wave=wave, urgent=urgent, **flags
        )
        self._releases.enqueue(request)

    def _wave(self) -> None:
        # Sometimes the last one once more, which begins anew.
        self._number += self._chance.random() < 0.7
        wave, canary = f"wave-{self._number}", self._chance.choice((0, 1, 2))
        version = self._chance.choice("123")
        requests = [
            a_request(appid=appid, user_version=version, wave=wave, supersede=True, again=True)
            for appid in APPIDS
        ]
        self._batch.enqueue(requests, WavePolicy(canary=canary, max_blocked=self._chance.choice((0, 100))))

    def _begin(self) -> None:
        release = self._any()
        lease = self._leases.begin(release.id, release.appid)
        if isinstance(lease, Held):
            attempt = Attempt(lease, store=self._store, now=lambda: NOW)
            self._attempts.append(attempt)
            if lease.stored.release.status not in GOING_ON:
                self._finish(attempt, lambda: None)
                return
            try:
                attempt.start(interrupted=False)
            except Paused as paused:
                self._finish(attempt, partial(attempt.hold, paused.scope, paused.pause))
            except (RecordChanged, LeaseLost):
                self._finish(attempt, lambda: None)

    def _end_an_attempt(self) -> None:
        attempt = self._chance.choice(self._attempts)
        problem = a_problem(errcode=self._chance.choice((None, 85017)))
        pause = self._pauses.current(Scope.ALL)
        later = NOW + timedelta(seconds=60)
        ends: list[Callable[[], object]] = [
            *[lambda: attempt.submitted(7, "submitted")] * 3,
            lambda: attempt.block(problem),
            lambda: attempt.fail(problem),
            lambda: attempt.wait_until(later, problem, attempt.release.progress),
            lambda: attempt.commit_again("another"),
            lambda: attempt.wait_for(Scope.ALL, pause, None) if pause else attempt.wait_on(),
            lambda: None,
        ]
        if attempt.release.step.next:
            ends += [lambda: attempt.done("done", runs_on=False), attempt.pass_on]
        self._finish(attempt, self._chance.choice(ends))

    def _finish(self, attempt: Attempt, end: Callable[[], object]) -> None:
        """As `Steps` does it."""
        self._attempts.remove(attempt)
        with suppress(LeaseLost):
            try:
                end()
            except RecordChanged:
                attempt.note_cancelled()
            finally:
                if not attempt.ended:
                    self._leases.end(attempt.release.id, attempt.release.appid, attempt.lease)

    def _die(self) -> None:
        """A worker's lease ends by its time."""
        self._client.delete(f"lease:{self._attempts[0].release.appid}")

    def _look_at_waves(self) -> None:
        self._client.delete("waves:looking")
        self._waves.look()

    def _cancel_wave(self) -> None:
        name = self._a_wave()
        with self._waves.standing_still(name):
            for release in self._store.find(wave=name):
                if release.status in ACTIVE:
                    self._releases.cancel(release.id)

    def _scope(self) -> Scope:
        return self._chance.choice(list(Scope))

    def _a_wave(self) -> str:
        return f"wave-{self._chance.randint(1, self._number + 1)}"

    def _any(self) -> Release:
        """One of the newest."""
        return self._chance.choice([*self._store.find()][-8:])


@pytest.mark.parametrize("seed", range(5))
def test_after_each_step_of_a_random_walk_all_is_as_it_has_to_be(
    seed: int,
    redis_client: redis.Redis,
    store: ReleaseStore,
    outcomes: Outcomes,
    pauses: Pauses,
    leases: Leases,
    due: Due,
) -> None:
    ticks = count()
    releases = Releases(
        store=store,
        send=due.send,
        outcomes=outcomes,
        pauses=pauses,
        now=lambda: NOW + timedelta(milliseconds=next(ticks)),
    )
    walk = Walk(
        redis_client,
        chance=random.Random(seed),
        store=store,
        releases=releases,
        pauses=pauses,
        leases=leases,
        due=due,
    )
    before = Look.at(redis_client)
    for number in range(STEPS):
        walk.step()
        after = Look.at(redis_client)
        assert broken(after, before) == [], number
        before = after
    assert len(before.records) > len(APPIDS)
