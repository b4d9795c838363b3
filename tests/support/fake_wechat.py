"""WeChat's side of one Mini Program, scripted: each call takes its next answer, and is noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from wechat.domains import Domains
from wechat.errors import NotAuthorized, RateLimited, Refused, Unanswered
from wechat.http.deadline import Deadline
from wechat.mini_program import (
    Action,
    AuditQuota,
    AuditStatus,
    EarlierVersion,
    GrayPlan,
    LatestAudit,
    Quota,
    TrialVersion,
    Versions,
)

#: The number of the lease under which WeChat has said that the trial version is ours.
LEASE = 7


class FakeMiniProgram:
    """Implements `MiniProgramCalls`. Answers are given by call; an exception among them is raised. A call too many fails the test.

    `turn` is raised by a call that waits for its turn.
    """

    def __init__(self, *, now: float = 1000.0, turn: RateLimited | None = None, **answers: list[Any]) -> None:
        self.appid = "wx0123456789abcdef"
        self.calls: list[str] = []
        self.added: list[dict[str, list[str]]] = []
        self.added_web_view: list[list[str]] = []
        self.committed: list[dict[str, Any]] = []
        self.reverted_to: list[int] = []
        self._turn = turn
        self._now = now
        self._answers = answers

    def now(self) -> float:
        return self._now

    def take_turn(self, name: str) -> None:
        if self._turn is not None:
            raise self._turn

    def learn_rate(self, path: str) -> None:
        self.calls.append(f"learn the rate of {path}")

    def modify_domain(self, action: Action, domains: Domains | None = None) -> dict[str, Any]:
        if action == "add" and domains is not None:
            self.added.append(domains.as_dict())
        return dict(self._answer(action))

    def domains(self) -> Domains:
        return Domains.answered(self.modify_domain("get"))

    def quota(self, path: str) -> Quota:
        return cast("Quota", self._answer("quota"))

    def commit(self, **fields: Any) -> None:
        self.committed.append(fields)
        self._answer("commit")

    def submit_audit(self, audit: Mapping[str, Any]) -> int:
        return int(self._answer("submit_audit"))

    def trial_version(self) -> TrialVersion | None:
        answer: TrialVersion | None = self._answer("trial_version")
        return answer

    def latest_audit(self) -> LatestAudit | None:
        answer: LatestAudit | None = self._answer("latest_audit")
        return answer

    def audit(self, auditid: int) -> AuditStatus | None:
        return cast("AuditStatus | None", self._answer("audit"))

    def withdraw_audit(self) -> None:
        self._answer("withdraw_audit")

    def versions(self) -> Versions:
        return cast("Versions", self._answer("versions"))

    def release(self) -> None:
        self._answer("release")

    def effective_domains(self) -> Domains:
        return cast("Domains", self._answer("effective_domains"))

    def web_view_domains(self) -> tuple[str, ...]:
        return tuple(self._answer("web_view_domains"))

    def add_web_view_domains(self, domains: Sequence[str]) -> None:
        self.added_web_view.append([*domains])
        self._answer("add_web_view_domains")

    def effective_web_view_domains(self) -> tuple[str, ...]:
        return tuple(self._answer("effective_web_view_domains"))

    def earlier_versions(self) -> tuple[EarlierVersion, ...]:
        return tuple(self._answer("earlier_versions"))

    def revert(self, app_version: int) -> None:
        self.reverted_to.append(app_version)
        self._answer("revert")

    def gray_plan(self) -> GrayPlan | None:
        return cast("GrayPlan | None", self._answer("gray_plan"))

    def privacy_info(self) -> dict[str, Any]:
        return dict(self._answer("privacy_info"))

    def _answer(self, call: str) -> Any:
        self.calls.append(call)
        assert self._answers.get(call), f"{call} was not expected after {self.calls[:-1]}"
        answer = self._answers[call].pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class NotedIntents:
    """What a step wrote down, in order. Without `has_seen_trial` its lease is another than `LEASE`."""

    def __init__(self, *, has_seen_trial: bool = False) -> None:
        self.noted: list[tuple[str, dict[str, Any]]] = []
        self.lease = LEASE if has_seen_trial else LEASE + 1

    def intend(self, **facts: Any) -> None:
        self.noted.append(("intend", facts))

    def know(self, **facts: Any) -> None:
        self.noted.append(("know", facts))


def refused(errcode: int, errmsg: str = "no", rid: str | None = "1-2-3", **fields: object) -> Refused:
    return Refused("/wxa/call", errcode, errmsg, rid, dict(fields))


def unanswered() -> Unanswered:
    return Unanswered("/wxa/call", "cut connection")


class FakeWeChat:
    """As the steps see it: one Mini Program, scripted."""

    def __init__(self) -> None:
        self.scripted = FakeMiniProgram()
        self.templates: tuple[int, ...] | None = None
        self.hosts: tuple[str, ...] | None = None
        self.jump_hosts: tuple[str, ...] | None = None

    def answers(self, **answers: Any) -> None:
        self.scripted = FakeMiniProgram(**answers)

    def mini_program(self, appid: str, deadline: Deadline) -> FakeMiniProgram:
        return self.scripted

    def registered_hosts(self) -> tuple[str, ...] | None:
        return self.hosts

    def registered_jump_hosts(self) -> tuple[str, ...] | None:
        return self.jump_hosts

    def audit_quota(self, appids: Sequence[str]) -> AuditQuota:
        raise NotAuthorized(appids[0])
