"""Audits: submitting, asking, undoing, speeding up, and the provider's quota."""

from typing import Any

from simulator.api.audit_items import check_submission
from simulator.api.code import check_code, check_scan
from simulator.api.endpoint import Call
from simulator.api.errors import WeChatError
from simulator.world.audits import IN_REVIEW, WITHDRAWN, Audit, verdict
from simulator.world.miniprogram import MiniProgram, described

MAX_UNDOS_A_DAY = 5
MAX_UNDOS_A_MONTH = 10


def submit_audit(call: Call) -> dict[str, Any]:
    """Submit the committed code; the privacy scan must be done and no other version in review."""
    mini, world = call.mini, call.world
    check_submission(call.body, mini)
    check_code(call)
    if not mini.profile_complete:
        raise WeChatError(86002)
    check_scan(call)
    if mini.under_audit:
        raise WeChatError(85009)
    _check_privacy(call.body, mini)
    if _quota_left(call) <= 0:
        raise WeChatError(85085)
    audit = _submission(call)
    mini.audits.append(audit)
    mini.effects["submit_audit"] += 1
    world.submitted[world.clock.month()] += 1
    world.follow_plan(mini, audit)
    return {"auditid": audit.auditid}


def get_latest_auditstatus(call: Call) -> dict[str, Any]:
    """Show the newest submission, whoever made it; 85058 where nothing was ever submitted through a third party."""
    latest = call.mini.latest_audit
    if latest is None:
        raise WeChatError(85058)
    return {
        "auditid": latest.auditid,
        **verdict(latest, call.mini.screenshot_name),
        "user_version": latest.user_version,
        **described(call.mini, "user_desc", latest.user_desc),
        "submit_audit_time": latest.submit_audit_time,
    }


def get_auditstatus(call: Call) -> dict[str, Any]:
    """Show one submission by its id, a JSON number."""
    wanted = call.body.get("auditid")
    for audit in call.mini.audits:
        if type(wanted) is int and audit.auditid == wanted:
            return verdict(audit, call.mini.screenshot_name)
    raise WeChatError(85012)


def undocodeaudit(call: Call) -> dict[str, Any]:
    """Withdraw the version in review; a few times a day and a month only."""
    mini, latest = call.mini, call.mini.latest_audit
    if latest is None or not mini.under_audit:
        raise WeChatError(85012)
    _spend_undo(call)
    latest.status = WITHDRAWN
    mini.effects["undocodeaudit"] += 1
    return {}


def speedupaudit(call: Call) -> dict[str, Any]:
    """Put an open audit before the others; so many a month for the whole provider."""
    wanted, world = call.body.get("auditid"), call.world
    audit = next((a for a in call.mini.audits if type(wanted) is int and a.auditid == wanted), None)
    if audit is None or not audit.is_open:
        raise WeChatError(89402)
    if audit.is_sped_up:
        raise WeChatError(89404)
    if _speedups_left(call) <= 0:
        raise WeChatError(89405)
    audit.is_sped_up = True
    world.sped_up[world.clock.month()] += 1
    call.mini.effects["speedupaudit"] += 1
    return {}


def queryquota(call: Call) -> dict[str, Any]:
    """Tell how many submissions the provider has left this month."""
    return {
        "rest": max(0, _quota_left(call)),
        "limit": call.world.platform.audit_quota,
        "speedup_rest": max(0, _speedups_left(call)),
        "speedup_limit": call.world.platform.speedup_quota,
    }


def _submission(call: Call) -> Audit:
    trial, world = call.mini.trial, call.world
    if trial is None:
        raise WeChatError(call.mini.no_code_errcode)
    return Audit(
        auditid=world.next_auditid(),
        status=IN_REVIEW,
        user_version=trial.user_version,
        user_desc=trial.user_desc,
        submit_audit_time=int(world.clock.now()),
        committed_at=trial.committed_at,
    )


def _check_privacy(body: dict[str, Any], mini: MiniProgram) -> None:
    declared_unused = body.get("privacy_api_not_use") is True
    if mini.without_auth_list or (mini.without_conf_list and not declared_unused):
        raise WeChatError(61040)


def _quota_left(call: Call) -> int:
    world = call.world
    return world.platform.audit_quota - world.submitted[world.clock.month()]


def _speedups_left(call: Call) -> int:
    world = call.world
    return world.platform.speedup_quota - world.sped_up[world.clock.month()]


def _spend_undo(call: Call) -> None:
    mini, clock = call.mini, call.world.clock
    month = clock.month()
    if mini.undos_month != month:
        mini.undos_month, mini.undone_at_days = month, []
    today = mini.undone_at_days.count(clock.day())
    if today >= MAX_UNDOS_A_DAY or len(mini.undone_at_days) >= MAX_UNDOS_A_MONTH:
        raise WeChatError(87013)
    mini.undone_at_days.append(clock.day())
