"""What is ours at WeChat and what is not: somebody else uploads, descriptions come back altered, pools hold a root alone."""

import time
from typing import Any

import pytest

from tests.support.celery_clients import celery_client
from tests.support.workers import DOMAINS, Platform, wait_for

pytestmark = pytest.mark.long

THEIRS = {"exp_version": "9.9.9", "exp_desc": "somebody else's"}
DESC = "<新版本> & " + "更快更好 " * 20


@pytest.fixture
def waits(own_platform: Platform) -> Platform:
    """One whose privacy scans last until they are let go."""
    own_platform.sim("POST", "platform", {"scan_s": 3600})
    return own_platform


def enqueued(platform: Platform, appid: str, **fields: Any) -> str:
    [release] = platform.enqueue_only(platform.request(appid, **fields))
    return str(release["id"])


def meets_the_scan(platform: Platform, release_id: str, commits: int = 1) -> None:
    """Wait until it waits for the scan after so many commits."""

    def waiting() -> bool:
        release = platform.show(release_id)
        waits = release["wait"] is not None and release["wait"]["errcode"] == 61039
        return waits and len(platform.calls(release["appid"], "commit")) == commits

    wait_for(waiting)


def under_audit(platform: Platform, appid: str, **theirs: Any) -> Any:
    """Somebody else submits, by WeChat's clock now."""
    return platform.sim("POST", f"audits/{appid}", {"status": 2, "new": True, **theirs})


def upload(platform: Platform, appid: str, **theirs: Any) -> None:
    """Somebody else's upload, by WeChat's clock now."""
    platform.sim("POST", "miniprograms", {"appid": appid, "exp_info": {**THEIRS, **theirs}})


def scans_end(platform: Platform) -> None:
    """All scans that have begun are over."""
    platform.sim("POST", "clock", {"advance_s": 3601})


def is_(status: str, platform: Platform, release_id: str) -> dict[str, Any]:
    wait_for(lambda: platform.show(release_id)["status"] == status)
    return platform.show(release_id)


@pytest.mark.parametrize("theirs", [{}, {"exp_version": "1.0.0", "exp_desc": "新版本 first"}])
def test_a_version_uploaded_by_somebody_else_during_the_scan_is_not_submitted(
    waits: Platform, theirs: dict[str, Any]
) -> None:
    appid = waits.mini_program()
    with waits.worker():
        release_id = enqueued(waits, appid)
        meets_the_scan(waits, release_id)
        waits.sim("POST", "clock", {"advance_s": 60})
        upload(waits, appid, **theirs)
        scans_end(waits)
        meets_the_scan(waits, release_id, commits=2)
        assert waits.calls(appid, "submit_audit")[-1]["errcode"] == 61039
        scans_end(waits)
        release = is_("submitted", waits, release_id)
        # The handle that every Celery client has.
        with celery_client(waits.redis_url) as client:
            assert client.AsyncResult(release_id).get(timeout=10) == release["auditid"]
    (audit,) = waits.mini(appid)["audits"]
    assert (audit["auditid"], audit["user_version"]) == (release["auditid"], "1.0.0")
    assert audit["user_desc"] == "新版本 first"
    told = [event["what"] for event in release["history"] if "not ours" in event["what"]]
    version, desc = {**THEIRS, **theirs}["exp_version"], {**THEIRS, **theirs}["exp_desc"]
    assert told == [f"the trial version is version {version} ({desc}), not ours: it is committed once more"]


def test_a_second_upload_blocks_naming_it_and_a_resume_commits_again(waits: Platform) -> None:
    appid = waits.mini_program()
    with waits.worker():
        release_id = enqueued(waits, appid)
        for commits, version in ((1, "9.9.8"), (2, "9.9.9")):
            meets_the_scan(waits, release_id, commits)
            upload(waits, appid, exp_version=version)
            scans_end(waits)
        release = is_("blocked", waits, release_id)
        assert "version 9.9.9" in release["block"]["errmsg"]
        waits.run("resume", release_id)
        meets_the_scan(waits, release_id, commits=3)
        scans_end(waits)
        is_("submitted", waits, release_id)
    assert [audit["user_version"] for audit in waits.mini(appid)["audits"]] == ["1.0.0"]


def test_a_version_uploaded_while_submissions_are_paused_is_not_submitted(own_platform: Platform) -> None:
    platform = own_platform
    appid = platform.mini_program()
    platform.run("pause", "--submissions", "--reason", "quarter's end")
    with platform.worker():
        release_id = enqueued(platform, appid)
        is_("waiting", platform, release_id)
        upload(platform, appid)
        platform.run("resume", "--platform")
        is_("submitted", platform, release_id)
    assert [audit["user_version"] for audit in platform.mini(appid)["audits"]] == ["1.0.0"]


def test_the_same_version_uploaded_again_after_our_second_commit_blocks_though_its_description_is_ours(
    waits: Platform,
) -> None:
    appid = waits.mini_program()
    ours = {"exp_version": "1.0.0", "exp_desc": "新版本 first"}
    with waits.worker():
        release_id = enqueued(waits, appid)
        for commits in (1, 2):
            meets_the_scan(waits, release_id, commits)
            waits.sim("POST", "clock", {"advance_s": 60})
            upload(waits, appid, **ours)
            scans_end(waits)
        release = is_("blocked", waits, release_id)
    assert "version 1.0.0" in release["block"]["errmsg"]
    assert waits.mini(appid)["audits"] == []


def test_a_commit_that_never_arrived_is_not_mixed_up_with_somebody_elses_upload(
    own_platform: Platform,
) -> None:
    platform = own_platform
    appid = platform.mini_program()
    platform.fault(appid, "commit", "cut_before")
    # Nobody is told what is there until it has been uploaded.
    platform.fault(appid, "getversioninfo", "cut_before", times=-1)
    with platform.worker():
        release_id = enqueued(platform, appid)
        wait_for(lambda: platform.calls(appid, "getversioninfo"))
        upload(platform, appid, exp_version="1.0.0")
        platform.sim("DELETE", "faults")
        is_("submitted", platform, release_id)
    (audit,) = platform.mini(appid)["audits"]
    assert audit["user_desc"] == "新版本 first"
    assert platform.sim("GET", "calls", appid=appid)["applied"]["commit"] == 1


STYLES = ["null", "absent", "empty", "cut", "short", "escaped", "spaced", "replaced"]


@pytest.mark.parametrize(
    "style",
    [pytest.param(one, marks=() if one in ("cut", "replaced") else pytest.mark.long) for one in STYLES],
)
def test_an_altered_description_is_no_reason_to_do_anything_twice(own_platform: Platform, style: str) -> None:
    platform = own_platform
    appid = platform.mini_program(desc_style=style)
    for endpoint, skip in (("commit", 0), ("submit_audit", 1)):
        # The first submission meets the scan.
        platform.fault(appid, endpoint, "cut_after", skip=skip)
    with platform.worker():
        release = platform.release(appid, user_desc=DESC)
    assert release["status"] == "submitted"
    assert [audit["auditid"] for audit in platform.mini(appid)["audits"]] == [release["auditid"]]
    applied = platform.sim("GET", "calls", appid=appid)["applied"]
    # A description that is altogether another may be somebody else's, and a second commit does no harm.
    assert (applied["commit"], applied["submit_audit"]) == (2 if style == "replaced" else 1, 1)


def test_a_running_audit_from_after_our_commit_is_adopted_whatever_its_description(waits: Platform) -> None:
    appids = {style: waits.mini_program(desc_style=style) for style in STYLES}
    with waits.worker():
        ids = {style: enqueued(waits, appid) for style, appid in appids.items()}
        for style, release_id in ids.items():
            meets_the_scan(waits, release_id)
            under_audit(waits, appids[style], user_version="1.0.0", user_desc=DESC)
        scans_end(waits)
        found = {style: is_("submitted", waits, release_id)["auditid"] for style, release_id in ids.items()}
    assert found == {style: waits.mini(appid)["audits"][-1]["auditid"] for style, appid in appids.items()}
    assert all(len(waits.mini(appid)["audits"]) == 1 for appid in appids.values())


def test_an_audit_from_before_our_commit_is_not_adopted_though_it_is_of_our_version(
    own_platform: Platform,
) -> None:
    platform = own_platform
    first, second = platform.mini_program(), platform.mini_program()
    older = under_audit(platform, first, user_version="1.0.0")
    platform.sim("POST", "clock", {"advance_s": 60})
    with platform.worker():
        wrong = platform.release(second)
        platform.run("cancel", wrong["id"])
        platform.sim("POST", "clock", {"advance_s": 60})
        again = [
            platform.request(first),
            platform.request(second, template_id=2, user_desc="the right template"),
        ]
        blocked, waiting = platform.enqueue(*again, code=1)
    (mine,) = platform.mini(second)["audits"]
    assert (blocked["status"], blocked["block"]["errcode"]) == ("blocked", 85009)
    assert f"audit {older['auditid']} of version 1.0.0, submitted" in blocked["block"]["errmsg"]
    # Of our own the end is waited for, although nobody wants it any more.
    assert (waiting["status"], waiting["wait"]["errcode"]) == ("waiting", 85009)
    assert f"audit {mine['auditid']} of version 1.0.0, submitted" in waiting["wait"]["errmsg"]
    assert wrong["id"] in waiting["wait"]["errmsg"]


def test_a_version_under_audit_that_wechat_does_not_show_yet_is_asked_for_again(
    own_platform: Platform,
) -> None:
    platform = own_platform
    appid = platform.mini_program()
    platform.fault(appid, "submit_audit", "cut_after", skip=1)
    platform.fault(appid, "get_latest_auditstatus", "errcode", errcode=85058, times=3)
    with platform.worker():
        release = platform.release(appid)
    assert [audit["auditid"] for audit in platform.mini(appid)["audits"]] == [release["auditid"]]
    submissions = [call["errcode"] for call in platform.calls(appid, "submit_audit")]
    assert submissions[-1] == 85009
    assert submissions.count(0) + submissions.count(None) == 1


def test_the_running_audit_that_blocks_is_named(platform: Platform) -> None:
    appid = platform.mini_program()
    theirs = platform.sim("POST", f"audits/{appid}", {"status": 2, "user_version": "0.9"})
    block = platform.release(appid, code=1)["block"]
    assert f"audit {theirs['auditid']} of version 0.9, submitted {time.strftime('%Y-')}" in block["errmsg"]
    assert f"Wait until audit {theirs['auditid']} has ended" in block["remedy"]


@pytest.mark.parametrize("shows", ["added", "before"])
def test_lists_that_do_not_show_all_are_verified_by_a_get(platform: Platform, shows: str) -> None:
    there = {"requestdomain": ["https://shop.example.net", *DOMAINS["requestdomain"]]}
    appid = platform.mini_program(add_answers=shows, domains=there)
    assert platform.release(appid)["status"] == "submitted"
    assert platform.called(appid)[:3] == ["modify_domain:get", "modify_domain:add", "modify_domain:get"]


def root_alone(platform: Platform, *, counts: bool) -> list[str]:
    """Twenty Mini Programs of a platform that has registered the domain above the wanted ones."""
    pool = {"published": ["example.com"], "testing": ["example.com"], "subdomains_count": counts}
    platform.sim("POST", "platform", pool)
    return platform.mini_programs(20)


def test_of_a_domain_below_a_registered_one_wechat_says_whether_it_counts(own_platform: Platform) -> None:
    platform = own_platform
    appids = root_alone(platform, counts=True)
    with platform.worker():
        platform.enqueue(*(platform.request(appid, wave="spring") for appid in appids))
    assert all(platform.mini(appid)["domains"]["requestdomain"] for appid in appids)
    found = platform.run("platform", "domains", "get")
    assert "WeChat has to say: api.example.com, ws.example.com" in found.stderr


def test_what_wechat_refuses_the_first_release_of_a_wave_blocks_the_others_without_a_call(
    own_platform: Platform,
) -> None:
    platform = own_platform
    appids = root_alone(platform, counts=False)
    with platform.worker():
        platform.enqueue(*(platform.request(appid, wave="spring") for appid in appids), code=1)
        assert {release["block"]["errcode"] for release in platform.releases()} == {85018}
        assert all(release["block"]["domains"] == {**DOMAINS} for release in platform.releases())
        adds = [call for call in platform.sim("GET", "calls")["calls"] if call["action"] == "add"]
        assert len(adds) == 1
        platform.run("platform", "domains", "add", "--yes")
        platform.documents("resume", "--wave", "spring", "--wait")
    assert {release["status"] for release in platform.releases()} == {"submitted"}


def test_a_host_that_is_registered_is_not_registered_again(own_platform: Platform) -> None:
    for host in ("api.example.com", "https://API.example.com/", "wss://ws.example.com:8443"):
        assert "nothing is missing" in own_platform.run("platform", "domains", "add", host, "--yes").stderr
    assert own_platform.sim("GET", "state")["platform"]["pool_edits"] == 0
