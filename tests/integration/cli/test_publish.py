"""Orders to go live and back, typed; no worker takes them here, and WeChat is asked for a plan alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from releases.record import Release
from releases.second_half import Publication
from releases.states import Status, Step
from releases.store.records import ReleaseStore
from tests.integration.cli.conftest import Command
from tests.integration.wechat.server import ScriptedWeChat, refusal
from tests.support.examples import APPID as SHOP
from tests.support.examples import a_request
from tests.support.records import at, created

DOMAINS = {"requestdomain": ["https://api.example.com"]}
AUDIT = {"auditid": 4711, "status": 0, "user_version": "1.4.2", "submit_audit_time": 1773480413}


def standing(store: ReleaseStore, appid: str, status: Status, **fields: Any) -> Release:
    before = created(store, Release.of(a_request(appid=appid, wave="spring"), at(0)))
    facts = {"status": status, "step": Step.SUBMIT_AUDIT, "auditid": 4711, **fields}
    return store.save(before, before.release.model_copy(update=facts)).release


@pytest.fixture
def spring(store: ReleaseStore) -> list[Release]:
    """Three of a wave: two approved, one rejected."""
    statuses = (Status.APPROVED, Status.APPROVED, Status.REJECTED)
    return [standing(store, f"{SHOP[:-1]}{number}", status) for number, status in enumerate(statuses)]


@pytest.fixture
def shop(wechat: ScriptedWeChat) -> ScriptedWeChat:
    """All is well with its audit and its domains."""
    wechat.on("/wxa/get_latest_auditstatus", AUDIT)
    wechat.on("/wxa/getgrayreleaseplan", {})
    wechat.on("/wxa/modify_domain", DOMAINS)
    wechat.on("/wxa/get_effective_domain", {"effective_domain": DOMAINS})
    pool = {"published_wxa_server_domain": "api.example.com", "testing_wxa_server_domain": ""}
    wechat.on("/cgi-bin/component/modify_wxa_server_domain", pool)
    return wechat


def now(store: ReleaseStore, release: Release) -> Release:
    stored = store.get(release.id)
    assert stored is not None
    return stored.release


def test_one_is_ordered_and_the_history_says_by_whom(
    command: Command, store: ReleaseStore, spring: list[Release]
) -> None:
    typed = ("publish", spring[0].id, "--yes", "--reason", "the sale", "--as", "anna", "--json")
    (told,) = map(json.loads, command(*typed).stdout.splitlines())
    assert (told["status"], told["step"]) == ("queued", "publish")
    assert told["publication_id"] == f"{spring[0].id}.live"
    assert told["publication"]["ordered_by"] == "cli:anna"
    again = json.loads(command(*typed).stdout)
    assert again == told
    assert now(store, spring[1]).status is Status.APPROVED


def test_nobody_at_a_terminal_and_no_yes_orders_nothing_and_says_what_to_type(
    command: Command, store: ReleaseStore, spring: list[Release]
) -> None:
    one = command("publish", spring[0].id, "--reason", "the sale", code=2)
    assert f"Put version 1.4.2 of {spring[0].appid} live?" in one.stderr
    assert f"mprelease publish {spring[0].id} --reason 'the sale' --yes" in one.stderr
    wave = command("publish", "--wave", "spring", "--at", "2036-12-01T02:00:00+08:00", code=2)
    assert "Put version 1.4.2 of" in wave.stderr
    assert "of wave spring live, not before 2036-12-01 02:00 +0800?" in wave.stderr
    assert "--yes" in command("revert", spring[0].id, code=2).stderr
    assert [now(store, release) for release in spring] == spring


def test_what_is_not_approved_is_refused_with_the_next_command_and_the_others_go(
    command: Command, store: ReleaseStore, spring: list[Release]
) -> None:
    ended = command("publish", spring[2].id, spring[0].id, "nobody", "--yes", code=1)
    assert f"is rejected and can't be published; to submit it once more: mprelease resume {spring[2].id}" in (
        ended.stderr
    )
    assert "nobody" in ended.stderr
    assert "1 release ordered to go live" in ended.stderr
    assert now(store, spring[0]).step is Step.PUBLISH


def test_what_is_live_already_is_not_ordered_again(
    command: Command, store: ReleaseStore, spring: list[Release]
) -> None:
    publication = Publication(ordered_at=at(0), verified_at=at(0))
    for number in (7, 8):
        standing(store, f"{SHOP[:-1]}{number}", Status.LIVE, step=Step.VERIFY_LIVE, publication=publication)
    told = command("publish", "--wave", "spring", "--yes")
    assert "2 releases ordered to go live" in told.stderr
    assert {line.split()[0] for line in told.stdout.splitlines()} == {one.id for one in spring[:2]}


def test_a_question_says_how_many_go_first_whatever_the_wave_is_called(
    command: Command, store: ReleaseStore
) -> None:
    for number in range(2):
        request = a_request(appid=f"{SHOP[:-1]}{number}", wave="{spring}")
        before = created(store, Release.of(request, at(0)))
        facts = {"status": Status.APPROVED, "step": Step.SUBMIT_AUDIT, "auditid": 4711}
        store.save(before, before.release.model_copy(update=facts))
    asked = command("publish", "--wave", "{spring}", "--canary", "1", code=2).stderr
    assert "of wave {spring} live, 1 of them first?" in asked


@pytest.mark.long
def test_a_wave_is_ordered_its_canary_first_and_shown_with_both_halves(
    command: Command, store: ReleaseStore, spring: list[Release]
) -> None:
    typed = ("publish", "--wave", "spring", "--canary", "1", "--max-blocked", "5", "--yes")
    assert "2 releases ordered to go live" in command(*typed).stderr
    assert [now(store, release).status for release in spring] == [
        Status.QUEUED,
        Status.WAITING,
        Status.REJECTED,
    ]
    assert "2 releases ordered to go live" in command(*typed).stderr  # the same order

    shown = command("wave", "spring")
    assert shown.stdout.split() == ["1", "rejected", "2", "approved", "1", "queued", "1", "waiting"]
    assert "publications (canary): 2 ordered" in shown.stderr
    assert "mprelease resume --wave spring" in shown.stderr
    assert "1 rejected, 2 approved; published: 1 queued, 1 waiting" in command("waves").stdout
    assert json.loads(command("wave", "spring", "--json").stdout)["publication"]["ordered"] == 2


def test_a_wave_that_is_approved_says_what_comes_next(command: Command, spring: list[Release]) -> None:
    said = command("wave", "spring").stderr
    assert "2 approved. To see what would go live: mprelease publish --wave spring --plan" in said
    for shown in (command("show", spring[0].id).stdout, command("list", "--status", "approved").stdout):
        assert f"Next: mprelease publish {spring[0].id}" in shown


def test_a_wave_of_which_nothing_is_approved_or_live_is_told(command: Command, store: ReleaseStore) -> None:
    standing(store, SHOP, Status.SUBMITTED)
    assert "no release of wave spring is approved: 1 submitted" in (
        command("publish", "--wave", "spring", "--yes", code=1).stderr
    )
    assert "is live: 1 submitted" in command("revert", "--wave", "spring", "--yes", code=1).stderr


def test_what_is_live_is_taken_back_one_by_one_or_a_whole_wave(
    command: Command, store: ReleaseStore, spring: list[Release]
) -> None:
    live = standing(store, SHOP, Status.LIVE, step=Step.VERIFY_LIVE)
    other = standing(store, "wx" + "f" * 16, Status.LIVE, step=Step.VERIFY_LIVE)
    told = json.loads(command("revert", live.id, "--yes", "--as", "anna", "--json").stdout)
    assert (told["step"], told["history"][-1]["by"]) == ("revert", "cli:anna")
    assert "2 releases ordered to be taken back" in command("revert", "--wave", "spring", "--yes").stderr
    assert now(store, other).step is Step.REVERT


@pytest.mark.parametrize(
    "typed",
    [
        ("publish",),
        ("publish", "abcd", "--wave", "spring"),
        ("publish", "abcd", "--canary", "1"),
        ("publish", "abcd", "--max-blocked", "1"),
        ("publish", "--wave", "spring", "--canary", "0"),
        ("publish", "abcd", "--at", "tomorrow"),
        ("revert",),
    ],
)
def test_what_chooses_nothing_or_contradicts_itself_is_bad_input(
    command: Command, spring: list[Release], typed: tuple[str, ...]
) -> None:
    command(*typed, "--yes", code=2)


def test_a_plan_asks_wechat_and_sends_nothing(
    command: Command, shop: ScriptedWeChat, store: ReleaseStore
) -> None:
    release = standing(store, SHOP, Status.APPROVED)
    planned = command("publish", "--wave", "spring", "--plan")
    assert planned.stdout == f"{release.id}  {SHOP}  1.4.2\n"
    assert "1 of 1 release would go live; nothing was sent" in planned.stderr
    assert now(store, release) == release
    asked = {request.path for request in shop.server.requests}
    assert "/wxa/release" not in asked
    assert {"/wxa/get_latest_auditstatus", "/wxa/getgrayreleaseplan"} <= asked


@pytest.mark.parametrize(
    ("path", "reply", "obstacle"),
    [
        ("/wxa/get_latest_auditstatus", {**AUDIT, "auditid": 4712}, "4712"),
        ("/wxa/get_latest_auditstatus", {**AUDIT, "status": 2}, "in review"),
        ("/wxa/modify_domain", {}, "https://api.example.com"),
        ("/cgi-bin/component/modify_wxa_server_domain", {"published_wxa_server_domain": ""}, "would drop"),
        ("/wxa/getgrayreleaseplan", {"gray_release_plan": {"status": 1, "gray_percentage": 5}}, "5 %"),
        ("/wxa/get_latest_auditstatus", refusal(48001), "48001"),
    ],
)
def test_a_plan_names_what_stands_in_the_way(
    command: Command, shop: ScriptedWeChat, store: ReleaseStore, path: str, reply: Any, obstacle: str
) -> None:
    release = standing(store, SHOP, Status.APPROVED)
    shop.on(path, reply)
    planned = command("publish", release.id, "--plan", code=1)
    assert f"    ! {obstacle}" in planned.stdout or obstacle in planned.stdout
    assert "0 of 1 release would go live" in planned.stderr
    made = json.loads(command("publish", release.id, "--plan", "--json", code=1).stdout)
    assert (made["goes_live"], len(made["obstacles"])) == (False, 1)


def test_a_plan_without_the_pool_asks_for_what_will_hold(
    command: Command, shop: ScriptedWeChat, store: ReleaseStore
) -> None:
    standing(store, SHOP, Status.APPROVED)
    shop.on("/cgi-bin/component/modify_wxa_server_domain", refusal(-1))
    planned = json.loads(command("publish", "--wave", "spring", "--plan", "--json").stdout)
    assert (planned["goes_live"], len(planned["unknown"])) == (True, 1)


def test_a_plan_of_a_wave_counts_those_that_stay(
    command: Command, shop: ScriptedWeChat, spring: list[Release]
) -> None:
    planned = command("publish", "--wave", "spring", "--plan", code=1)  # they are not authorized
    assert "0 of 2 releases would go live; 1 rejected" in planned.stderr


def test_a_request_may_ask_to_go_live_and_to_withdraw(
    command: Command, store: ReleaseStore, tmp_path: Path
) -> None:
    version = ("--template-id", "1", "--user-version", "2", "--user-desc", "d")
    typed = ("enqueue", "--appid", SHOP, *version, "--publish", "auto", "--withdraw")
    told = json.loads(command(*typed, "--reason", "the sale", "--as", "anna", "--json").stdout)
    assert (told["publish"], told["history"][0]["by"]) == ("auto", "cli:anna")
    stored = store.get(told["id"])
    assert stored is not None
    assert stored.release.progress.withdraws
    wrong = command("enqueue", "--appid", SHOP, *version, "--publish", "soon", code=2)
    assert "--publish: 'soon' is not right" in wrong.stderr
    (tmp_path / "wave.csv").write_text("appid,publish,withdraw\nwx0000000000000009,auto,true\n")
    (of_file,) = map(
        json.loads, command("enqueue", "--file", "wave.csv", *version, "--json").stdout.splitlines()
    )
    assert of_file["publish"] == "auto"


@pytest.mark.parametrize(
    ("typed", "status", "code"),
    [
        (("resume",), "live", 2),
        (("resume",), "approved", 2),
        (("resume",), "rejected", 0),
        (("cancel",), "live", 2),
        (("cancel",), "approved", 0),
        (("cancel",), "submitted", 1),
    ],
)
def test_resume_and_cancel_take_the_statuses_of_the_second_half(
    command: Command, spring: list[Release], typed: tuple[str, ...], status: str, code: int
) -> None:
    command(*typed, "--status", status, "--wave", "spring", code=code)
