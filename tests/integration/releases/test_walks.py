"""Random walks through all that can be done to releases: after each step all that has to be true is true, and in the end
nothing was left behind.

By hand with more of them: `WALK_SEEDS=200 pytest -n 2 tests/integration/releases/test_walks.py`.
"""

from __future__ import annotations

import os
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
from releases.intake.orders import Orders
from releases.intake.publications import Publications
from releases.record import Release
from releases.scope import Scope, live_scope, wave_scope
from releases.states import ACTIVE, LOOKED_AT, TO_AUDIT, Status, Step
from releases.steps.admission import Admission, admit
from releases.steps.attempt import Attempt
from releases.steps.live.times import Times
from releases.steps.look import Look
from releases.steps.preflight import Preflight
from releases.store import keys
from releases.store.actions import Actions
from releases.store.leases import Held, Leases
from releases.store.pauses import Paused, Pauses
from releases.store.places import Lane, Place
from releases.store.records import LeaseLost, RecordChanged, ReleaseStore
from releases.waves.audit_quota import AuditQuotas
from releases.waves.brake import WavePolicy
from releases.waves.waves import Waves
from tests.integration.releases.second_half_walks import End, SecondHalf
from tests.support.examples import NOW, a_problem, a_request
from tests.support.invariants import broken, left_behind
from tests.support.looks import Look as AllKeys
from wechat.mini_program import AuditQuota

STEPS = int(os.environ.get("WALK_STEPS", "200"))
SEEDS = range(int(os.environ.get("WALK_SEEDS", "3")))
_OVER = {Status.CANCELLED, Status.REPLACED, Status.REVERTED}
#: Whose turn has come, or comes by a lease's end: not those that are looked at when there is time.
_SOON = {keys.sent(urgent=True), keys.sent(urgent=False), keys.due(Lane.URGENT), keys.due(Lane.BEGUN)}
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
        half: SecondHalf,
    ) -> None:
        self._half = half
        self._client, self._chance, self._store = client, chance, store
        self._releases, self._pauses, self._leases, self._due = releases, pauses, leases, due
        self._waves = Waves(Database(client), store=store, pauses=pauses)
        self._batch = Batch(store=store, releases=releases)
        self._attempts: list[Attempt] = []
        self._number = 2
        self.steps: list[tuple[float, Callable[[], object]]] = [
            (6, self._enqueue),
            (0.3, self._wave),
            (0.7, lambda: releases.cancel(self._any().id)),
            (4, lambda: releases.resume(self._any().id)),
            (10, self._begin),
            (25, lambda: self._go_well(self._any())),
            (16, self._end_an_attempt),
            (1, self._die),
            (0.5, lambda: pauses.begin_by_hand(self._scope(), "")),
            (4, lambda: pauses.lift(self._scope())),
            (2, due.bring),
            (1, due.resend_lost),
            (2, self._look_at_waves),
            (1, lambda: pauses.let_try(self._scope(), [self._any().id])),
            (1, lambda: self._waves.let_go(self._a_wave())),
            (0.1, self._cancel_wave),
            (1, lambda: store.tell(self._any().id)),
            (3, lambda: half.order(self._any())),
            (1.5, lambda: half.revert(self._any())),
            (1, lambda: half.withdraw(self._any())),
            (1, lambda: half.publish_wave(self._a_wave())),
            (0.3, lambda: half.order_wave(self._a_wave())),
            (2, lambda: half.push(self._any().appid)),
        ]

    def step(self) -> None:
        """Do something, which may be refused."""
        (do,) = self._chance.choices([do for _, do in self.steps], [weight for weight, _ in self.steps])
        with suppress(InvalidRequest, ReleaseConflict, Conflicts, RecordChanged, IndexError):
            do()

    def _enqueue(self) -> None:
        often = {"supersede": 0.2, "again": 0.6, "withdraw": 0.3}
        flags = {name: self._chance.random() < chance for name, chance in often.items()}
        publish = self._chance.choice(("manual", "manual", "auto"))
        wave = self._chance.choice((None, "wave-1", "wave-2"))
        urgent = self._chance.random() < 0.3
        version = self._chance.choice("12345")
        request = a_request(
            appid=self._chance.choice(APPIDS),
            user_version=version,
            wave=wave,
            urgent=urgent,
            publish=publish,
            **flags,
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
        # Mostly the message that it is to get, sometimes one that means nothing.
        step = release.message_step if self._chance.random() < 0.9 else self._chance.choice(list(Step))
        lease = self._leases.begin(release.id, release.appid)
        if not isinstance(lease, Held):
            return
        kind = Look if step is Step.WATCH_AUDIT else Attempt
        attempt = kind(lease, store=self._store, now=lambda: NOW)
        self._attempts.append(attempt)
        match admit(attempt.release, step, release.appid, NOW):
            case Admission.RUN:
                self._start(attempt)
            case Admission.PASS:
                self._finish(attempt, attempt.pass_on)
            case Admission.EARLY:
                self._finish(attempt, attempt.wait_on)
            case _:
                self._finish(attempt, lambda: None, back=attempt.stood)

    def _start(self, attempt: Attempt) -> None:
        try:
            attempt.start()
        except Paused as paused:
            self._finish(attempt, partial(attempt.hold, paused.scope, paused.pause))
        except (RecordChanged, LeaseLost):
            self._finish(attempt, lambda: None)

    def _end_an_attempt(self) -> None:
        attempt = self._chance.choice(self._attempts)
        problem = a_problem(errcode=self._chance.choice((None, 85017)), step=attempt.release.step)
        pause = self._pauses.current(Scope.ALL)
        later = NOW + timedelta(seconds=60)
        ends: list[End] = [
            lambda: attempt.block(problem),
            lambda: attempt.fail(problem),
            lambda: attempt.wait_until(later, problem, attempt.release.progress),
            lambda: attempt.wait_for(Scope.ALL, pause, None) if pause else attempt.wait_on(),
            lambda: None,
        ]
        if isinstance(attempt, Look):
            ends += self._half.looks(attempt)
        else:
            ends += (
                self._ends_well(attempt) * 3 if attempt.release.step in TO_AUDIT else self._half.ends(attempt)
            )
        self._finish(attempt, self._chance.choice(ends))

    def _ends_well(self, attempt: Attempt) -> list[End]:
        ends: list[End] = [
            attempt.pass_on,
            partial(attempt.done, "done", runs_on=False),
            partial(self._run_on, attempt),
        ]
        match attempt.release.step:
            case Step.ENSURE_DOMAINS:
                return ends
            case Step.SUBMIT_AUDIT:
                ends = [partial(attempt.submitted, 7, "submitted")] * 3
                ends.append(partial(attempt.go_back, Step.COMMIT_CODE, "replaced", foreign="another"))
        return [partial(self._half.way_made, attempt, end) for end in ends]

    def _run_on(self, attempt: Attempt) -> None:
        attempt.done("done", runs_on=True)
        self._attempts.append(attempt)
        self._start(attempt)

    def _finish(self, attempt: Attempt, end: Callable[[], object], back: Place | None = None) -> None:
        """As `Steps` does it."""
        self._attempts.remove(attempt)
        with suppress(LeaseLost):
            try:
                end()
            except RecordChanged:
                attempt.note_cancelled()
            finally:
                if not attempt.is_over and attempt not in self._attempts:
                    self._leases.end(attempt.release.id, attempt.release.appid, attempt.lease, back=back)

    def _die(self) -> None:
        """A worker's lease ends by its time."""
        self._client.delete(f"lease:{self._attempts[0].release.appid}")

    def settle(self) -> None:
        """Drive all to its end: no pause is on, everything goes well, and a person goes on with what stands still."""
        while self._attempts:
            self._finish(self._attempts[0], lambda: None)
        for _ in range(60):
            for scope in (*Scope, *self._scopes()):
                self._pauses.lift(scope)
                self._pauses.let_go(scope)
            self._client.delete(keys.LOOKS_PACE)
            self._due.bring()
            found = [*self._store.find()]
            for release in found:
                if self._client.hget(keys.record(release.id), "place") in _SOON:
                    self._go_well(release)
            for release in found:
                self._half.help(release)

    def _scopes(self) -> list[str]:
        waves = self._store.waves()
        return [scope(wave) for wave in waves for scope in (wave_scope, live_scope)]

    def _go_well(self, release: Release) -> None:
        """Its message comes, if it is to have one, and all goes well."""
        lease = self._leases.begin(release.id, release.appid) if release.status in LOOKED_AT else None
        if not isinstance(lease, Held):
            return
        kind = Look if lease.stored.release.status is Status.SUBMITTED else Attempt
        attempt = kind(lease, store=self._store, now=lambda: NOW)
        self._attempts.append(attempt)
        try:
            attempt.start()
        except Paused as paused:
            self._finish(attempt, partial(attempt.hold, paused.scope, paused.pause))
        else:
            self._finish(attempt, partial(self._half.end_well, attempt))

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
        """One of the newest, mostly one with which something can still be done."""
        newest = [*self._store.find()][-20:]
        alive = [one for one in newest if one.status not in _OVER]
        return self._chance.choice(alive if alive and self._chance.random() < 0.9 else newest)


def orders_of(client: redis.Redis, store: ReleaseStore, releases: Releases, pauses: Pauses) -> Orders:
    """What people order for many at once."""
    preflight = Preflight(
        client, read_pool=lambda: None, read_jump_pool=lambda: None, read_templates=lambda: None
    )
    return Orders(
        store=store,
        releases=releases,
        waves=Waves(Database(client), store=store, pauses=pauses),
        pauses=pauses,
        preflight=preflight,
        audit_quotas=AuditQuotas(client, ask=lambda _: AuditQuota(1, 1), newest_appids=list),
        times=Times(),
        actions=Actions(Database(client)),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_after_each_step_of_a_random_walk_all_is_as_it_has_to_be(
    seed: int,
    redis_client: redis.Redis,
    store: ReleaseStore,
    pauses: Pauses,
    leases: Leases,
    due: Due,
) -> None:
    ticks = count()
    releases = Releases(
        store=store,
        send=due.send,
        pauses=pauses,
        now=lambda: NOW + timedelta(milliseconds=next(ticks)),
    )
    chance = random.Random(seed)
    half = SecondHalf(
        redis_client,
        chance=chance,
        store=store,
        releases=releases,
        publications=Publications(store=store, send=due.send, now=releases.now),
        orders=orders_of(redis_client, store, releases, pauses),
        pauses=pauses,
    )
    walk = Walk(
        redis_client,
        chance=chance,
        half=half,
        store=store,
        releases=releases,
        pauses=pauses,
        leases=leases,
        due=due,
    )
    before = AllKeys.at(redis_client)
    for number in range(STEPS):
        walk.step()
        after = AllKeys.at(redis_client)
        assert broken(after, before) == [], number
        before = after
    assert len(before.records) > len(APPIDS)

    walk.settle()

    assert broken(AllKeys.at(redis_client)) == []
    assert left_behind(AllKeys.at(redis_client)) == []
