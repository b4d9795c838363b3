"""A Mini Program that runs: its gray release, whether it is open, and its filing with the regulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wechat.facts.missing import missing
from wechat.values import integer, text, time_s

#: getvisitstatus: suspended, by whomever, and open.
_VISIT = {0: False, 1: True}


@dataclass(frozen=True, slots=True)
class GrayPlan:
    """A gray release. `status`: 0 initial, 1 running, 2 paused, 3 done, 4 deleted; `created_at` in seconds, 0 if unknown."""

    status: int
    percentage: int
    created_at: float


@dataclass(frozen=True, slots=True)
class Filing:
    """The ICP filing. `status`: 2 and 4 under review, 3 and 5 rejected, 6 filed, 1024 and more: not filed.

    `problems` is what WeChat names to be set right.
    """

    status: int
    problems: tuple[str, ...]


def gray_plan(answer: Mapping[str, Any]) -> GrayPlan | None:
    """Read getgrayreleaseplan; without a plan it is absent or empty."""
    plan = answer.get("gray_release_plan")
    if not plan:
        return None
    fields = plan if isinstance(plan, dict) else {}
    status, percentage = integer(fields.get("status")), integer(fields.get("gray_percentage"))
    if status is None or percentage is None:
        raise missing("getgrayreleaseplan", "a plan without status and gray_percentage")
    return GrayPlan(status, percentage, time_s(fields.get("create_timestamp")))


def is_open(answer: Mapping[str, Any]) -> bool:
    """Read getvisitstatus."""
    status = integer(answer.get("status"))
    if status is None or status not in _VISIT:
        raise missing("getvisitstatus", "no status that is 0 or 1")
    return _VISIT[status]


def filing(answer: Mapping[str, Any]) -> Filing:
    """Read get_icp_entrance_info."""
    info = answer.get("info")
    fields = info if isinstance(info, dict) else {}
    status = integer(fields.get("status"))
    if status is None:
        raise missing("get_icp_entrance_info", "no info with a status")
    audits = fields.get("audit_data")
    rows = [row for row in audits if isinstance(row, dict)] if isinstance(audits, list) else []
    return Filing(status, tuple(filter(None, map(_problem, rows))))


def _problem(row: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (text(row.get("error")), text(row.get("suggest")))))
