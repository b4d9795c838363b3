"""The second half of a release to test with: one that was approved, what its steps wrote down, and what WeChat says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from releases.record import Progress, Release
from releases.second_half import Publication
from releases.states import Status, Step
from tests.support.examples import NOW, a_release
from wechat.domains import Domains
from wechat.mini_program import EarlierVersion, LatestAudit, LiveVersion, Versions

AUDIT = 2**60 + 1
#: When the release was intended to be published, by WeChat's clock.
INTENT = 1000.0
LISTS = {"requestdomain": ["https://api.example.com"], "uploaddomain": ["https://up.example.com"]}
WANTED = Domains.wanted(LISTS)
HOSTS = ("api.example.com", "up.example.com")
CONFIGURED = {**LISTS, "tcpdomain": ["tcp://merchants.example.cn"]}
PASSED = LatestAudit(auditid=AUDIT, status=0, version="1.4.2", desc="faster", submit_time=900.0)


def ordered(step: Step = Step.PUBLISH, **progress: Any) -> Release:
    """A release that was ordered to go live, and is at that step."""
    return a_release(
        step=step,
        status=Status.RUNNING,
        auditid=AUDIT,
        publication=Publication(ordered_at=NOW),
        progress=Progress(orders=1, **progress),
    )


def shown(version: str = "1.4.2", desc: str = "faster", time: float = INTENT) -> Versions:
    """What WeChat says is live."""
    return Versions(trial=None, live=LiveVersion(version, desc, time))


NOTHING_LIVE = Versions(trial=None, live=None)
OLD = shown("1.4.1", "slower", INTENT - 5000)


def earlier(app_version: int, version: str, desc: str = "", commit_time: float = 0) -> EarlierVersion:
    return EarlierVersion(app_version, version, desc, commit_time)


class NotedSteps:
    """What a step wrote down, in order. WeChat has been late for `late_s` seconds."""

    def __init__(self, late_s: float = 0.0) -> None:
        self.noted: list[tuple[str, Any]] = []
        self.late_s = late_s
        self.lease = 7

    def publish(self, at: float) -> None:
        self.noted.append(("publish", at))

    def published(self, at: float) -> None:
        self.noted.append(("published", at))

    def dropped(self, domains: Mapping[str, list[str]] | None) -> None:
        self.noted.append(("dropped", domains))

    def intend(self, **facts: Any) -> None:
        self.noted.append(("intend", facts))

    def know(self, **facts: Any) -> None:
        self.noted.append(("know", facts))

    def late(self) -> float:
        self.noted.append(("late", None))
        return self.late_s
