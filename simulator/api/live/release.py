"""release and revertcoderelease: what is live for all users, and its way back."""

from dataclasses import asdict
from typing import Any

from simulator.api.endpoint import Call
from simulator.api.errors import WeChatError
from simulator.world.audits import PASSED
from simulator.world.versions import BY_RELEASE, BY_REVERT, RUNNING, Version, revertible

LISTING = "get_history_version"


def release(call: Call) -> dict[str, Any]:
    """Bring the approved version to all users. Nothing in the call says which: it is whichever passed last."""
    mini, audits = call.mini, call.mini.audits
    if call.world.platform.release_takes == "passed":
        audits = [audit for audit in audits if audit.status == PASSED] or audits
    if not audits:
        raise WeChatError(85019)
    if audits[-1].status != PASSED:
        raise WeChatError(85020)
    if audits[-1].is_released:
        raise WeChatError(85052)
    call.world.publish(mini, audits[-1], by=BY_RELEASE)
    mini.effects["release"] += 1
    return {}


def revertcoderelease(call: Call) -> dict[str, Any]:
    """Bring an earlier version back, once; with `action`, which may be misread, only list those that could be."""
    mini, action = call.mini, call.query.get("action")
    if action is not None:
        return _listed(call, action)
    if mini.gray and mini.gray.status == RUNNING:
        raise WeChatError(87011)
    call.world.go_live(mini, _wanted(revertible(mini.versions), call.query.get("app_version")), by=BY_REVERT)
    mini.effects["revertcoderelease"] += 1
    return {}


def _listed(call: Call, action: str) -> dict[str, Any]:
    if action != LISTING:
        raise WeChatError(40097)
    kept = (asdict(version) for version in revertible(call.mini.versions))
    names = ("app_version", "user_version", "user_desc")
    return {
        "version_list": [
            {**{name: one[name] for name in names}, "commit_time": int(one["committed_at"])} for one in kept
        ]
    }


def _wanted(kept: list[Version], app_version: str | None) -> Version:
    if app_version is not None and not app_version.isdecimal():
        raise WeChatError(40097)
    chosen = [one for one in kept if app_version is None or one.app_version == int(app_version)]
    if not chosen:
        raise WeChatError(87012)
    return chosen[-1]
