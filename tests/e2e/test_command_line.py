"""The command line as an operator uses it, wrong input included."""

import json
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from db.database import Database
from tests.support.workers import PLATFORM_APPID, TICKET, Platform
from wechat.tokens.store import TokenStore

CONTRACT = [
    *("id", "appid", "template_id", "user_version", "user_desc", "ext", "audit", "wave", "domains", "step"),
    *("status", "attempts", "auditid", "block", "failure"),
    *("next_attempt_at", "created_at", "updated_at", "history"),
]


def count(platform: Platform) -> int:
    return len(platform.releases())


def test_show_prints_the_contracts_fields(platform: Platform) -> None:
    release = platform.release(platform.mini_program())
    shown = platform.documents("show", release["id"])[0]
    assert [name for name in shown if name in CONTRACT] == CONTRACT
    assert shown["created_at"].endswith("Z")
    assert set(shown["history"][0]) == {"time", "step", "what", "by", "reason"}
    people = platform.run("show", release["id"]).stdout
    assert str(release["auditid"]) in people


def test_options_enqueue_one_release(platform: Platform, tmp_path: Path) -> None:
    appid = platform.mini_program()
    ext = tmp_path / "ext.json"
    ext.write_text('{"ext": {"a": 1}}')
    options = (
        "--appid",
        appid,
        "--template-id",
        "1",
        "--user-version",
        "3",
        "--user-desc",
        "d",
        "--wave",
        "w1",
    )
    release = platform.documents("enqueue", *options, "--ext", str(ext), "--wait")[0]
    assert release["status"] == "submitted"
    assert release["ext"] == {"ext": {"a": 1}}
    (wave,) = platform.documents("wave", "w1")
    assert (wave["wave"], wave["total"]) == ("w1", 1)
    assert wave["counts"] == {**dict.fromkeys(STATUSES, 0), "submitted": 1}
    assert [found["id"] for found in platform.documents("list", "--wave", "w1")] == [release["id"]]
    assert [found["id"] for found in platform.documents("list", "--appid", appid)] == [release["id"]]


@pytest.mark.parametrize("options", [(), ("--json",), ("--watch",), ("--watch", "--json")])
def test_a_wave_that_nobody_knows_is_told_and_ends_1(platform: Platform, options: tuple[str, ...]) -> None:
    ended = platform.run("wave", "tpyo", *options, code=1)
    assert "no release belongs to a wave 'tpyo'" in ended.stderr
    assert ended.stdout == ""


def test_options_are_common_to_the_lines_of_a_file(platform: Platform) -> None:
    appids = [platform.mini_program() for _ in range(2)]
    lines = [json.dumps({"appid": appids[0], "user_version": "7.1"}), json.dumps({"appid": appids[1]})]
    options = ("--template-id", "1", "--user-version", "7.0", "--user-desc", "d", "--wave", "w7")
    ended = platform.documents("enqueue", "--file", "-", *options, "--wait", stdin="\n".join(lines))
    assert [(release["user_version"], release["wave"]) for release in ended] == [("7.1", "w7"), ("7.0", "w7")]


STATUSES = (
    *("queued", "running", "waiting", "blocked", "failed", "cancelled", "submitted"),
    *("rejected", "approved", "live", "replaced", "reverted"),
)


def test_the_same_request_twice_gives_one_id(platform: Platform) -> None:
    request = platform.request(platform.mini_program())
    first, second = platform.enqueue(request), platform.enqueue(request)
    assert first[0]["id"] == second[0]["id"]
    assert (first[0]["created"], second[0]["created"]) == (True, False)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"appid": "wx123"}, "appid"),
        ({"user_version": "1" * 65}, "user_version"),
        ({"ext": [1]}, "ext"),
        ({"domains": {"requestdomain": ["https://api.example.com/path"]}}, "domains.requestdomain"),
        ({"domains": {"wsrequestdomain": ["https://ws.example.com"]}}, "wss://"),
        ({"domains": {"requestdomain": ["https://10.0.0.1"]}}, "IP address"),
        ({"domains": {"requestdomain": [f"https://a{n}.example.com" for n in range(201)]}}, "200"),
        ({"nonsense": 1}, "nonsense"),
        ('{"appid": "wx0000000000000001",', "no JSON"),
        ("[]", "object"),
    ],
)
def test_one_bad_line_refuses_the_whole_file(
    platform: Platform, tmp_path: Path, line: dict[str, Any] | str, said: str
) -> None:
    before = count(platform)
    good = platform.request("wx00000000000000f1")
    bad = line if isinstance(line, str) else json.dumps({**platform.request("wx00000000000000f2"), **line})
    path = tmp_path / "wave.jsonl"
    path.write_text(f"{json.dumps(good)}\n\n{bad}\n")
    refused = platform.run("enqueue", "--file", str(path), code=2)
    assert refused.stdout == ""
    assert "Nothing was enqueued" in refused.stderr
    assert "line 3" in refused.stderr
    assert said in refused.stderr
    assert count(platform) == before


def test_a_file_that_contradicts_an_active_release_is_refused_whole(platform: Platform) -> None:
    appid = platform.mini_program()
    platform.fault(appid, "commit", "errcode", errcode=85014)
    blocked = platform.release(appid, code=1)
    before = count(platform)
    path = platform.directory / "conflict.jsonl"
    fresh = platform.request("wx00000000000000f3")
    path.write_text(json.dumps(fresh) + "\n" + json.dumps(platform.request(appid, user_desc="other")))
    refused = platform.run("enqueue", "--file", str(path), code=1)
    assert "line 2" in refused.stderr
    assert blocked["id"] in refused.stderr
    assert "user_desc" in refused.stderr
    assert count(platform) == before


def test_missing_and_wrong_options_are_named(platform: Platform) -> None:
    assert "--template-id" in platform.run("enqueue", "--appid", "wx0000000000000001", code=2).stderr
    one = ("enqueue", "--file", "-", "--appid", "wx0000000000000001")
    assert "can't go with --file" in platform.run(*one, code=2).stderr
    assert "no release has the id" in platform.run("show", "nobody", code=1).stderr
    assert "name releases" in platform.run("resume", code=2).stderr
    assert "goes with" in platform.run("resume", "--platform", "--max-blocked", "5", code=2).stderr
    assert "can't be cancelled" in platform.run("cancel", "--status", "live", code=2).stderr
    one = ("enqueue", "--file", "-", "--plan", "--wait")
    assert "nothing is enqueued" in platform.run(*one, code=2).stderr


def test_refusals_beyond_twenty_are_counted(platform: Platform) -> None:
    refused = platform.run("cancel", *(f"nobody-{number}" for number in range(22)), code=1).stderr
    assert "nobody-19" in refused
    assert "nobody-20" not in refused
    assert "and 2 more were refused" in refused


def test_the_version_is_that_of_the_package(platform: Platform) -> None:
    assert platform.run("--version").stdout == f"mprelease {metadata.version('mprelease')}\n"


@pytest.mark.parametrize("wrong", [("--loglevel", "nonsense"), ("--nonsense",), ("--autoscale", "many")])
def test_wrong_options_of_the_worker_are_named(platform: Platform, wrong: tuple[str, ...]) -> None:
    refused = platform.run("worker", *wrong, code=2)
    assert wrong[-1].lower() in refused.stderr.lower()
    assert "Traceback" not in refused.stderr


def test_a_misspelt_variable_is_an_error(platform: Platform) -> None:
    refused = platform.run("list", code=2, MPRELEASE_WORKER__CONCURENCY="4")
    assert "did you mean MPRELEASE_WORKER__CONCURRENCY?" in refused.stderr


def test_redis_away_is_said_and_ends_non_zero(platform: Platform) -> None:
    away = platform.run("list", code=3, MPRELEASE_REDIS__URL="redis://127.0.0.1:1/0")
    assert "Redis is away" in away.stderr
    assert "Traceback" not in away.stderr


def test_domains_are_read_and_changed_by_hand(platform: Platform) -> None:
    appid = platform.mini_program()
    added = platform.documents("domains", "add", appid, "--requestdomain", "https://api.example.com")[0]
    assert added["requestdomain"] == ["https://api.example.com"]
    assert platform.documents("domains", "get", appid)[0] == added
    again = platform.run("domains", "add", appid, "--requestdomain", "HTTPS://api.example.com/", "--json")
    assert "nothing was sent" in again.stderr
    assert json.loads(again.stdout) == added
    assert [call["action"] for call in platform.calls(appid, "modify_domain")].count("add") == 1
    platform.run("domains", "set", appid, "--requestdomain", "https://cdn.example.com", "--yes")
    assert platform.documents("domains", "get", appid)[0]["requestdomain"] == ["https://cdn.example.com"]
    removed = platform.documents(
        "domains", "delete", appid, "--requestdomain", "https://cdn.example.com", "--yes"
    )
    assert removed[0]["requestdomain"] == []
    wrong = platform.run("domains", "add", appid, "--requestdomain", "http://api.example.com", code=2)
    assert "https://api.example.com" in wrong.stderr


@pytest.mark.parametrize("host", ["10.0.0.1", "例子.cn", "api.example.com/v1", "ftp://api.example.com"])
def test_a_host_that_could_not_be_registered_is_refused_before_anything_is_sent(
    own_platform: Platform, host: str
) -> None:
    refused = own_platform.run("platform", "domains", "add", "new.example.com", host, "--yes", code=2)
    assert "Nothing was registered" in refused.stderr
    assert host in refused.stderr
    assert own_platform.sim("GET", "calls")["counts"] == {}


@pytest.mark.parametrize("body", ['{"code":403}', "{}", '{"errcode":null}'])
def test_domains_that_wechat_does_not_tell_are_not_said_to_be_none(platform: Platform, body: str) -> None:
    appid = platform.mini_program()
    platform.fault(appid, "modify_domain", "body", body=body)
    unanswered = platform.run("domains", "get", appid, code=1)
    assert "no errcode" in unanswered.stderr
    assert "no domain is configured" not in unanswered.stderr
    assert not unanswered.stdout


def test_secrets_are_never_arguments_and_never_shown(platform: Platform, tmp_path: Path) -> None:
    path = tmp_path / "tokens.jsonl"
    path.write_text('{"appid": "wx0000000000000001", "refresh_token": "very secret"}\n{"appid": "x"}\n')
    refused = platform.run("authorize", "--file", str(path), code=2)
    assert "line 1" in refused.stderr
    assert "line 2" in refused.stderr
    assert "very secret" not in refused.stderr
    assert platform.run("ticket", stdin="", code=2).stderr
    assert PLATFORM_APPID not in refused.stderr


def test_what_is_no_ticket_is_not_stored_over_the_good_one(platform: Platform) -> None:
    push = f"<xml><ComponentVerifyTicket><![CDATA[{TICKET}]]></ComponentVerifyTicket></xml>"
    for no_ticket in ("", push, f'"{TICKET}"', f"{TICKET} {TICKET}", "x" * 10_000):
        refused = platform.run("ticket", stdin=no_ticket, code=2).stderr
        assert "Nothing was stored" in refused
        assert "give the component_verify_ticket alone" in refused
        assert TICKET not in refused
    platform.run("ticket", stdin=f"\ufeff{TICKET}\r\n")
    with platform.redis() as client:
        assert TokenStore(Database(client), platform.seal()).ticket() == TICKET
