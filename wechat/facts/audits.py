"""Audits: the latest one, one by its id, and how many may be submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wechat.facts.missing import missing
from wechat.values import integer, text, time_s


@dataclass(frozen=True, slots=True)
class LatestAudit:
    """The audit that was submitted last, by whomever. `status`: 0 passed, 1 rejected, 2 in review, 3 withdrawn, 4 delayed.

    `reason` is WeChat's HTML (`wechat.reasons`), `screenshots` are media ids; both may be empty.
    """

    auditid: int
    status: int
    version: str
    desc: str
    submit_time: float
    reason: str = ""
    screenshots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditStatus:
    """One audit by its id; WeChat names no version there. The fields are those of LatestAudit."""

    status: int
    reason: str = ""
    screenshots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditQuota:
    """The submissions that the provider may make, all its Mini Programs together: what is left, and of how many."""

    rest: int
    limit: int


def latest_audit(answer: Mapping[str, Any]) -> LatestAudit:
    """Read get_latest_auditstatus. That there is none is said by an errcode; believing it otherwise submits a second time."""
    auditid, status = integer(answer.get("auditid")), integer(answer.get("status"))
    if auditid is None or auditid <= 0 or status is None:
        raise missing("get_latest_auditstatus", "no auditid and status")
    return LatestAudit(
        auditid=auditid,
        status=status,
        version=text(answer.get("user_version")),
        desc=text(answer.get("user_desc")),
        submit_time=time_s(answer.get("submit_audit_time")),
        reason=text(answer.get("reason")),
        screenshots=_screenshots(answer),
    )


def audit_status(answer: Mapping[str, Any]) -> AuditStatus:
    """Read get_auditstatus."""
    status = integer(answer.get("status"))
    if status is None:
        raise missing("get_auditstatus", "no status")
    return AuditStatus(status, text(answer.get("reason")), _screenshots(answer))


def audit_quota(answer: Mapping[str, Any]) -> AuditQuota:
    """Read queryquota."""
    rest, limit = integer(answer.get("rest")), integer(answer.get("limit"))
    if rest is None or limit is None:
        raise missing("queryquota", "no rest and limit")
    return AuditQuota(rest, limit)


def _screenshots(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The media ids, joined with `|`; the page says screenshot, its sample ScreenShot."""
    joined = text(answer.get("screenshot")) or text(answer.get("ScreenShot"))
    return tuple(media_id.strip() for media_id in joined.split("|") if media_id.strip())
