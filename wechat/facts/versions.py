"""Versions: the trial version, the live one, and those that can come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wechat.facts.missing import missing
from wechat.values import integer, text, time_s


@dataclass(frozen=True, slots=True)
class TrialVersion:
    """exp_info: what stands as the trial version now; `time` is WeChat's, in seconds, 0 if unknown."""

    version: str
    desc: str
    time: float


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """release_info: what users get; `version` and `desc` may be empty beside a time, in seconds, 0 if unknown."""

    version: str
    desc: str
    time: float


@dataclass(frozen=True, slots=True)
class Versions:
    """Both, as one answer told them; None where there is none."""

    trial: TrialVersion | None
    live: LiveVersion | None


@dataclass(frozen=True, slots=True)
class EarlierVersion:
    """One to which the Mini Program can be reverted. Two may bear the same `version`: `app_version` tells them apart."""

    app_version: int
    version: str
    desc: str
    commit_time: float


def trial_version(answer: Mapping[str, Any]) -> TrialVersion | None:
    """Read getversioninfo's exp_info."""
    told = _told(answer, "exp")
    return told and TrialVersion(*told)


def live_version(answer: Mapping[str, Any]) -> LiveVersion | None:
    """Read getversioninfo's release_info."""
    told = _told(answer, "release")
    return told and LiveVersion(*told)


def earlier_versions(answer: Mapping[str, Any]) -> tuple[EarlierVersion, ...]:
    """Read the list of get_history_version; it is empty after a revert."""
    rows = answer.get("version_list")
    if not isinstance(rows, list):
        raise missing("revertcoderelease", "no version_list")
    return tuple(_earlier(row) for row in rows)


def _told(answer: Mapping[str, Any], kind: str) -> tuple[str, str, float] | None:
    info = answer.get(f"{kind}_info")
    if not info:
        return None
    fields = info if isinstance(info, dict) else {}
    version, time = text(fields.get(f"{kind}_version")), time_s(fields.get(f"{kind}_time"))
    if not version and not time:
        what = f"an {kind}_info" if kind == "exp" else f"a {kind}_info"
        raise missing("getversioninfo", f"{what} without {kind}_version and {kind}_time")
    return version, text(fields.get(f"{kind}_desc")), time


def _earlier(row: Any) -> EarlierVersion:
    fields = row if isinstance(row, dict) else {}
    app_version = integer(fields.get("app_version"))
    if app_version is None:
        raise missing("revertcoderelease", "a version without an app_version")
    return EarlierVersion(
        app_version,
        text(fields.get("user_version")),
        text(fields.get("user_desc")),
        time_s(fields.get("commit_time")),
    )
