"""The gray release: an approved version for a part of the users."""

from typing import Any

from simulator.api.endpoint import Call
from simulator.api.errors import WeChatError
from simulator.world.audits import PASSED, Audit
from simulator.world.versions import DELETED, RUNNING, GrayPlan

MAX_PERCENTAGE = 100


def grayrelease(call: Call) -> dict[str, Any]:
    """Begin a gray release, or widen the one that runs."""
    mini = call.mini
    percentage, debuggers, experiencers = _wanted(call.body)
    audit = _approved(call)
    running = mini.gray if mini.gray and mini.gray.status == RUNNING else None
    if running and running.auditid == audit.auditid:
        if percentage <= running.gray_percentage:
            raise WeChatError(85082)
        running.gray_percentage = percentage
    else:
        now = int(call.world.clock.now())
        mini.gray = GrayPlan(audit.auditid, now, percentage, debuggers, experiencers)
    mini.effects["grayrelease"] += 1
    return {}


def getgrayreleaseplan(call: Call) -> dict[str, Any]:
    """Show the plan; the documents don't say what comes where there never was one: here, an answer without it."""
    plan = call.mini.gray
    return {"gray_release_plan": plan.shown()} if plan else {}


def revertgrayrelease(call: Call) -> dict[str, Any]:
    """End the plan that runs; its users go back to the version before."""
    plan = call.mini.gray
    if plan and plan.status == RUNNING:
        plan.status = DELETED
        call.mini.effects["revertgrayrelease"] += 1
    return {}


def _wanted(body: dict[str, Any]) -> tuple[int, bool, bool]:
    percentage = body.get("gray_percentage")
    debuggers, experiencers = (
        body.get(name) is True for name in ("support_debuger_first", "support_experiencer_first")
    )
    if percentage is None or (percentage == 0 and not (debuggers or experiencers)):
        raise WeChatError(40097)
    if type(percentage) is not int or not 0 <= percentage <= MAX_PERCENTAGE:
        raise WeChatError(85081)
    return percentage, debuggers, experiencers


def _approved(call: Call) -> Audit:
    mini, latest = call.mini, call.mini.latest_audit
    if not mini.profile_complete:
        raise WeChatError(86002)
    if mini.live is None:
        raise WeChatError(85079)
    if latest is None or latest.status != PASSED or latest.is_released:
        raise WeChatError(85080)
    return latest
