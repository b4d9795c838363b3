"""Audits: how one may stand, what may be set of it, and the plan by which it is decided."""

from dataclasses import dataclass
from typing import Any

from simulator.control.patching import Setter, checked, integer, number, objects, text

PASSED, REJECTED, IN_REVIEW, WITHDRAWN, DELAYED = range(5)
#: Not decided yet.
OPEN = (IN_REVIEW, DELAYED)


@dataclass(slots=True)
class Audit:
    """One submission for audit."""

    auditid: int
    status: int
    user_version: str
    user_desc: str
    submit_audit_time: int
    reason: str = ""
    screenshot: str = ""
    committed_at: float = 0.0
    is_sped_up: bool = False
    #: A version is published once; then it takes another audit.
    is_released: bool = False

    @property
    def is_open(self) -> bool:
        """Tell whether it is still to be decided."""
        return self.status in OPEN

    @property
    def pictures(self) -> list[str]:
        """Give the media ids of the screenshots."""
        return [media_id for media_id in self.screenshot.split("|") if media_id]


def audit_status(value: Any) -> int:
    """Take one of the five states of an audit."""
    if value not in range(5):
        raise ValueError("expected 0 passed, 1 rejected, 2 in review, 3 withdrawn or 4 delayed")
    return integer(value)


PATCHABLE: dict[str, Setter] = {
    "status": audit_status,
    "reason": text,
    "screenshot": text,
    "user_version": text,
    "user_desc": text,
    "submit_audit_time": integer,
}
_PLANNED: dict[str, Setter] = {
    "after_s": number,
    **{name: PATCHABLE[name] for name in ("status", "reason", "screenshot")},
}


def plan(value: Any) -> list[dict[str, Any]]:
    """Take what becomes of an audit, one state after the other: `after_s` since the one before, `status` and the rest."""
    return [{"after_s": 0.0, "status": PASSED, **checked(step, _PLANNED)} for step in objects(value)]


def plan_or_none(value: Any) -> list[dict[str, Any]] | None:
    """Take a plan, or null."""
    return None if value is None else plan(value)


def verdict(audit: Audit, screenshot_name: str) -> dict[str, Any]:
    """Show how it stands: a reason where it was rejected or delayed, screenshots where it was rejected."""
    shown: dict[str, Any] = {"status": audit.status}
    if audit.status in (REJECTED, DELAYED):
        shown["reason"] = audit.reason
    if audit.status == REJECTED and audit.screenshot:
        shown[screenshot_name] = audit.screenshot
    return shown
