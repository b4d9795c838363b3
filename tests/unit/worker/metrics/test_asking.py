from __future__ import annotations

from collections.abc import Sequence

import pytest
import redis

from wechat.errors import NotAuthorized
from wechat.mini_program import AuditQuota
from worker.metrics.asking import Answers, Asking

APPIDS = [f"wx{number:016x}" for number in range(4)]


class World:
    """Two workers, some Mini Programs, and a WeChat that tells its quota, or does not."""

    def __init__(self) -> None:
        self.appids = APPIDS
        self.tells = True
        self.asked: list[list[str]] = []
        self.is_away = False
        self.now = 1e6

    def workers(self) -> int:
        if self.is_away:
            raise redis.ConnectionError("away")
        return 2

    def newest(self, number: int) -> list[str]:
        return self.appids[:number]

    def audit_quota(self, appids: Sequence[str]) -> AuditQuota:
        self.asked.append(list(appids))
        if not self.tells:
            raise NotAuthorized(appids[-1])
        return AuditQuota(7, 100)

    def asking(self) -> Asking:
        return Asking(
            workers=self.workers, appids=self.newest, audit_quota=self.audit_quota, clock=lambda: self.now
        )


@pytest.fixture
def world() -> World:
    return World()


def test_workers_and_wechat_are_asked(world: World) -> None:
    asked = world.asking()
    asked.ask()
    assert (asked.answers.workers, asked.answers.quota) == (2, AuditQuota(7, 100))


def test_wechat_is_asked_once_in_ten_minutes(world: World) -> None:
    asked = world.asking()
    for _ in range(5):
        asked.ask()
    assert len(world.asked) == 1
    world.now += 599
    asked.ask()
    assert len(world.asked) == 1
    world.now += 1
    asked.ask()
    assert len(world.asked) == 2


def test_wechat_that_refuses_is_left_alone_for_ten_minutes_too(world: World) -> None:
    world.tells = False
    asked = world.asking()
    asked.ask()
    asked.ask()
    assert world.asked == [APPIDS[:3]]
    assert asked.answers.quota is None


def test_wechat_is_asked_as_soon_as_there_is_a_mini_program_to_ask_with(world: World) -> None:
    world.appids = []
    asked = world.asking()
    asked.ask()
    world.appids = APPIDS
    asked.ask()
    assert asked.answers.quota == AuditQuota(7, 100)


def test_without_redis_nobody_says_how_many_workers_there_are(world: World) -> None:
    asked = world.asking()
    asked.ask()
    world.is_away = True
    asked.ask()
    assert asked.answers.workers is None
    assert asked.answers.quota == AuditQuota(7, 100)


def test_without_credentials_wechat_is_not_asked(world: World) -> None:
    asked = Asking(workers=world.workers, appids=world.newest, audit_quota=None)
    asked.ask()
    assert asked.answers == Answers(workers=2)
