"""What is everybody's trouble is met once, waited for by all, and needs no person."""

import time

import pytest

from tests.support.workers import Platform, wait_for

pytestmark = pytest.mark.long

#: Of a pause while WeChat is out: two seconds, the first time and each that follows.
SHORT = {"MPRELEASE_RETRY__WAIT_INITIAL_S": "0.25", "MPRELEASE_RETRY__WAIT_MAX_S": "2"}
#: Longer than any test waits.
LONG = {"MPRELEASE_RETRY__WAIT_INITIAL_S": "20", "MPRELEASE_RETRY__WAIT_MAX_S": "300"}


def statuses(platform: Platform) -> set[str]:
    return {release["status"] for release in platform.releases()}


def hits(platform: Platform) -> int:
    """How many calls met a fault so far."""
    calls = platform.sim("GET", "calls")["calls"]
    return sum(call["fault"] is not None for call in calls)


def is_paused(platform: Platform) -> bool:
    with platform.redis() as client:
        return bool(client.exists("platform:pause:all"))


def test_an_outage_slows_a_wave_down_and_fails_nothing(own_platform: Platform) -> None:
    platform = own_platform
    appids = platform.mini_programs(40)
    platform.sim("POST", "faults", {"kind": "cut_before", "times": -1})
    requests = [platform.request(appid, wave="spring") for appid in appids]
    # Without the pauses the ten attempts of a step are over in fourteen seconds at the most.
    with platform.worker("--concurrency", "4", **SHORT):
        platform.enqueue_only(*requests)
        wait_for(lambda: is_paused(platform))
        before, since = hits(platform), time.monotonic()
        wait_for(lambda: time.monotonic() - since > 10)
        platform.sim("DELETE", "faults")
        platform.sim("POST", "faults", {"kind": "errcode", "errcode": -1, "times": -1})
        wait_for(lambda: time.monotonic() - since > 20)
        during = hits(platform) - before
        assert 0 < during <= 5 * 20 / 2 + 10, "a few at a time, once in two seconds"
        assert "failed" not in statuses(platform)

        platform.sim("DELETE", "faults")
        wait_for(lambda: statuses(platform) == {"submitted"})
    assert platform.sim("GET", "state")["totals"]["submitted_after_applied"] == 0


def test_what_waits_for_wechat_says_so_and_a_person_can_let_it_try(own_platform: Platform) -> None:
    platform = own_platform
    appids = platform.mini_programs(25)
    platform.sim("POST", "faults", {"kind": "errcode", "errcode": -1, "times": -1})
    with platform.worker("--concurrency", "4", **LONG):
        platform.enqueue_only(*[platform.request(appid, wave="spring") for appid in appids])
        wait_for(lambda: is_paused(platform))
        held = wait_for(
            lambda: [
                release for release in platform.documents("list") if "hardly any call" in str(release["wait"])
            ]
        )
        assert all(release["next_attempt_at"] for release in held)
        assert "goes on by itself" in held[0]["wait"]["remedy"]
        assert "hardly any call" in platform.run("doctor", code=1).stdout
        (wave,) = platform.documents("wave", "spring")
        assert "all releases wait until" in wave["reason"]

        platform.sim("DELETE", "faults")
        # A ticket helps nothing here.
        ticket = platform.sim("POST", "ticket")["component_verify_ticket"]
        assert "goes on" not in platform.run("ticket", stdin=ticket).stderr
        assert is_paused(platform)
        platform.run("resume", "--platform")
        # Those that met it before it was clear that it was everybody's wait for their own next attempt.
        wait_for(
            lambda: sum(release["status"] == "submitted" for release in platform.releases()) >= len(held)
        )
        assert not is_paused(platform)


def test_a_used_up_quota_of_the_component_token_is_met_once_for_all(own_platform: Platform) -> None:
    platform = own_platform
    appids = platform.mini_programs(40)
    fault = {"endpoint": "api_component_token", "kind": "errcode", "errcode": 45009, "times": -1}
    platform.sim("POST", "faults", fault)
    with platform.worker("--concurrency", "8"):
        platform.enqueue_only(*map(platform.request, appids))
        wait_for(lambda: len(platform.waiting(45009)) == len(appids))
        (until,) = {release["next_attempt_at"] for release in platform.waiting(45009)}
        assert until.endswith("T16:00:00Z"), "midnight in Shanghai"
        assert 1 <= hits(platform) <= 8, (
            "those that were on their way at that moment, one for each thread at the most"
        )

        platform.sim("DELETE", "faults")
        platform.run("resume", "--platform")
        wait_for(lambda: statuses(platform) == {"submitted"})
