"""Where a row runs: a Redis that can be broken, the simulator, two workers, and a wave to feed them."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from config.settings import RedisSettings, Settings
from releases.figures import UNACKNOWLEDGED
from releases.record import Release
from releases.request import parse_request
from releases.states import AT_REST, GOING_ON, Status
from releases.store import keys
from releases.store.leases import MARGIN_S
from tests.faults.fleet import Fleet, fleet
from tests.support.unacknowledged import INDEX, let_messages_age
from tests.support.workers import Platform, Server, platform
from worker.app import ReleaseCelery, create_app

#: Runs a Redis in a directory, for the length of a block.
Serve = Callable[[Path], AbstractContextManager[Server]]

QUEUE = "releases"
#: The calls that change what users get.
PUBLISHING = ("release", "revertcoderelease")
STEP_DEADLINE_S = 10
#: So long is a lease: whoever had it and died keeps its release no longer.
LEASE_S = STEP_DEADLINE_S + MARGIN_S
#: What a killed worker had goes on when the lease has ended and another worker has looked.
GOES_ON_S = LEASE_S + 3
#: After the last injection the wave has so long to end; what has not ended then is lost.
PATIENCE_S = 150.0
#: What nobody has stored for five seconds, the workers store.
_RESULTS_WITHIN_S = 15.0
_ENVIRONMENT = {
    "MPRELEASE_RETRY__WAIT_INITIAL_S": "0.1",
    "MPRELEASE_RETRY__WAIT_MAX_S": "0.5",
    "MPRELEASE_WORKER__STEP_DEADLINE_S": str(STEP_DEADLINE_S),
}


@dataclass
class World:
    """What a row's injections act on, and what is known of its wave."""

    platform: Platform
    server: Server
    fleet: Fleet
    app: ReleaseCelery
    appids: list[str]
    chance: random.Random = field(default_factory=random.Random)
    accepted: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    is_flooded: bool = False
    at_once: int = 0
    late: int = 0
    needed_commits: int = 0
    began: float = 0.0
    patience_s: float = PATIENCE_S
    #: What the requests have beside what each of them has.
    fields: Mapping[str, Any] = field(default_factory=dict)
    #: How a Mini Program's release is to end, where that is not under audit; which calls are to take effect, and how often.
    ends: dict[str, Status] = field(default_factory=dict)
    wanted: dict[str, Mapping[str, int]] = field(default_factory=dict)
    done_wrongly: int = 0
    #: The audits of somebody else.
    theirs: set[int] = field(default_factory=set)

    @property
    def still_to_feed(self) -> list[str]:
        """The Mini Programs whose release has not been enqueued yet."""
        return self.appids[len(self.accepted) :]

    def feed(self, number: int | None = None) -> None:
        """Enqueue so many more releases, or all that are left."""
        self.began = self.began or time.monotonic()
        for appid in self.still_to_feed[:number]:
            enqueued = self.app.services.releases.enqueue(
                parse_request(self.platform.request(appid, **self.fields))
            )
            self.accepted.append(enqueued.release.id)

    def in_portions(self, times: int) -> Iterator[int]:
        """Feed the wave in so many portions, and give the turn while each of them is being worked on."""
        portion = max(1, len(self.appids) // times)
        for turn in range(times):
            self.feed(None if turn == times - 1 else portion)
            self.wait(lambda: self.number_of(Status.RUNNING) or not self.number_of(*GOING_ON), 10)
            time.sleep(self.chance.uniform(0, 0.3))
            yield turn

    def number_of(self, *statuses: Status) -> int:
        """How many releases are in one of these statuses; 0 while Redis does not answer."""
        try:
            with self.platform.redis() as client:
                return sum(int(client.zcard(keys.by_status(status))) for status in statuses)
        except redis.RedisError:
            return 0

    def wait_for_share(self, share: float) -> None:
        """Wait until this share of the releases is submitted."""
        self.wait(lambda: self.number_of(Status.SUBMITTED) >= share * len(self.appids), self.patience_s)

    def wait_until_ended(self) -> float:
        """Wait until no release goes on any more; returns the seconds since the first was enqueued."""
        self.wait(self._has_ended, self.patience_s)
        return time.monotonic() - self.began

    def wait_until_silent(self) -> None:
        """Wait until no worker that lives has a message: one that comes late could still do something twice."""
        if not self.wait(self._is_silent, LEASE_S + 10):
            with self.platform.redis() as client:
                left = f"{client.llen(QUEUE)} in the queue, {client.hlen(UNACKNOWLEDGED)} unacknowledged"
            self.notes.append(f"messages are left: {left}")

    def deliver_what_the_dead_had(self) -> None:
        """Let the messages that killed workers took come again now, and not in five minutes; none may change anything."""
        with self.platform.redis() as client:
            left = int(client.hlen(UNACKNOWLEDGED))
            if left:
                let_messages_age(client)
                self.wait(lambda: not client.hlen(UNACKNOWLEDGED) and not client.llen(QUEUE), 30)
                self.notes.append(f"{left} messages that killed workers had taken came again in the end")

    def records(self) -> list[Release | None]:
        """The records of all that was accepted; None for one that is gone."""
        stored = self.app.services.store.get_many(self.accepted)
        return [found.release if found is not None else None for found in stored]

    def results_missing(self) -> int:
        """How many of the releases at rest have no result in the end."""
        with self.platform.redis() as client:
            at_rest = [found for found in self.records() if found is not None and found.status in AT_REST]
            # What was ordered to go live has a second one.
            results = [[_result(one) for one in (found.id, found.publication_id) if one] for found in at_rest]
            self.wait(lambda: all(client.exists(*each) == len(each) for each in results), _RESULTS_WITHIN_S)
            return sum(client.exists(*each) < len(each) for each in results)

    def calls(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        """The calls that WeChat got."""
        query = {"endpoint": endpoint} if endpoint else {}
        found: list[dict[str, Any]] = self.platform.sim("GET", "calls", **query)["calls"]
        return found

    def commits_too_many(self) -> int:
        """Applied commits beyond one per Mini Program, and those that the fault has made necessary."""
        applied = Counter(call["appid"] for call in self.calls("commit") if call["applied"])
        return max(0, sum(number - 1 for number in applied.values()) - self.needed_commits)

    def submitted_twice(self) -> int:
        """Submissions that reached WeChat after one had been applied for the same Mini Program."""
        return int(self.platform.sim("GET", "state")["totals"]["submitted_after_applied"])

    def audits(self) -> dict[str, list[dict[str, Any]]]:
        """The audits at WeChat that are not somebody else's, by appid."""
        minis = self.platform.sim("GET", "state")["miniprograms"]
        return {
            appid: [audit for audit in minis[appid]["audits"] if audit["auditid"] not in self.theirs]
            for appid in self.appids
        }

    def effects(self, endpoint: str) -> int:
        """How often such a call has changed something so far."""
        return sum(
            int(live["effects"].get(endpoint, 0)) for live in self.platform.sim("GET", "live").values()
        )

    def published_wrongly(self) -> int:
        """Publications and ways back that took effect without need or came after one that had, whatever WeChat answered."""
        again = Counter[tuple[str, str]]()
        applied = set()
        for call in self.calls():
            what = call["appid"], call["endpoint"]
            if call["endpoint"] in PUBLISHING and not call["action"]:
                again[what] += what in applied
                applied |= {what} if call["applied"] else set()
        live = self.platform.sim("GET", "live")
        too_many: list[int] = [
            max(
                again[appid, endpoint],
                live[appid]["effects"].get(endpoint, 0) - self._wanted(appid, endpoint),
            )
            for appid in self.appids
            for endpoint in PUBLISHING
        ]
        return self.done_wrongly + sum(too_many)

    def published_seldom(self) -> int:
        """Those that were to take effect and did not."""
        live = self.platform.sim("GET", "live")
        return sum(
            live[appid]["effects"].get(endpoint, 0) < self._wanted(appid, endpoint)
            for appid in self.appids
            for endpoint in PUBLISHING
        )

    def _wanted(self, appid: str, endpoint: str) -> int:
        return self.wanted.get(appid, {}).get(endpoint, 0)

    @staticmethod
    def wait(what: Callable[[], object], patience_s: float) -> bool:
        """Wait for a condition; whether it came true in time."""
        deadline = time.monotonic() + patience_s
        while not what():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def _has_ended(self) -> bool:
        try:
            with self.platform.redis() as client:
                return not any(client.zcard(keys.by_status(status)) for status in GOING_ON)
        except redis.RedisError:
            return False

    def _is_silent(self) -> bool:
        """A worker has a message no longer than a lease; what was taken before, was taken by one that is dead."""
        with self.platform.redis() as client:
            seconds, _ = client.time()
            return not client.llen(QUEUE) and not client.zcount(INDEX, seconds - LEASE_S, "+inf")


def _result(release_id: str) -> str:
    return f"celery-task-meta-{release_id}"


@contextmanager
def world(
    serve: Serve,
    directory: Path,
    releases: int,
    command: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[World]:
    """Everything for one row, in a directory of its own; all is stopped after the block."""
    with ExitStack() as stack:
        server = stack.enter_context(serve(directory / "redis"))
        options = ("--latency-ms", "20", "--scan-s", "0.2")
        made = stack.enter_context(platform(directory, *options, server=server))
        made.environment.update({**_ENVIRONMENT, **(environment or {})})
        appids = made.mini_programs(releases)
        yield World(made, server, stack.enter_context(fleet(made, command)), app_on(server), appids)


def app_on(server: Server) -> ReleaseCelery:
    """An app to enqueue with: a client of its own."""
    redis_settings = RedisSettings.model_validate({"url": server.url, "master_name": server.master_name})
    return create_app(Settings(_env_file=None, redis=redis_settings))
