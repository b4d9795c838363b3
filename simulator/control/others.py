"""What somebody else does to a Mini Program: commits, submits, gets approved, publishes a version."""

from typing import Any

from simulator.control.order import Order, mini_of
from simulator.control.patching import PatchError, Setter, checked, one_of, text
from simulator.world.audits import IN_REVIEW, PASSED, Audit
from simulator.world.miniprogram import MiniProgram, Trial
from simulator.world.versions import BY_OTHERS
from simulator.world.world import World

#: How far they get; each includes those before it.
STAGES = ("committed", "submitted", "passed", "live")

_FIELDS: dict[str, Setter] = {
    "appid": text,
    "user_version": text,
    "user_desc": text,
    "up_to": one_of(*STAGES),
}


def act(world: World, order: Order) -> Any:
    """Let somebody else bring a version so far; without `user_version`, publish what has passed last."""
    return [_act(world, checked(wanted, _FIELDS)) for wanted in order.each]


def _act(world: World, wanted: dict[str, Any]) -> dict[str, Any]:
    mini = mini_of(world, wanted.get("appid"))
    stage = STAGES.index(wanted.get("up_to", "live"))
    audit = _submitted(world, mini, wanted, stage) if "user_version" in wanted else mini.latest_audit
    if stage == STAGES.index("live"):
        if audit is None or audit.status != PASSED:
            raise PatchError(f"{mini.appid}: nothing has passed that could be published")
        world.publish(mini, audit, by=BY_OTHERS)
    return {"appid": mini.appid, "auditid": audit.auditid if audit else None}


def _submitted(world: World, mini: MiniProgram, wanted: dict[str, Any], stage: int) -> Audit | None:
    now = world.clock.now()
    desc = wanted.get("user_desc", "by somebody else")
    mini.trial = Trial(wanted["user_version"], desc, now)
    if stage == STAGES.index("committed"):
        return None
    audit = Audit(
        auditid=world.next_auditid(),
        status=IN_REVIEW,
        user_version=mini.trial.user_version,
        user_desc=desc,
        submit_audit_time=int(now),
        committed_at=now,
    )
    mini.audits.append(audit)
    return world.decide(mini, audit, {"status": PASSED}) if stage >= STAGES.index("passed") else audit
