"""What the steps need of WeChat for one Mini Program. `wechat.mini_program.MiniProgram` is the real one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from wechat.domains import Domains
from wechat.mini_program import Action, LatestAudit, Quota, TrialVersion


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

    def privacy_info(self) -> dict[str, Any]:
        """Refused with 61039 while the scan after a commit is running."""

    def quota(self, path: str) -> Quota:
        """The real limits of one path."""

    def learn_rate(self, path: str) -> None:
        """WeChat refused a call for being too fast: ask for the limit, unless somebody has just done so."""
