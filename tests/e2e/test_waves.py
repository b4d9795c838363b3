"""Waves as one person runs them: a file, a canary, a brake, and the causes once each."""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.workers import PATIENCE_S, PATIENT, TICKET, Platform, wait_for

WAVE = "1.0.0"
NO_TEMPLATE = 85014


def enqueue(platform: Platform, appids: list[str], *options: str) -> list[dict[str, Any]]:
    requests = [platform.request(appid, wave=WAVE) for appid in appids]
    return platform.enqueue_only(*requests, options=options)


def wave(platform: Platform) -> dict[str, Any]:
    (document,) = platform.documents("wave", WAVE)
    return document


def statuses(platform: Platform) -> dict[str, int]:
    return {status: number for status, number in wave(platform)["counts"].items() if number}


@pytest.mark.long
def test_the_rest_of_a_wave_runs_when_its_canary_went_well(own_platform: Platform) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(8)]
    platform.run("pause", "--submissions", "--reason", "the canary is looked at")
    with platform.worker():
        enqueue(platform, appids, "--canary", "2")
        wait_for(lambda: platform.calls(appids[1], "commit"))
        assert statuses(platform)["waiting"] >= 6
        assert [platform.called(appid) for appid in appids[2:]] == [[]] * 6
        wait_for(lambda: statuses(platform)["waiting"] == 8)
        report = wave(platform)
        held = f"6 held back: wave {WAVE}: the first 2 run alone"
        assert (report["state"], report["held_back"]) == ("canary", 6)
        assert report["reason"] == (
            f"{held}; 2 held back: submissions paused by hand: the canary is looked at"
        )
        said = platform.run("wave", WAVE).stderr
        assert f"wave {WAVE} (canary)" in said
        assert held in said
        with watching(platform) as watched:
            assert watched.stderr is not None
            assert f"8 waiting; {report['reason']}" in watched.stderr.readline()
            platform.run("resume", "--platform")
            assert watched.wait(PATIENCE_S) == 0
        report = wave(platform)
        assert (report["state"], report["reason"], report["counts"]["submitted"]) == ("over", None, 8)


@contextmanager
def watching(platform: Platform) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "worker", "wave", WAVE, "--watch"]
    with subprocess.Popen(
        command, env=platform.environment, cwd=platform.directory, stderr=subprocess.PIPE, text=True
    ) as watched:
        try:
            yield watched
        finally:
            watched.kill()


@pytest.mark.long
def test_a_wave_with_a_bad_canary_waits_for_a_person(own_platform: Platform) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(8)]
    for appid in appids[:2]:
        platform.fault(appid, "commit", "errcode", errcode=NO_TEMPLATE)
    with platform.worker():
        enqueue(platform, appids, "--canary", "3", "--max-blocked", "50")
        (report,) = platform.documents("wave", WAVE, "--watch", code=1)
        assert report["stopped"]["why"] == (
            f"wave {WAVE} is braked: of its canary 2 of 3 ended blocked, over the 50 % allowed"
        )
        wait_for(
            lambda: {release["wait"]["errmsg"] for release in waiting(platform)} == {report["stopped"]["why"]}
        )
        assert [platform.called(appid) for appid in appids[3:]] == [[]] * 5
        blocked = [cause for cause in wave(platform)["causes"] if cause["status"] == "blocked"]
        assert [(cause["errcode"], cause["releases"]) for cause in blocked] == [(NO_TEMPLATE, 2)]

        assert "goes on" in platform.run("resume", "--wave", WAVE).stderr
        assert platform.documents("wave", WAVE, "--watch")[0]["counts"]["submitted"] == 8


def waiting(platform: Platform) -> list[dict[str, Any]]:
    return platform.documents("list", "--wave", WAVE, "--status", "waiting")


def test_the_brake_holds_for_the_whole_wave_and_cancel_ends_it(own_platform: Platform) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(60)]
    for appid in appids[:30]:
        platform.fault(appid, "modify_domain", "errcode", errcode=61007, action="get")
    # The others take their time, so that the brake has something to stop.
    platform.sim("POST", "faults", {"endpoint": "commit", "kind": "delay", "seconds": 0.5, "times": -1})
    platform.run("pause", "--submissions")
    with platform.worker("--concurrency", "2"):
        enqueue(platform, [platform.mini_program() for _ in range(2)], "--max-blocked", "10")
        wait_for(lambda: statuses(platform) == {"waiting": 2})
        enqueue(platform, appids)
        (report,) = platform.documents("wave", WAVE, "--watch", code=1)
        assert "is braked: " in report["stopped"]["why"]
        assert report["state"] == "braked"
        assert f"{report['held_back']} held back: {report['stopped']['why']}; " in report["reason"]
        assert re.search(r"; [2-9]\d* held back: submissions paused by hand", report["reason"])
        assert report["held_back"] > 0
        assert report["counts"]["blocked"] >= 2

        blocked = platform.documents("cancel", "--wave", WAVE, "--status", "blocked")
        assert {release["status"] for release in blocked} == {"cancelled"}
        assert "is braked: " in wave(platform)["stopped"]["why"], "what was held back is held back"

        platform.run("cancel", "--wave", WAVE)
        assert sum(statuses(platform).values()) == 62
        assert set(statuses(platform)) <= {"cancelled", "submitted"}
        assert wave(platform)["stopped"] is None


def test_a_domain_that_the_platform_lacks_stops_a_wave_before_its_first_call(own_platform: Platform) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(20)]
    domains = {"MPRELEASE_DOMAINS__REQUESTDOMAIN": "https://api.example.com,https://pay.example.org"}
    platform.environment.update(domains)
    with platform.worker():
        enqueue(platform, appids)
        (report,) = platform.documents("wave", WAVE, "--watch", code=1)
        (cause,) = report["causes"]
        assert (cause["status"], cause["releases"]) == ("blocked", 20)
        assert cause["domains"] == {"requestdomain": ["https://pay.example.org"]}
        assert "modify_domain" not in platform.sim("GET", "calls")["counts"]

        assert platform.documents("platform", "domains", "get")[0]["missing"] == ["pay.example.org"]
        assert platform.documents("platform", "domains", "add", "--yes")[0]["missing"] == []
        platform.run("resume", "--wave", WAVE)
        assert platform.documents("wave", WAVE, "--watch")[0]["counts"]["submitted"] == 20
    assert "nothing is missing" in platform.run("platform", "domains", "add").stderr
    assert "has no valid host name" in platform.run("platform", "domains", "add", "a;b", code=2).stderr


def test_a_plan_shows_the_exact_bodies_and_sends_nothing(own_platform: Platform, tmp_path: Path) -> None:
    platform = own_platform
    there = {"requestdomain": ["https://api.example.com"], "wsrequestdomain": ["wss://ws.example.com"]}
    ready, bare = platform.mini_program(domains=there), platform.mini_program()
    path = tmp_path / "wave.jsonl"
    requests = [platform.request(appid, audit={"version_desc": "看"}) for appid in (ready, bare)]
    path.write_text("\n".join(map(json.dumps, requests)))

    first, second = platform.documents("enqueue", "--file", str(path), "--plan")

    assert [call["path"] for call in first["calls"]] == ["/wxa/commit", "/wxa/submit_audit"]
    added = second["calls"][0]
    assert added == {"path": "/wxa/modify_domain", "body": {"action": "add", **there}}
    assert platform.documents("list") == []
    assert platform.called(bare) == ["modify_domain:get", "get_latest_auditstatus"]
    refused = platform.run("enqueue", "--file", str(path), "--plan", "--canary", "1", code=2)
    assert "--wave: must be the same for all" in refused.stderr
    with platform.worker():
        platform.enqueue(*requests)
    sent = {call["endpoint"]: call["body"] for call in platform.calls(bare) if call.get("action") != "get"}
    assert [sent[name] for name in ("modify_domain", "commit", "submit_audit")] == [
        call["body"] for call in second["calls"]
    ]
    (again, *_) = platform.documents("enqueue", "--file", str(path), "--plan", code=1)
    assert again["calls"] == []
    assert again["obstacles"] == ["the release is there already: submitted"]


def test_a_plan_tells_what_stands_in_the_way_of_many_once(own_platform: Platform, tmp_path: Path) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(3)]
    for appid in appids[1:]:
        errmsg = f"component is not authorized by this account hint: [{appid}]"
        platform.fault(appid, "modify_domain", "errcode", errcode=61003, errmsg=errmsg, times=-1)
    path = tmp_path / "wave.jsonl"
    path.write_text("\n".join(json.dumps(platform.request(appid)) for appid in appids))

    planned = platform.run("enqueue", "--file", str(path), "--plan", code=1)

    (told,) = [line for line in planned.stderr.splitlines() if "61003" in line]
    assert told.startswith("      2  61003 component is not authorized by this account -- Have the merchant ")


@pytest.mark.long
def test_a_plan_of_many_shows_the_first_on_a_terminal_and_all_in_a_pipe(
    own_platform: Platform, tmp_path: Path
) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(22)]
    path = tmp_path / "wave.jsonl"
    path.write_text("\n".join(json.dumps(platform.request(appid)) for appid in appids))
    planned = ("enqueue", "--file", str(path), "--plan")

    shown, piped = platform.on_terminal(*planned), platform.run(*planned).stdout

    assert [appid for appid in appids if appid in piped] == appids
    assert [appid for appid in appids if appid in shown] == appids[:20]
    assert "and 2 more requests: in a pipe all are shown" in shown


@pytest.mark.long
def test_what_will_not_fit_into_the_audit_quota_is_told(own_platform: Platform, tmp_path: Path) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(6)]
    platform.fault(appids[0], "queryquota", "errcode", errcode=61003, times=-1)
    platform.sim("POST", "platform", {"audit_quota": 4})
    path = tmp_path / "wave.jsonl"
    path.write_text("\n".join(json.dumps(platform.request(appid, wave=WAVE)) for appid in appids))

    planned = platform.run("enqueue", "--file", str(path), "--plan", "--json", code=1)

    assert "2 of 6 will not fit" in planned.stderr
    plans = [json.loads(line) for line in planned.stdout.splitlines()]
    assert [plan["appid"] for plan in plans] == appids
    fit = {"rest": 4, "limit": 4, "reserved_by_others": 0, "needed": 6, "will_not_fit": 2}
    assert all(plan["audit_quota"].pop("asked_s_ago") < 60 for plan in plans)
    assert [(plan["audit_quota"], plan["audit_quota_unknown"]) for plan in plans] == [(fit, None)] * 6
    with platform.worker():
        assert "2 of 6 will not fit" in platform.run("enqueue", "--file", str(path)).stderr
        wait_for(lambda: statuses(platform) == {"submitted": 4, "waiting": 2})
        report = wave(platform)
        assert report["state"] == "running"
        assert re.fullmatch(r"2 held back: submissions wait until .* UTC: 85085 .*", report["reason"])
        # What was known of it is forgotten with the refusal, and a worker asks again.
        fit = wait_for(lambda: wave(platform)["audit_quota"])
        assert (fit["rest"], fit["limit"], fit["needed"], fit["reserved_by_others"]) == (0, 4, 2, 0)
        assert fit["will_not_fit"] == 2


def test_why_the_audit_quota_is_unknown_is_told(own_platform: Platform) -> None:
    platform = own_platform
    path = platform.directory / "wave.jsonl"
    path.write_text(json.dumps(platform.request(platform.mini_program(), wave=WAVE)))
    enqueue_file = ("enqueue", "--file", str(path))
    with platform.redis() as client:
        client.delete("wechat:ticket")
    no_ticket = "audit quota unknown: no component_verify_ticket has been stored"

    planned = platform.run(*enqueue_file, "--plan", "--json", code=1)
    assert no_ticket in planned.stderr
    assert json.loads(planned.stdout)["audit_quota_unknown"] in no_ticket
    assert no_ticket in platform.run(*enqueue_file).stderr
    # Repeated, it is told again.
    platform.run("ticket", stdin=TICKET)
    platform.sim("POST", "faults", {"endpoint": "queryquota", "kind": "errcode", "errcode": -1, "times": -1})
    assert (
        "to no Mini Program that was tried: /wxa/queryquota: errcode -1" in platform.run(*enqueue_file).stderr
    )
    unnamed = platform.run(*enqueue_file, MPRELEASE_PLATFORM__APPSECRET="")
    assert "audit quota unknown: MPRELEASE_PLATFORM__APPSECRET is not set" in unnamed.stderr


@pytest.mark.long
def test_many_releases_are_counted_on_a_terminal_and_cancelled_when_a_person_says_so(
    own_platform: Platform,
) -> None:
    platform = own_platform
    path = platform.directory / "wave.jsonl"
    requests = [platform.request(appid, wave=WAVE) for appid in platform.mini_programs(21)]
    path.write_text("\n".join(map(json.dumps, requests[:20])))
    listed = platform.on_terminal("enqueue", "--file", str(path))
    assert [line for line in listed.splitlines() if f"wave {WAVE}" in line] == []
    assert all(request["appid"] in listed for request in requests[:20])

    path.write_text("\n".join(map(json.dumps, requests)))
    counted = platform.on_terminal("enqueue", "--file", str(path)).splitlines()
    assert f"wave {WAVE}: 20 enqueued before, 1 enqueued" in counted
    assert f"To follow them: mprelease wave {WAVE} --watch" in counted
    assert requests[0]["appid"] not in "\n".join(counted)

    asked = platform.on_terminal("cancel", "--wave", WAVE, typed="n\n", code=1)
    assert "Cancel 21 releases (21 queued)?" in asked
    assert statuses(platform) == {"queued": 21}
    assert f"wave {WAVE}: 21 cancelled" in platform.on_terminal("cancel", "--wave", WAVE, typed="y\n")
    assert statuses(platform) == {"cancelled": 21}


def test_a_wave_from_csv(own_platform: Platform, tmp_path: Path) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(3)]
    path = tmp_path / "wave.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["appid", "ext", "user_desc"])
        rows.writerows([appid, json.dumps({"ext": {"shop": "店铺, one"}}), "新版本"] for appid in appids)
    common = ("--template-id", "1", "--user-version", "2.0", "--wave", "csv")
    with platform.worker():
        ended = platform.documents("enqueue", "--file", str(path), *common, "--wait")
    assert [(release["appid"], release["status"]) for release in ended] == [(a, "submitted") for a in appids]
    assert ended[0]["ext"] == {"ext": {"shop": "店铺, one"}}

    path.write_text("appid,template_id\nwx0123456789abcdef,many\nwx0123456789abcdeg\n")
    refused = platform.run("enqueue", "--file", str(path), "--user-version", "2", "--user-desc", "d", code=2)
    assert "line 2: template_id: can't be read; must be a whole number" in refused.stderr
    assert "line 3: has 1 cell; the first line names 2 fields" in refused.stderr


@pytest.mark.long
def test_speed_and_estimated_end_are_told(own_platform: Platform) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(6)]
    platform.hold(appids[5], "commit")
    with platform.worker(**PATIENT):
        enqueue(platform, appids)
        wait_for(lambda: statuses(platform).get("submitted") == 5)
        report = wave(platform)
        assert report["per_minute"] > 5
        assert report["estimated_end"].endswith("Z")
        assert report["total"] == 6
        platform.let_go()
