"""Releases through real worker processes: the plain paths, and every way in which a call can go wrong."""

from typing import Any

import pytest

from tests.support.workers import DOMAINS, Platform, Worker, wait_for

STEPS = ["modify_domain:get", "modify_domain:add", "commit", "submit_audit"]


def without_scan(calls: list[str]) -> list[str]:
    """The calls, without the questions and repetitions that waiting for the privacy scan brings."""
    kept: list[str] = []
    for call in calls:
        # After a wait the trial version is asked for as well.
        if call not in ("get_code_privacy_info", "getversioninfo") and kept[-1:] != [call]:
            kept.append(call)
    return kept


def test_a_release_gets_its_domains_is_committed_and_submitted(platform: Platform) -> None:
    appid = platform.mini_program(domains={"requestdomain": ["https://shop.example.net"]})
    release = platform.release(appid)
    assert release["status"] == "submitted"
    assert release["auditid"] == platform.mini(appid)["audits"][-1]["auditid"]
    assert release["auditid"] > 2**53
    assert without_scan(platform.called(appid)) == STEPS
    # The merchant's own domain is still there.
    assert platform.mini(appid)["domains"]["requestdomain"] == [
        "https://shop.example.net",
        "https://api.example.com",
    ]
    commit = platform.calls(appid, "commit")[0]["body"]
    assert commit["ext_json"] == f'{{"extAppid":"{appid}","ext":{{"name":"店铺"}}}}'


def test_domains_that_are_there_are_not_added(platform: Platform) -> None:
    appid = platform.mini_program(domains=DOMAINS)
    assert platform.release(appid)["status"] == "submitted"
    assert without_scan(platform.called(appid)) == ["modify_domain:get", "commit", "submit_audit"]


@pytest.mark.parametrize("style", ["upper_host", "trailing_slash"])
def test_domains_that_wechat_spells_differently_are_not_added(platform: Platform, style: str) -> None:
    appid = platform.mini_program(domains=DOMAINS, stored_style=style)
    assert platform.release(appid)["status"] == "submitted"
    assert "modify_domain:add" not in platform.called(appid)


def test_an_add_that_answers_without_lists_is_verified_by_a_get(platform: Platform) -> None:
    appid = platform.mini_program(add_answers_lists=False)
    assert platform.release(appid)["status"] == "submitted"
    assert without_scan(platform.called(appid))[:3] == [
        "modify_domain:get",
        "modify_domain:add",
        "modify_domain:get",
    ]


def test_an_unregistered_domain_blocks_and_a_resume_goes_on_after_it_is_registered(
    platform: Platform,
) -> None:
    appid = platform.mini_program()
    wanted = {"requestdomain": ["https://api.example.com", "https://late.example.org"]}
    release = platform.release(appid, code=1, domains=wanted)
    assert release["status"] == "blocked"
    assert release["block"]["errcode"] == 85018
    assert release["block"]["domains"] == {"requestdomain": ["https://late.example.org"]}
    assert "Register" in release["block"]["remedy"]
    assert release["block"]["rid"]
    assert "commit" not in platform.called(appid)

    pool = platform.sim("GET", "state")["platform"]
    names = ("published", "testing")
    platform.sim("POST", "platform", {name: [*pool[name], "late.example.org"] for name in names})
    platform.sim("DELETE", "calls")
    resumed = platform.documents("resume", release["id"], "--wait")[0]
    assert resumed["status"] == "submitted"
    assert resumed["id"] == release["id"]
    assert without_scan(platform.called(appid)) == STEPS


FAULTS: dict[str, dict[str, Any]] = {
    "busy": {"kind": "errcode", "errcode": -1},
    "another operation": {"kind": "errcode", "errcode": 9402202},
    "too fast": {"kind": "errcode", "errcode": 45011},
    "token invalid": {"kind": "errcode", "errcode": 40001},
    "token expired": {"kind": "errcode", "errcode": 42001},
    "unknown errcode": {"kind": "errcode", "errcode": 12345678},
    "invalid JSON": {"kind": "invalid_json", "errcode": -1},
    "502": {"kind": "status", "status": 502},
    "HTML": {"kind": "html"},
    "empty body": {"kind": "empty"},
    "oversized body": {"kind": "oversized"},
    "trickle": {"kind": "trickle", "seconds": 60},
    "text/plain": {"kind": "delay", "seconds": 0, "text_plain": True},
    "cut before": {"kind": "cut_before"},
    "cut after": {"kind": "cut_after"},
    "slow beyond the timeout": {"kind": "delay", "seconds": 8},
    "no errcode": {"kind": "body", "body": "{}"},
    "no errcode, applied": {"kind": "body", "body": '{"errmsg":"system error"}', "apply": True},
    "a gateway's error": {"kind": "body", "body": '{"code":50000,"message":"upstream"}'},
    "a gateway's envelope, applied": {
        "kind": "body",
        "body": '{"code":0,"data":{"errcode":0}}',
        "apply": True,
    },
    "null": {"kind": "body", "body": '{"errcode":null,"errmsg":"ok"}'},
    "interim answers": {"kind": "interim", "interim": [103, 102, 103], "seconds": 0.5},
    "interim answers of a slow call": {"kind": "interim", "interim": [102], "seconds": 8},
}


@pytest.fixture(scope="module")
def after_faults(
    platform_without_worker: Platform, shared_worker: Worker
) -> dict[tuple[str, str], dict[str, Any]]:
    """One wave in which each release meets one fault at one endpoint; their records, by both."""
    platform = platform_without_worker
    appids = {}
    for endpoint in ("modify_domain", "commit", "submit_audit"):
        for name, fault in FAULTS.items():
            appids[endpoint, name] = appid = platform.mini_program()
            platform.sim("POST", "faults", {"appid": appid, "endpoint": endpoint, **fault})
    releases = {
        release["appid"]: release for release in platform.enqueue(*map(platform.request, appids.values()))
    }
    return {case: releases[appid] for case, appid in appids.items()}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("endpoint", ["modify_domain", "commit", "submit_audit"])
def test_a_call_that_goes_wrong_once_is_done_once(
    platform: Platform, after_faults: dict[tuple[str, str], dict[str, Any]], endpoint: str, name: str
) -> None:
    release = after_faults[endpoint, name]
    assert release["status"] == "submitted", release
    state = platform.mini(release["appid"])
    assert state["submitted_after_applied"] == 0
    assert release["auditid"] == state["audits"][-1]["auditid"]
    applied = [call for call in platform.calls(release["appid"]) if call["applied"]]
    for once in ("commit", "submit_audit"):
        assert [call["endpoint"] for call in applied].count(once) == 1
    assert [call.get("action") for call in applied].count("add") == 1


def test_an_audit_that_nobody_tells_of_is_asked_for_again(platform: Platform) -> None:
    appid = platform.mini_program()
    platform.fault(appid, "submit_audit", "cut_after")
    for body in ('{"errmsg":"system error"}', '{"code":0}', '{"errcode":0,"errmsg":"ok"}'):
        platform.fault(appid, "get_latest_auditstatus", "body", body=body)

    release = platform.release(appid)

    state = platform.mini(appid)
    assert (release["status"], state["submitted_after_applied"]) == ("submitted", 0)
    assert [release["auditid"]] == [audit["auditid"] for audit in state["audits"]]


def test_the_privacy_scan_is_waited_for_without_another_commit(platform: Platform) -> None:
    appid = platform.mini_program()
    platform.fault(appid, "submit_audit", "errcode", errcode=61039, times=1)
    platform.fault(appid, "get_code_privacy_info", "errcode", errcode=61039, times=8)
    release = platform.release(appid)
    assert release["status"] == "submitted"
    assert len(platform.calls(appid, "commit")) == 1
    # Its budget is its own: more waits than a failing call is tried.
    assert release["attempts"]["submit_audit"] > 6


def test_the_running_audit_of_another_version_blocks(platform: Platform) -> None:
    appid = platform.mini_program()
    platform.sim("POST", f"audits/{appid}", {"status": 2, "user_version": "0.9", "user_desc": "新版本 first"})
    release = platform.release(appid, code=1)
    assert (release["status"], release["block"]["errcode"]) == ("blocked", 85009)
    assert str(platform.mini(appid)["audits"][-1]["auditid"]) in release["block"]["errmsg"]


@pytest.mark.parametrize(
    ("errcode", "status"), [(61007, "blocked"), (85014, "blocked"), (47001, "failed"), (987654321, "blocked")]
)
def test_a_refusal_that_does_not_pass_stops_the_release(
    platform: Platform, errcode: int, status: str
) -> None:
    appid = platform.mini_program()
    platform.fault(appid, "commit", "errcode", errcode=errcode, times=-1)
    release = platform.release(appid, code=1)
    assert release["status"] == status
    assert (release["block"] or release["failure"])["errcode"] == errcode
    assert "submit_audit" not in platform.called(appid)


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
def test_a_token_that_is_rejected_for_ever_fails_after_one_refresh(platform: Platform, errcode: int) -> None:
    appid = platform.mini_program()
    platform.fault(appid, "modify_domain", "errcode", errcode=errcode, times=-1)
    release = platform.release(appid, code=1)
    assert (release["status"], release["failure"]["errcode"]) == ("failed", errcode)
    assert len(platform.calls(appid, "modify_domain")) == 2
    assert len(platform.calls(appid, "api_authorizer_token")) == 2


def test_a_failure_that_does_not_pass_is_given_up(platform: Platform) -> None:
    appid = platform.mini_program()
    platform.fault(appid, "commit", "status", status=503, times=-1)
    release = platform.release(appid, code=1)
    assert release["status"] == "failed"
    assert release["attempts"]["commit_code"] == 10


def test_a_used_up_quota_parks_the_release(platform: Platform) -> None:
    appid = platform.mini_program()
    platform.fault(appid, "commit", "errcode", errcode=45009, times=-1)
    # Asked for the limits, WeChat does not say: so the day counts.
    platform.fault(appid, "quota/get", "errcode", errcode=76022, times=-1)
    platform.enqueue_only(platform.request(appid))
    [release] = wait_for(lambda: platform.waiting(45009))
    assert release["next_attempt_at"] > release["updated_at"]


def test_a_mini_program_without_refresh_token_is_blocked_until_it_is_authorized(platform: Platform) -> None:
    appid = "wxabcdefabcdef0001"
    release = platform.release(appid, code=1)
    assert release["status"] == "blocked"
    assert f"mprelease authorize {appid}" in release["block"]["remedy"]
    platform.sim("POST", "miniprograms", {"appid": appid, "refresh_token": "refreshtoken@@@late"})
    platform.run("authorize", appid, stdin="refreshtoken@@@late\n")
    assert platform.documents("resume", release["id"], "--wait")[0]["status"] == "submitted"


def test_tokens_that_expire_in_the_middle_are_refreshed(platform: Platform) -> None:
    appids = [platform.mini_program(rotates_refresh_token=True) for _ in range(3)]
    assert {release["status"] for release in platform.enqueue(*map(platform.request, appids))} == {
        "submitted"
    }
    platform.sim("POST", "tokens/expire")
    again = [platform.request(appid, user_version="1.0.1", withdraw=True) for appid in appids]
    newer = [release["id"] for release in platform.enqueue(*again, code=None)]
    wait_for(lambda: {platform.show(name)["status"] for name in newer} == {"submitted"})
