"""Each command that orders something leaves one entry, which `mprelease log` shows."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
import redis

from db.database import Database
from releases.record import Release
from releases.states import Status, Step
from releases.store import keys as keys_of
from releases.store.outbox import Outbox
from releases.store.records import ReleaseStore
from tests.integration.cli.conftest import Command
from tests.integration.wechat.server import ScriptedWeChat
from tests.support.examples import APPID as SHOP
from tests.support.examples import FIELDS, a_problem, a_request
from tests.support.records import at, created
from wechat.tokens.sealing import MARK
from wechat.tokens.store import REFRESH_TOKEN_PREFIX
from worker.celery_patches import set_aside

#: `make test` has to be quick.
pytestmark = pytest.mark.long

WHO = ("--as", "anna", "--reason", "the sale")


def standing(store: ReleaseStore, number: int, status: Status, **fields: Any) -> Release:
    appid = f"{SHOP[:-1]}{number}"
    before = created(store, Release.of(a_request(appid=appid, wave="spring"), at(0)))
    facts = {"status": status, "step": Step.SUBMIT_AUDIT, "auditid": 4711, **fields}
    return store.save(before, before.release.model_copy(update=facts)).release


def logged(command: Command, *options: str) -> list[dict[str, Any]]:
    """The whole log, oldest first, without what each entry has of its own."""
    found = [json.loads(line) for line in command("log", "--json", *options).stdout.splitlines()]
    for one in found:
        assert re.fullmatch(r"[0-9a-f]{32}", one.pop("id"))
        assert one.pop("time").endswith("Z")
    return [{name: value for name, value in one.items() if value is not None} for one in found[::-1]]


def anna(what: str, **to: Any) -> dict[str, Any]:
    return {"by": "cli:anna", "reason": "the sale", "what": what, **to}


def one(release: Release) -> dict[str, Any]:
    return {"release_id": release.id, "appid": release.appid, "wave": "spring", "number": 1}


@pytest.mark.long
def test_a_file_of_requests_is_one_entry_and_so_is_each_command_for_many(
    command: Command, tmp_path: Path
) -> None:
    requests = [{**FIELDS, "appid": f"{SHOP[:-1]}{number}"} for number in range(3)]
    (tmp_path / "wave.jsonl").write_text("\n".join(map(json.dumps, requests)))
    for _ in range(2):
        command("enqueue", "--file", "wave.jsonl", "--wave", "spring", *WHO)
    command("cancel", "--wave", "spring", "--yes", *WHO)
    command("cancel", "--wave", "spring", "--yes", *WHO, code=1)
    assert logged(command) == [
        anna("enqueue", wave="spring", number=3),
        anna("cancel", wave="spring", number=3),
    ]


def test_what_was_chosen_is_said_and_one_release_alone_is_named(
    command: Command, store: ReleaseStore
) -> None:
    blocked = [
        standing(store, number, Status.BLOCKED, step=Step.COMMIT_CODE, block=a_problem(errcode=85018))
        for number in range(4)
    ]
    command("resume", blocked[0].id, *WHO)
    command("resume", "--errcode", "85018", "--status", "blocked", *WHO)
    command("resume", *(release.id for release in blocked), *WHO)
    command("resume", "--wave", "spring", "--max-blocked", "50", *WHO)
    assert logged(command) == [
        anna("resume", **one(blocked[0])),
        anna("resume", number=3, detail="status blocked, errcode 85018"),
        anna("set-bound", wave="spring", detail="at most 50 % blocked or failed"),
    ]


@pytest.mark.long
def test_orders_to_go_live_and_back_and_of_the_platform(command: Command, store: ReleaseStore) -> None:
    approved = [standing(store, number, Status.APPROVED) for number in range(4)]
    under_audit = standing(store, 5, Status.SUBMITTED)
    live = [standing(store, number, Status.LIVE, step=Step.VERIFY_LIVE) for number in (6, 7)]
    command("publish", approved[0].id, approved[1].id, "--at", "2036-12-01T02:00+08:00", "--yes", *WHO)
    command("publish", "--wave", "spring", "--canary", "1", "--yes", *WHO)
    command("publish", "--wave", "spring", "--canary", "1", "--yes", *WHO)
    command("revert", live[0].id, "--yes", *WHO)
    command("revert", "--wave", "spring", "--yes", *WHO)
    command("withdraw", under_audit.id, *WHO)
    command("pause", "--submissions", *WHO)
    command("resume", "--platform", *WHO)
    command("resume", "--platform", *WHO)
    assert logged(command) == [
        anna("publish", number=2, detail="not before 2036-11-30 18:00:00 UTC"),
        anna("publish", wave="spring", number=2, detail="canary 1"),
        anna("revert", **one(live[0])),
        anna("revert", wave="spring", number=1),
        anna("withdraw", **one(under_audit)),
        anna("pause", scope="submissions"),
        anna("resume-platform", scope="submissions", number=0),
    ]
    assert [one["what"] for one in logged(command, "--limit", "2")] == ["pause", "resume-platform"]
    assert logged(command, "--wave", "autumn") == logged(command, "--by", "bert") == []
    assert [one["what"] for one in logged(command, "--wave", "spring", "--by", "anna")] == [
        *("publish", "revert", "revert", "withdraw")
    ]


@pytest.mark.long
def test_switches_of_a_mini_program_are_noted_before_wechat_is_asked(
    command: Command, wechat: ScriptedWeChat, store: ReleaseStore
) -> None:
    wechat.on("/wxa/change_visitstatus", {})
    wechat.on("/wxa/getgrayreleaseplan", {"gray_release_plan": {"status": 1, "gray_percentage": 20}})
    wechat.on("/wxa/get_latest_auditstatus", {"auditid": 4711, "status": 0, "user_version": "1.4.2"})
    effective = {"requestdomain": ["https://api.example.com"]}
    wechat.on("/wxa/get_effective_domain", {"effective_domain": effective})
    wechat.on("/wxa/grayrelease", {})
    wechat.on("/wxa/revertgrayrelease", {})
    wechat.on("/wxa/speedupaudit", {"errcode": 89405, "errmsg": "used up"})
    before = created(store, Release.of(a_request(appid=SHOP), at(0)))
    facts = {"status": Status.SUBMITTED, "step": Step.SUBMIT_AUDIT, "auditid": 4711}
    release = store.save(before, before.release.model_copy(update=facts)).release

    command("visit", SHOP, "close", *WHO)
    command("visit", SHOP, "open", *WHO, code=2)
    command("visit", SHOP, "open", "--yes", *WHO)
    command("gray", SHOP)
    command("gray", SHOP, "50", "--yes", *WHO)
    command("gray", SHOP, "stop", *WHO)
    command("speed-up", release.id, *WHO, code=1)

    assert logged(command) == [
        anna("visit-close", appid=SHOP),
        anna("visit-open", appid=SHOP),
        anna("gray", appid=SHOP, detail="version 1.4.2 (audit 4711), 50 % of the users"),
        anna("gray-stop", appid=SHOP),
        anna("speed-up", release_id=release.id, appid=SHOP, number=1, detail="audit 4711"),
    ]


@pytest.mark.long
def test_domains_that_are_changed_by_hand_are_noted_with_their_hosts(
    command: Command, wechat: ScriptedWeChat
) -> None:
    wechat.on("/wxa/modify_domain", {"requestdomain": ["https://api.example.com"]})
    pool = {"published_wxa_server_domain": "api.example.com", "testing_wxa_server_domain": "api.example.com"}
    wechat.on("/cgi-bin/component/modify_wxa_server_domain", pool)
    there, new = "https://api.example.com", "https://a.example.com"
    command("domains", "add", SHOP, "--requestdomain", there, *WHO)
    command("domains", "add", SHOP, "--requestdomain", there, "--requestdomain", new, *WHO)
    many = [f"--uploaddomain=https://{number}.example.com" for number in range(12)]
    command("domains", "set", SHOP, *many, "--yes", *WHO)
    command("domains", "delete", SHOP, "--requestdomain", there, "--yes", *WHO)
    command("platform", "domains", "add", "--yes", *WHO)
    command("platform", "domains", "add", "b.example.com", "--yes", *WHO)
    first = ", ".join(f"{number}.example.com" for number in range(10))
    assert logged(command) == [
        anna("domains-add", appid=SHOP, detail="a.example.com"),
        anna("domains-set", appid=SHOP, detail=f"{first}, and 2 more"),
        anna("domains-delete", appid=SHOP, detail="api.example.com"),
        anna("platform-domains-add", detail="b.example.com"),
    ]


@pytest.mark.long
def test_what_is_stored_and_done_for_the_platform_is_noted_and_never_a_secret(
    command: Command, wechat: ScriptedWeChat, redis_client: redis.Redis, tmp_path: Path
) -> None:
    wechat.on("/cgi-bin/component/api_start_push_ticket", {})
    many = {f"wx{number:016x}": f"refreshtoken@@@{number}" for number in range(12)}
    lines = [json.dumps({"appid": appid, "refresh_token": token}) for appid, token in many.items()]
    (tmp_path / "tokens.jsonl").write_text("\n".join(lines))
    for _ in range(2):
        command("ticket", *WHO, typed="ticket@@@new")
    command("ticket", "--push", *WHO)
    command("authorize", SHOP, *WHO, typed="refreshtoken@@@one")
    command("authorize", "--file", "tokens.jsonl", *WHO)
    key, lost = (base64.urlsafe_b64encode(bytes([number] * 32)).decode() for number in range(2))
    for forgets in ((), ("--drop-unreadable", "--yes")):
        for _ in range(2):
            command("rekey", *forgets, *WHO, MPRELEASE_REDIS__ENCRYPTION_KEYS=key)
        redis_client.set(f"{REFRESH_TOKEN_PREFIX}{SHOP}", f"{MARK}{lost}")

    first = ", ".join(list(many)[:10])
    assert logged(command) == [
        anna("ticket"),
        anna("ticket-push"),
        anna("authorize", appid=SHOP),
        anna("authorize", detail=f"{first}, and 2 more"),
        anna("rekey"),
        anna("rekey", detail="forgets what no key opens: 1"),
    ]
    entries = str(redis_client.zrange(keys_of.ACTIONS, 0, -1))
    assert [word for word in ("@@@", key, lost) if word in entries] == []


@pytest.mark.long
def test_what_is_tried_again_is_noted_where_there_is_something(
    command: Command, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    for _ in range(3):
        set_aside.put(redis_client, b"\xff", "no message at all")
    command("set-aside", "requeue", *WHO)
    command("set-aside", "requeue", *WHO)
    set_aside.put(redis_client, b"\xff", "no message at all")
    assert "Forget 1 message set aside?" in command("set-aside", "clear", *WHO, typed="n\n", code=1).stderr
    for _ in range(2):
        command("set-aside", "clear", "--yes", *WHO)
    command("webhooks", "retry", *WHO, code=1)
    Outbox(Database(redis_client)).open()
    under_audit = [standing(store, number, Status.SUBMITTED) for number in range(2)]
    command("webhooks", "retry", *WHO)
    command("audits", "--ask", "--wave", "spring", *WHO)
    stored = store.get(under_audit[0].id)
    assert stored is not None
    store.save(stored, stored.release.model_copy(update={"status": Status.REJECTED}))
    command("audits", "--ask", *WHO)
    command("audits", *WHO)
    assert logged(command) == [
        anna("set-aside-requeue", detail="messages: 3"),
        anna("set-aside-clear", detail="messages: 1"),
        anna("webhooks-retry", detail="not delivered: 3"),
        anna("look", wave="spring", number=2),
        anna("look", **one(under_audit[1])),
    ]


def test_people_read_a_line_for_each_entry_and_a_terminal_its_own_time(
    command: Command, store: ReleaseStore
) -> None:
    assert "nobody has ordered anything" in command("log").stderr
    assert "all: mprelease log" in command("log", "--by", "bert").stderr
    release = standing(store, 1, Status.SUBMITTED)
    command("pause", "--as", "anna", "--reason", "[bold]rent[/] due")
    command("withdraw", release.id, *WHO)
    command("resume", "--platform", *WHO)

    lines = command("log").stdout.splitlines()
    assert [line.split("  ", 1)[1] for line in lines] == [
        "cli:anna  resume-platform  the platform, 0 releases: the sale",
        f"cli:anna  withdraw  {release.id}  {release.appid}: the sale",
        "cli:anna  pause  the platform: [bold]rent[/] due",
    ]
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC  ", line) for line in lines)

    shown = command("log", "--limit", "2", FORCE_COLOR="1", COLUMNS="80", TERM="xterm")
    assert "older entries left out; --limit 20" in shown.stderr
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown.stdout).splitlines()
    assert max(map(len, plain)) <= 80
    # Whole words, the further lines of an entry indented.
    assert plain[-1] == f"        {release.appid}: the sale"
    assert plain[-2].endswith(f"+08:00  cli:anna  withdraw  {release.id}")


@pytest.mark.parametrize("limit", ["0", "10001"])
def test_a_limit_is_one_that_the_log_can_have(command: Command, limit: str) -> None:
    command("log", "--limit", limit, code=2)
