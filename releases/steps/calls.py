"""What the steps need of WeChat for one Mini Program. `wechat.mini_program.MiniProgram` is the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from wechat.domains import WEB_VIEW, Domains
from wechat.mini_program import (
    Action,
    AuditStatus,
    EarlierVersion,
    GrayPlan,
    LatestAudit,
    Quota,
    TrialVersion,
    Versions,
)


class MiniProgramCalls(Protocol):
    """Each method is one call; it raises Refused, Unanswered, DeadlineExceeded, or what a missing token raises."""

    appid: str

    def now(self) -> float:
        """WeChat's own time, in seconds since the epoch."""

    def take_turn(self, name: str) -> None:
        """Wait for the turn of the call that comes next; raises RateLimited."""

    def domains(self) -> Domains:
        """The server domains that are configured now."""

    def modify_domain(self, action: Action, domains: Domains | None = None) -> dict[str, Any]:
        """Read or change the server domains; returns the whole answer."""

    def commit(self, *, template_id: int, ext: Mapping[str, Any], user_version: str, user_desc: str) -> None:
        """Make this version of the template the trial version."""

    def submit_audit(self, audit: Mapping[str, Any]) -> int:
        """Submit the trial version; returns the audit id."""

    def trial_version(self) -> TrialVersion | None:
        """The trial version, None if there is none."""

    def latest_audit(self) -> LatestAudit | None:
        """The latest audit, None if there is none."""

    def audit(self, auditid: int) -> AuditStatus | None:
        """One audit by its id, None if this Mini Program has none of this id."""

    def withdraw_audit(self) -> None:
        """Withdraw the running audit; never repeated unread."""

    def versions(self) -> Versions:
        """The trial version and the live one."""

    def release(self) -> None:
        """Publish the version that was approved last, whichever that is."""

    def effective_domains(self) -> Domains:
        """The server domains that hold from the release on."""

    def web_view_domains(self) -> tuple[str, ...]:
        """The business domains that are configured now."""

    def add_web_view_domains(self, domains: Sequence[str]) -> None:
        """Configure more business domains."""

    def effective_web_view_domains(self) -> tuple[str, ...]:
        """The business domains that hold from the release on."""

    def earlier_versions(self) -> tuple[EarlierVersion, ...]:
        """The versions to which the Mini Program can be reverted; none after a revert."""

    def revert(self, app_version: int) -> None:
        """Make an earlier version the live one; never repeated unread."""

    def gray_plan(self) -> GrayPlan | None:
        """The gray release, running or over, None if there is none."""

    def privacy_info(self) -> dict[str, Any]:
        """Refused with 61039 while the scan after a commit is running."""

    def quota(self, path: str) -> Quota:
        """The real limits of one path."""

    def learn_rate(self, path: str) -> None:
        """WeChat refused a call for being too fast: ask for the limit, unless somebody has just done so."""


class DomainCalls(Protocol):
    """The calls for domains of one kind: a Mini Program's own ones are for server domains, those of `WebView` for the others."""

    def domains(self) -> Domains:
        """The domains that are configured now."""

    def modify_domain(self, action: Literal["add"], domains: Domains, /) -> dict[str, Any]:
        """Add domains; returns the whole answer."""

    def effective_domains(self) -> Domains:
        """The domains that hold from the release on."""


@dataclass(frozen=True, slots=True)
class WebView:
    """The calls for a Mini Program's business (web-view) domains, by the names of those for its server domains."""

    mini_program: MiniProgramCalls

    def domains(self) -> Domains:
        """The business domains that are configured now."""
        return Domains.of_web_view(self.mini_program.web_view_domains())

    def modify_domain(self, _action: Literal["add"], domains: Domains, /) -> dict[str, Any]:
        """Add business domains; the answer names none."""
        self.mini_program.add_web_view_domains(domains.lists[WEB_VIEW])
        return {}

    def effective_domains(self) -> Domains:
        """The business domains that hold from the release on."""
        return Domains.of_web_view(self.mini_program.effective_web_view_domains())
