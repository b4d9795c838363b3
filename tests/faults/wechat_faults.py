"""WeChat's answers get lost, are nonsense, or refuse all tokens."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from releases.states import Status
from tests.faults.world import World

SHARE = 0.2
#: So long does a release wait for its scan, and come back to find whose version is there.
_LONG_SCAN_S = 3.0
_SCAN_RUNS = 61039
_THEIRS = {"exp_version": "9.9.9", "exp_desc": "uploaded by somebody else"}
#: Beyond the workers' read timeout of 2 seconds.
_TOO_SLOW_S = 3.0
_BAD_ANSWERS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 502, "apply": True},
    {"kind": "html"},
    {"kind": "errcode", "errcode": -1},
    {"kind": "delay", "seconds": _TOO_SLOW_S},
    {"kind": "delay_before", "seconds": _TOO_SLOW_S},
)
#: What stands where WeChat's answer should; of some calls nothing was applied, of some all.
_NO_ERRCODE: tuple[dict[str, Any], ...] = (
    {"body": "{}"},
    {"body": '{"errmsg":"system error"}', "apply": True},
    {"body": '{"code":50000,"message":"upstream failed"}'},
    {"body": '{"code":0,"data":{"errcode":0,"errmsg":"ok"}}', "apply": True},
    {"body": '{"errcode":null,"errmsg":"ok"}'},
    {"body": '{"code":403}', "status": 403},
)
#: So many of the commits and submissions are announced by interim answers.
_INTERIM_SHARE = 0.5
_INTERIM: tuple[dict[str, Any], ...] = (
    {"endpoint": "commit", "interim": [103], "seconds": 1.0},
    {"endpoint": "submit_audit", "interim": [102, 102, 103], "seconds": 1.0},
    {"endpoint": "commit", "interim": [102], "seconds": _TOO_SLOW_S},
    {"endpoint": "submit_audit", "interim": [103, 102], "seconds": _TOO_SLOW_S},
)


def _each(faults: Sequence[dict[str, Any]], share: float) -> list[dict[str, Any]]:
    """Each kind is drawn by itself, one after the other; together they hit this share of the calls."""
    probability = 1 - (1 - share) ** (1 / len(faults))
    return [{**fault, "times": -1, "probability": probability} for fault in faults]


def cut_after_applied(world: World) -> int:
    """The connection is cut after commit, and after submit, were applied: once for every release."""
    # While a scan runs, the submission that is cut would be one that was refused.
    world.platform.sim("POST", "platform", {"scan_s": 0})
    faults = [
        {"appid": appid, "endpoint": endpoint, "kind": "cut_after"}
        for appid in world.appids
        for endpoint in ("commit", "submit_audit")
    ]
    world.platform.sim("POST", "faults", faults)
    world.feed()
    world.wait_until_ended()
    return _hits(world)


def foreign_uploads(world: World) -> int:
    """Somebody else uploads another version to each Mini Program while its release waits for the privacy scan."""
    world.platform.sim("POST", "platform", {"scan_s": _LONG_SCAN_S})
    world.feed()
    begun = time.monotonic()
    left = set(world.appids)
    while left and time.monotonic() - begun < world.patience_s:
        met = {call["appid"] for call in world.calls("submit_audit") if call["errcode"] == _SCAN_RUNS}
        uploads = [{"appid": appid, "exp_info": _THEIRS} for appid in sorted(met & left)]
        if uploads:
            world.platform.sim("POST", "miniprograms", uploads)
            left -= met
        time.sleep(0.05)
    world.needed_commits = len(world.appids) - len(left)
    world.wait_until_ended()
    return world.needed_commits


def bad_answers(world: World) -> int:
    """A fifth of all answers is an error, no JSON, or slow beyond the timeout."""
    return _answered_so(world, _each(_BAD_ANSWERS, SHARE))


def no_errcode(world: World) -> int:
    """A fifth of all answers has no errcode; each Mini Program has an old trial version that must not be submitted."""
    old = {"exp_version": "0.9", "exp_desc": "old"}
    world.platform.sim("POST", "miniprograms", [{"appid": appid, "exp_info": old} for appid in world.appids])
    return _answered_so(world, _each([{"kind": "body", **fault} for fault in _NO_ERRCODE], SHARE))


def interim_answers(world: World) -> int:
    """Interim answers come before those of half the commits and submissions, whose own comes late, or too late."""
    faults = [{"kind": "interim", **fault} for fault in _INTERIM]
    return _answered_so(world, _each(faults, _INTERIM_SHARE))


def _answered_so(world: World, faults: list[dict[str, Any]]) -> int:
    world.platform.sim("POST", "faults", faults)
    world.feed()
    world.wait_until_ended()
    hits = _hits(world)
    world.platform.sim("DELETE", "faults")
    _resume_failed(world)
    return hits


def expire_tokens(world: World) -> int:
    """All access tokens end at once in the middle of the wave."""
    world.feed()
    world.wait_for_share(1 / 3)
    # The simulator tells both in one answer: what calls come between two questions would be told apart wrongly.
    said = world.platform.sim("POST", "tokens/expire", {})
    expired, last_before = said["expired"], said["last_call"]
    world.wait_until_ended()
    after = [call for call in world.calls() if call["n"] > last_before]
    component = sum(_gave_token(call, "api_component_token") for call in after)
    each = Counter(call["appid"] for call in after if _gave_token(call, "api_authorizer_token"))
    refused = sum(call["endpoint"] == "api_authorizer_token" and call["errcode"] != 0 for call in after)
    most = max(each.values(), default=0)
    world.notes.append(
        f"{expired} tokens expired; refreshes after it: component {component}, Mini Programs {each.total()} "
        f"for {len(each)} of them, at most {most} each; {refused} more were refused with the old component token"
    )
    if component != 1 or most > 1:
        world.problems.append("a token was refreshed more than once, or the component's not at all")
    return 1


def _resume_failed(world: World) -> None:
    """What was given up after too many bad answers goes on when asked to, and still does nothing twice."""
    failed = [found for found in world.records() if found is not None and found.status is Status.FAILED]
    for release in failed:
        reason = release.failure.errmsg if release.failure else ""
        world.notes.append(f"failed and was resumed: {release.step}: {reason}")
        world.app.services.releases.resume(release.id)


def _gave_token(call: dict[str, Any], endpoint: str) -> bool:
    return bool(call["endpoint"] == endpoint and call["errcode"] == 0)


def _hits(world: World) -> int:
    return sum(call["fault"] is not None for call in world.calls())
