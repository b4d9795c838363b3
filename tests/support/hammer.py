"""Twenty operators and orchestrators who do all that can be done to releases, at once and without sense."""

from __future__ import annotations

import random
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import redis

from config.settings import RedisSettings, Settings
from releases.errors import InvalidRequest, ReleaseConflict
from releases.intake.many import Conflicts
from releases.record import Release
from releases.request import ReleaseRequest, parse_request
from releases.scope import Scope
from releases.states import ACTIVE, Status
from releases.waves.brake import WavePolicy
from tasks.services import Services
from tests.support.invariants import broken
from tests.support.looks import Look
from tests.support.workers import Platform
from worker.app import create_app

THREADS = 20
#: Between two blows of a thread, in seconds: others have to run as well.
PACE_S = 0.02
#: So many releases are enough to hit.
MOST_RELEASES = 1500
#: Seconds between two looks at all that Redis holds.
LOOK_EVERY_S = 0.3
#: Problems that are kept: one mistake makes many.
_MOST_PROBLEMS = 20
_VERSIONS = ("1.0.0", "1.1.0", "2.0.0")
#: What a person is told who asks for what can't be.
_REFUSALS = (ReleaseConflict, InvalidRequest, Conflicts)


@dataclass
class Hammer:
    """What is hit, and what came of it."""

    platform: Platform
    services: Services
    client: redis.Redis
    appids: list[str]
    seed: int
    stopped: threading.Event = field(default_factory=threading.Event)
    problems: list[str] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    looks: int = 0
    last: Look | None = None
    _waves: Iterator[int] = field(default_factory=count)

    def look(self) -> Look:
        """Look at all that Redis holds, and note what is broken in it."""
        before, self.last = self.last, Look.at(self.client)
        self.looks += 1
        self.note(f"look {self.looks}: {problem}" for problem in broken(self.last, before))
        return self.last

    def note(self, problems: Iterable[str]) -> None:
        """Keep the first problems."""
        self.problems += [*problems][: max(0, _MOST_PROBLEMS - len(self.problems))]

    def watch(self) -> None:
        """Look until it is over."""
        while not self.stopped.wait(LOOK_EVERY_S):
            self.look()

    def strike(self, number: int) -> None:
        """One thread: a blow after the other until it is over. Any error but a refusal is a problem."""
        hand = _Hand(self, random.Random(f"{self.seed} {number}"))
        names = list(hand.blows)
        weights = [hand.blows[name][0] for name in names]
        while not self.stopped.wait(PACE_S):
            (name,) = hand.chance.choices(names, weights)
            try:
                hand.blows[name][1]()
                self.struck[name] += 1
            except _REFUSALS:
                self.struck[f"{name}, refused"] += 1
            except Exception:  # noqa: BLE001 - whatever it is, nobody may meet it
                self.note([f"{name}: {traceback.format_exc(limit=-6)}"])

    def let_all_go_on(self) -> None:
        """Remove whatever holds releases back: pauses, brakes, faults, and older releases under audit."""
        self.platform.let_go()
        self.platform.sim("POST", "audits", {"status": 1, "push": False})
        with self.platform.redis() as client:
            looks: Any = client.zrange("releases:due:looks", 0, -1)
            if looks:
                client.zadd("releases:due:looks", dict.fromkeys(looks, time.time()), xx=True, lt=True)
        for scope in Scope:
            self.services.pauses.lift(scope)
        for name in self.waves():
            self.services.waves.set_bound(name, 100)
            self.services.waves.let_go(name)

    def new_wave(self) -> str:
        """A name that no wave has."""
        return f"wave-{next(self._waves)}"

    def waves(self) -> list[str]:
        """The waves that there are."""
        keys: Any = self.client.keys("releases:wave:*")
        return [key.removeprefix("releases:wave:") for key in keys]


class _Hand:
    """The blows of one thread."""

    def __init__(self, hammer: Hammer, chance: random.Random) -> None:
        self._hammer = hammer
        self._services = hammer.services
        self.chance = chance
        self.blows: dict[str, tuple[int, Callable[[], object]]] = {
            "enqueue": (30, self._enqueue),
            "a wave": (4, self._wave),
            "cancel": (6, lambda: self._services.releases.cancel(self._any().id)),
            "resume": (16, lambda: self._services.releases.resume(self._any().id)),
            "a message too many": (8, lambda: self._services.due.send(self._any())),
            "pause": (2, lambda: self._services.pauses.begin_by_hand(self._scope(), "hammer")),
            "resume --platform": (6, lambda: self._services.pauses.lift(self._scope())),
            "a new ticket": (3, self._services.pauses.lift_for_ticket),
            "lift unless by hand": (3, lambda: self._services.pauses.lift_unless_by_hand(self._scope())),
            "resume --wave": (4, self._resume_wave),
            "another bound": (
                2,
                lambda: self._services.waves.set_bound(self._a_wave(), self.chance.choice((1, 50, 100))),
            ),
            "cancel --wave": (1, self._cancel_wave),
            "let a brake go": (3, lambda: self._services.waves.let_go(self._a_wave())),
            "bring what is due": (6, self._services.due.bring),
            "feed": (2, lambda: self._services.due.feed(100)),
            "send what was lost": (4, self._services.due.resend_lost),
            "look at the waves": (2, self._services.waves.look),
            "let some try": (2, self._services.timed_pauses.look),
            "store a result again": (2, lambda: self._services.store.tell(self._any().id)),
            "let held ones go": (2, lambda: self._services.pauses.let_go(self._scope())),
            "confirm": (2, lambda: self._services.store.confirm(self._any().id)),
        }

    def _request(self, appid: str, **fields: Any) -> ReleaseRequest:
        whole = self._hammer.platform.request(
            appid,
            user_version=self.chance.choice(_VERSIONS),
            supersede=self.chance.random() < 0.5,
            again=self.chance.random() < 0.5,
            urgent=self.chance.random() < 0.2,
            **fields,
        )
        return parse_request(whole)

    def _enqueue(self) -> None:
        if self._is_enough():
            return
        waves = [None, *self._hammer.waves()[:5]]
        request = self._request(self.chance.choice(self._hammer.appids), wave=self.chance.choice(waves))
        # As an orchestrator whose message comes twice.
        request_id = self.chance.choice((None, f"request-{self.chance.randrange(500)}"))
        for _ in range(self.chance.choice((1, 1, 2))):
            self._services.releases.enqueue(request, request_id)

    def _wave(self) -> None:
        if self._is_enough():
            return
        name = self._hammer.new_wave()
        requests = [
            self._request(appid, wave=name).model_copy(update={"supersede": True, "again": True})
            for appid in self.chance.sample(self._hammer.appids, 6)
        ]
        canary, bound = self.chance.choice((0, 1, 2)), self.chance.choice((0, 20, 100))
        policy = self.chance.choice((None, WavePolicy(canary=canary, max_blocked=bound)))
        self._services.batch.enqueue(requests, policy)
        self._services.due.feed(3)

    def _resume_wave(self) -> None:
        name = self._a_wave()
        for status in (Status.BLOCKED, Status.FAILED):
            for release in self._services.store.find(wave=name, status=status):
                self._services.releases.resume(release.id)
        self._services.waves.let_go(name)

    def _cancel_wave(self) -> None:
        name = self._a_wave()
        with self._services.waves.standing_still(name):
            for release in self._services.store.find(wave=name):
                if release.status in ACTIVE:
                    self._services.releases.cancel(release.id)

    def _scope(self) -> Scope:
        return self.chance.choice(list(Scope))

    def _a_wave(self) -> str:
        waves = self._hammer.waves()
        if not waves:
            raise ReleaseConflict("", "there is no wave yet")
        return self.chance.choice(waves)

    def _any(self) -> Release:
        """A release, most likely a new one."""
        newest: Any = self._hammer.client.zrange("releases:all", -60, -1)
        if not newest:
            raise ReleaseConflict("", "there is no release yet")
        return self._services.reader.get(self.chance.choice(newest))

    def _is_enough(self) -> bool:
        return int(self._hammer.client.zcard("releases:all")) >= MOST_RELEASES


@contextmanager
def hammer(platform: Platform, mini_programs: int, seed: int) -> Iterator[Hammer]:
    """Hit until the block ends; then all threads have ended."""
    settings = Settings(_env_file=None, redis=RedisSettings.model_validate({"url": platform.redis_url}))
    with create_app(settings) as app, platform.redis() as client, ThreadPoolExecutor(THREADS + 1) as pool:
        made = Hammer(platform, app.services, client, platform.mini_programs(mini_programs), seed)
        running = [pool.submit(made.watch), *(pool.submit(made.strike, n) for n in range(THREADS))]
        try:
            yield made
        finally:
            made.stopped.set()
        for thread in running:
            thread.result(60)
