"""Requests and releases to test with: valid, and each test says what is different."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from releases.record import Problem, Release
from releases.request import ReleaseRequest, parse_request

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
APPID = "wx0123456789abcdef"
FIELDS: dict[str, Any] = {"appid": APPID, "template_id": 12, "user_version": "1.4.2", "user_desc": "faster"}


def a_request(**different: Any) -> ReleaseRequest:
    return parse_request({**FIELDS, **different})


def a_release(request: ReleaseRequest | None = None, **different: Any) -> Release:
    return Release.of(request or a_request(), NOW).model_copy(update=different)


def a_problem(**different: Any) -> Problem:
    facts = {"step": "ensure_domains", "errmsg": "domain not registered", "remedy": "Register it."}
    return Problem(**{**facts, **different})
