"""People who are told: a teller over a real Redis, three robots over real HTTP, and one clock for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import redis

from config.sections.notify import NotifySettings
from db.database import Database
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.notices.facts import ENDED_FOR_S, Facts
from releases.notices.following import Following
from releases.notices.memory import Memory
from releases.notices.stopped import StoppedReleases
from releases.notices.teller import EVERY_S, Teller
from releases.reading import Reader
from releases.record import Release
from releases.second_half import Review, ReviewStatus
from releases.states import Status, Step
from releases.store.records import ReleaseStore
from tests.integration.conftest import Clock
from tests.integration.releases.intake.test_many import some_requests
from tests.integration.releases.together import brought_to
from tests.support.examples import a_problem
from tests.support.robots import PATHS, SECRET, Groups, telling
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TokenStore
from worker.wiring import robots_of, voice_of

PAGE = "https://releases.example.com"


@dataclass
class World:
    """What a test does, and what people are told of it."""

    clock: Clock
    groups: Groups
    store: ReleaseStore
    releases: Releases
    tokens: TokenStore
    make: Callable[..., Teller]
    teller: Teller

    def told(self, channel: str = "wecom", teller: Teller | None = None) -> list[str]:
        """What a channel is told from now on: what holds does so for long, and the minutes pass."""
        before = len(self.groups.messages[channel])
        looking = teller or self.teller
        for _ in range(3):
            looking.look()
            self.clock.passes(max(ENDED_FOR_S, EVERY_S) + 1)
        return self.groups.texts(channel)[before:]

    def wave(
        self, number: int = 5, wave: str | None = "spring", *, start: int = 0, **fields: Any
    ) -> list[Release]:
        """New releases, of a wave or of none, of the Mini Programs from that one on."""
        batch = Batch(store=self.store, releases=self.releases)
        requests = some_requests(start + number, wave=wave, **fields)[start:]
        return [one.release for one in batch.enqueue(requests)]

    def audited(self, releases: Sequence[Release], status: Status, reason: str | None = None) -> None:
        """Their audits are decided, or open again."""
        verdict = ReviewStatus.REJECTED if status is Status.REJECTED else ReviewStatus.APPROVED
        review = Review(status=verdict, reason=reason, submitted_at=self.clock(), decided_at=self.clock())
        self.come(releases, status, step=Step.SUBMIT_AUDIT, auditid=7, review=review)

    def come(self, releases: Sequence[Release], status: Status, **state: Any) -> None:
        """They come to a state."""
        for release in releases:
            brought_to(self.store, release, status=status, updated_at=self.clock(), **state)

    def blocked(self, releases: Sequence[Release], step: Step, **why: Any) -> None:
        """They are blocked at a step."""
        self.come(releases, Status.BLOCKED, step=step, block=a_problem(step=step, **why))


@pytest.fixture
def groups(clock: Clock) -> Iterator[Groups]:
    with telling(lambda: clock().timestamp()) as made:
        yield made


@pytest.fixture
def world(
    redis_client: redis.Redis,
    clock: Clock,
    groups: Groups,
    store: ReleaseStore,
    reader: Reader,
    releases: Releases,
) -> World:
    """With a ticket, and a teller that has looked at the empty platform."""
    tokens = TokenStore(Database(redis_client), Seal())
    tokens.put_ticket("ticket@@@of-tests")

    def make(*channels: str, language: str = "en", page_url: str = PAGE, **different: Any) -> Teller:
        names = channels or tuple(PATHS)
        settings = {
            **{f"{name}_url": groups.url(name) for name in names},
            **{f"{name}_secret": SECRET for name in names if name != "wecom"},
            "language": language,
            "page_url": page_url,
            **different,
        }
        checked = NotifySettings.model_validate(settings)
        voice, now = voice_of(checked), lambda: clock().timestamp()
        return Teller(
            memory=Memory(redis_client),
            following=Following(redis_client, store),
            facts=Facts(redis_client, reader=reader, voice=voice, ticket_age_s=tokens.ticket_age_s),
            stopped=StoppedReleases(redis_client, store, voice),
            robots=robots_of(checked, now),
            now=now,
        )

    teller = make()
    teller.look()
    assert groups.asked == []
    return World(clock, groups, store, releases, tokens, make, teller)
