"""WeChat's side of one Mini Program, scripted: each call takes its next answer, and is noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from wechat.domains import Domains
from wechat.errors import NotAuthorized, RateLimited, Refused, Unanswered
from wechat.http.deadline import Deadline
from wechat.mini_program import Action, AuditQuota, LatestAudit, Quota, TrialVersion


class FakeMiniProgram:
    """Implements `MiniProgramCalls`. Answers are given by call; an exception among them is raised. A call too many fails the test.

    `turn` is raised by a call that waits for its turn.
    """

    def __init__(self, *, now: float = 1000.0, turn: RateLimited | None = None, **answers: list[Any]) -> None:
        self.appid = "wx0123456789abcdef"
        self.calls: list[str] = []
        self.added: list[dict[str, list[str]]] = []
        self.committed: list[dict[str, Any]] = []
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
    """What a step wrote down, in order; `has_seen_trial` says that the commit was answered under the same lease."""

    def __init__(self, *, has_seen_trial: bool = False) -> None:
        self.noted: list[tuple[str, float | None]] = []
        self.has_seen_trial = has_seen_trial

    def commit(self, at: float) -> None:
        self.noted.append(("commit", at))

    def committed(self, until: float, *, is_seen: bool = True) -> None:
        self.noted.append(("committed" if is_seen else "committed, unseen", until))

    def measured(self, exp_time: float) -> None:
        self.noted.append(("measured", exp_time))

    def forget_commit(self) -> None:
        self.noted.append(("forget_commit", None))

    def submit(self, at: float) -> None:
        self.noted.append(("submit", at))

    def forget_submission(self) -> None:
        self.noted.append(("forget_submission", None))


def refused(errcode: int, errmsg: str = "no", rid: str | None = "1-2-3", **fields: object) -> Refused:
    return Refused("/wxa/call", errcode, errmsg, rid, dict(fields))


def unanswered() -> Unanswered:
    return Unanswered("/wxa/call", "cut connection")


class FakeWeChat:
    """As the steps see it: one Mini Program, scripted."""

    def __init__(self) -> None:
        self.scripted = FakeMiniProgram()
        self.templates: tuple[int, ...] | None = None

    def answers(self, **answers: Any) -> None:
        self.scripted = FakeMiniProgram(**answers)

    def mini_program(self, appid: str, deadline: Deadline) -> FakeMiniProgram:
        return self.scripted

    def registered_hosts(self) -> tuple[str, ...] | None:
        return None

    def audit_quota(self, appids: Sequence[str]) -> AuditQuota:
        raise NotAuthorized(appids[0])
