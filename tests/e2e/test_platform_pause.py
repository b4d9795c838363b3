"""A mistake that is the platform's is made once, not by every release."""

import pytest

from releases.store import keys
from releases.store.places import Lane
from releases.waves.audit_quota import kept_quota
from tests.support.workers import TICKET, Platform, wait_for

pytestmark = pytest.mark.long


def statuses(platform: Platform) -> set[str]:
    return {release["status"] for release in platform.releases()}


def test_an_ip_that_is_not_whitelisted_pauses_the_platform_until_a_person_resumes_it(
    own_platform: Platform,
) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(5)]
    platform.sim("POST", "platform", {"ip_allowed": False})
    with platform.worker("--concurrency", "1"):
        waiting = platform.enqueue(*map(platform.request, appids), code=1)
        assert {release["status"] for release in waiting} == {"waiting"}
        assert {release["wait"]["errcode"] for release in waiting} == {61004}
        # The first one found out; the others did not ask.
        assert sum(platform.sim("GET", "calls")["counts"].values()) <= 2
        assert "61004" in platform.run("doctor", code=1).stdout

        platform.sim("POST", "platform", {"ip_allowed": True})
        platform.run("resume", "--platform")
        wait_for(lambda: statuses(platform) == {"submitted"})


def test_resuming_one_release_says_that_the_cause_is_removed_for_all(own_platform: Platform) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(3)]
    platform.sim("POST", "platform", {"ip_allowed": False})
    with platform.worker():
        waiting = platform.enqueue(*map(platform.request, appids), code=1)
        # Too early: it finds out, and the platform is paused as before.
        assert platform.documents("resume", waiting[0]["id"], "--wait", code=1)[0]["wait"]["errcode"] == 61004
        platform.sim("POST", "platform", {"ip_allowed": True})
        platform.run("resume", waiting[0]["id"])
        wait_for(lambda: statuses(platform) == {"submitted"})


def test_a_new_ticket_lifts_the_pause_that_the_lack_of_one_began(own_platform: Platform) -> None:
    platform = own_platform
    appid = platform.mini_program()
    with platform.redis() as client:
        client.delete("wechat:ticket")
    with platform.worker():
        waiting = platform.release(appid, code=1)
        assert waiting["status"] == "waiting"
        assert "mprelease ticket" in waiting["wait"]["remedy"]
        ticket = platform.sim("POST", "ticket")["component_verify_ticket"]
        assert "goes on" in platform.run("ticket", stdin=ticket).stderr
        wait_for(lambda: statuses(platform) == {"submitted"})


def test_a_new_ticket_is_an_occasion_to_try_again_whatever_the_cause_was(own_platform: Platform) -> None:
    platform = own_platform
    appid = platform.mini_program()
    platform.sim("POST", "platform", {"ip_allowed": False})
    with platform.worker():
        assert platform.release(appid, code=1)["wait"]["errcode"] == 61004
        platform.run("ticket", stdin=TICKET)
        assert platform.releases()[0]["attempts"]["ensure_domains"] == 1, "that ticket was no new one"
        platform.sim("POST", "platform", {"ip_allowed": True})
        ticket = platform.sim("POST", "ticket")["component_verify_ticket"]
        platform.run("ticket", stdin=ticket)
        wait_for(lambda: statuses(platform) == {"submitted"})


def test_the_providers_used_up_quota_stops_submissions_and_commits_go_on(own_platform: Platform) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(4)]
    platform.sim("POST", "platform", {"audit_quota": 1})
    with platform.worker("--concurrency", "1"):
        platform.enqueue_only(*map(platform.request, appids))
        wait_for(lambda: len(platform.waiting(85085)) == len(appids) - 1)
        assert sorted(release["status"] for release in platform.releases()) == ["submitted", *["waiting"] * 3]
        assert all(platform.mini(appid)["exp_info"] for appid in appids)
        refused = [call for call in platform.sim("GET", "calls")["calls"] if call["errcode"] == 85085]
        assert len(refused) == 1
        # What WeChat said of it meanwhile counts no more once a person says that the platform goes on.
        wait_for(lambda: audit_quota_left(platform) == 0)
        platform.sim("POST", "platform", {"audit_quota": 100})
        platform.run("resume", "--platform")
        wait_for(lambda: statuses(platform) == {"submitted"})
        wait_for(lambda: (audit_quota_left(platform) or 0) > 0)


def audit_quota_left(platform: Platform) -> int | None:
    """What is known of it: what screens and metrics show."""
    with platform.redis() as client:
        quota = kept_quota(client)
    return quota.rest if quota else None


def test_a_release_that_waits_can_be_resumed_before_it_is_due(own_platform: Platform) -> None:
    platform = own_platform
    appid = platform.mini_program()
    platform.fault(appid, "modify_domain", "errcode", errcode=86102, action="add")
    with platform.worker():
        waiting = platform.release(appid, code=1)
        assert (waiting["status"], waiting["wait"]["errcode"]) == ("waiting", 86102)
        assert platform.documents("resume", waiting["id"], "--wait")[0]["status"] == "submitted"


@pytest.mark.long
def test_a_release_that_waits_is_brought_back_by_whichever_worker_is_there(own_platform: Platform) -> None:
    platform = own_platform
    appid = platform.mini_program()
    platform.fault(appid, "commit", "errcode", errcode=45009)
    # Asked for its limits, WeChat says that this one is for six seconds.
    limits = {"quota": {"remain": 5}, "rate_limit": {"refresh_second": 6}}
    platform.fault(appid, "quota/get", "errcode", errcode=0, fields=limits)
    with platform.worker() as first:
        platform.enqueue_only(platform.request(appid))
        wait_for(lambda: statuses(platform) == {"waiting"})
        first.process.kill()
    with platform.redis() as client:
        assert client.zcard(keys.due(Lane.BEGUN)) == 1
    with platform.worker():
        wait_for(lambda: statuses(platform) == {"submitted"})
    waited_for = [event["what"] for event in platform.releases()[0]["history"]]
    assert "waiting: errcode 45009" in waited_for


def test_a_pause_by_hand_lasts_until_a_person_ends_it(own_platform: Platform) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(3)]
    with platform.worker():
        platform.run("pause", "--reason", "moving the database")
        waiting = platform.enqueue(*map(platform.request, appids), code=1)
        assert {release["wait"]["errmsg"] for release in waiting} == {"paused by hand: moving the database"}
        assert "moving the database" in platform.run("doctor").stdout

        ticket = platform.sim("POST", "ticket")["component_verify_ticket"]
        assert "goes on" not in platform.run("ticket", stdin=ticket).stderr
        refused = platform.run("resume", waiting[0]["id"], code=1)
        assert "resume --platform" in refused.stderr
        assert statuses(platform) == {"waiting"}
        assert [platform.called(appid) for appid in appids] == [[], [], []]

        platform.run("resume", "--platform")
        wait_for(lambda: statuses(platform) == {"submitted"})


def test_submissions_alone_can_be_paused(own_platform: Platform) -> None:
    platform = own_platform
    appid = platform.mini_program()
    with platform.worker():
        assert platform.documents("pause", "--submissions") == [{"scope": "submissions", "reason": ""}]
        held = platform.release(appid, code=1)
        assert (held["status"], held["step"]) == ("waiting", "submit_audit")
        assert platform.mini(appid)["exp_info"], "the commit goes on"
        assert platform.documents("resume", "--platform") == [{"lifted": ["submissions"], "releases": 1}]
        wait_for(lambda: statuses(platform) == {"submitted"})
