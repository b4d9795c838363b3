"""The only worker is killed in the middle of its calls, with the settings that a worker has by default."""

import time

import pytest

from tests.support.workers import Platform, wait_for

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

#: So long at the most from the kill until all is submitted (`docs/reliability.md`).
_WITHIN_S = 240.0
_CALLS = ("modify_domain", "commit", "submit_audit")


def _with_defaults(platform: Platform) -> Platform:
    """The settings that tests turn down are what they are for everybody."""
    for name in list(platform.environment):
        if name.startswith(("MPRELEASE_RETRY__", "MPRELEASE_WORKER__", "MPRELEASE_WECHAT__READ")):
            del platform.environment[name]
    return platform


def test_what_a_killed_worker_had_in_hand_is_submitted_once_and_soon(own_platform: Platform) -> None:
    platform = _with_defaults(own_platform)
    # What is measured is how the releases come back; a privacy scan would be WeChat's own time.
    platform.sim("POST", "platform", {"scan_s": 0})
    appids = platform.mini_programs(12)
    held = dict(zip(appids, _CALLS * 2, strict=False))
    for appid, endpoint in held.items():
        platform.hold(appid, endpoint)
    with platform.worker() as worker:
        platform.enqueue_only(*(platform.request(appid) for appid in appids))
        wait_for(lambda: all(platform.calls(appid, endpoint) for appid, endpoint in held.items()))
        worker.process.kill()
        worker.process.wait()
    killed = time.monotonic()
    platform.let_go()

    with platform.worker():
        wait_for(lambda: {release["status"] for release in platform.releases()} == {"submitted"}, _WITHIN_S)
        print(f"{time.monotonic() - killed:.0f} s from the kill to the last submission")  # noqa: T201

    totals = platform.sim("GET", "state")["totals"]
    assert totals["submitted_after_applied"] == 0
    assert all(len(platform.mini(appid)["audits"]) == 1 for appid in appids)
