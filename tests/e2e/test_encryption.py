"""Encryption keys as an operator changes them, and what happens to a worker that has the wrong ones."""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from cli.demo import processes
from db.database import Database
from tests.support import workers
from tests.support.keys import NEW, OLD, OTHER
from tests.support.restartable_redis import restartable_redis
from tests.support.workers import KEYS, PATIENCE_S, TICKET, Platform, wait_for
from wechat.tokens.sealing import MARK, Seal
from wechat.tokens.store import PREFIX, TokenStore

pytestmark = pytest.mark.long

CELERY = (sys.executable, "-m", "celery", "-A", "worker", "worker", "--loglevel", "info")
#: Keys that are not those of what is stored.
WRONG = pytest.mark.parametrize("keys", ["", OTHER], ids=["no key", "another key"])


@pytest.fixture
def sealing_platform(tmp_path: Path) -> Iterator[Platform]:
    with workers.platform(tmp_path, settings={KEYS: NEW}) as platform:
        yield platform


def stored(platform: Platform) -> dict[str, str]:
    """The tickets and tokens as they stand in Redis."""
    with platform.redis() as client:
        keys = [key for key in client.scan_iter(f"{PREFIX}*") if "lock" not in key]
        return {key: str(client.get(key)) for key in keys}


def sealed(platform: Platform, *keys: str) -> bool:
    """Whether everything is sealed with the first key."""
    return all(Seal(keys).is_current(text) for text in stored(platform).values())


def rekey(platform: Platform, *keys: str, code: int | None = None) -> dict[str, Any]:
    """Run it with these keys; a worker that writes with others meanwhile makes it end 1."""
    environment = {KEYS: ",".join(keys)}
    report: dict[str, Any] = json.loads(platform.run("rekey", "--json", code=code, **environment).stdout)
    return report


def release_all(platform: Platform, appids: list[str], version: str) -> None:
    """Release a version, with all tokens just expired; it is given up then, so that there can be a next one."""
    platform.sim("POST", "tokens/expire")
    platform.enqueue(*(platform.request(appid, user_version=version) for appid in appids))
    platform.give_up(*appids)


def test_a_first_key_comes_in_and_a_second_one_takes_its_place(own_platform: Platform) -> None:
    platform = own_platform
    appids = [platform.mini_program(rotates_refresh_token=True) for _ in range(4)]
    assert not any(text.startswith(MARK) for text in stored(platform).values())

    # Two steps of a rotation are at work together, as in a rolling deployment.
    with (
        platform.worker("--hostname", "knows@%h", **{KEYS: f"plain,{NEW}"}),
        platform.worker("--hostname", "seals@%h", **{KEYS: NEW}),
    ):
        release_all(platform, appids, "1")
    assert rekey(platform, NEW, code=0)["current"] == len(stored(platform))
    assert sealed(platform, NEW)

    with platform.worker(**{KEYS: f"{OTHER},{NEW}"}):
        release_all(platform, appids, "2")
        told = platform.run("doctor", code=0, **{KEYS: f"{OTHER},{NEW}"}).stdout
        assert "to be sealed anew" in told
        assert "plain text" not in told
        assert rekey(platform, OTHER, NEW, code=0)["resealed"] > 0
    assert sealed(platform, OTHER)

    with platform.worker(**{KEYS: OTHER}):
        release_all(platform, appids, "3")
        doctor = platform.run("doctor", code=0, **{KEYS: OTHER}).stdout
        assert f"{len(stored(platform))} stored secrets are sealed with the first key" in doctor


def test_doctor_warns_of_tokens_in_plain_text_and_says_how_to_seal_them(own_platform: Platform) -> None:
    platform = own_platform
    platform.mini_program()
    with platform.worker():
        first, *lines = warned(platform)
        assert first.startswith("warn ")
        assert "2 of 2 tickets and tokens lie in plain text" in first
        # What it says makes a key; with it the tokens are sealed.
        made = subprocess.run(["sh", "-c", lines[0]], capture_output=True, text=True, check=True)
        key = made.stdout.strip()
        assert "ENCRYPTION_KEYS=plain,KEY" in lines[1]
        assert warned(platform, f"plain,{key}")[1:] == lines
        with platform.redis() as client:
            TokenStore(Database(client), Seal([key])).put_ticket(TICKET)
        number = len(stored(platform))
        [beside] = warned(platform, key)
        assert beside.startswith("warn ")
        assert f"{number - 1} of {number} tickets and tokens lie in plain text" in beside
        command = shlex.split(lines[3], comments=True)[1:]
        platform.run(*command, code=0, **{KEYS: key})
        assert warned(platform, key)[0].startswith("ok")


def warned(platform: Platform, keys: str = "") -> list[str]:
    """What the doctor says of the encryption, which ends well all the same."""
    told = platform.run("doctor", code=0, **{KEYS: keys}).stdout.splitlines()
    [first] = [number for number, line in enumerate(told) if "  encryption " in line]
    more = [line.strip() for line in told[first + 1 :]]
    return [told[first], *takewhile(lambda line: not line.startswith(("ok ", "warn ", "fail ")), more)]


def test_releases_and_rekey_at_the_same_time_lose_no_refresh_token(sealing_platform: Platform) -> None:
    platform = sealing_platform
    appids = [platform.mini_program(rotates_refresh_token=True) for _ in range(8)]
    both, reverse = f"{NEW},{OLD}", f"{OLD},{NEW}"
    with platform.worker("--concurrency", "4", **{KEYS: both}):
        for version in ("1", "2"):
            platform.sim("POST", "tokens/expire")
            requests = [platform.request(appid, user_version=version) for appid in appids]
            platform.enqueue_only(*requests)
            for keys in (reverse, both):
                rekey(platform, keys)
            platform.enqueue(*requests)
            platform.give_up(*appids)
    # What WeChat gave out last is what is kept.
    current = platform.sim("POST", "miniprograms", [{"appid": appid} for appid in appids])
    with platform.redis() as client:
        store = TokenStore(Database(client), Seal([NEW, OLD]))
        kept = [
            {"appid": mini["appid"], "refresh_token": store.refresh_token(mini["appid"])} for mini in current
        ]
    assert kept == current
    assert not any(mini["refresh_token"] == f"refreshtoken@@@{mini['appid']}" for mini in current)


@pytest.mark.parametrize(("keys", "command"), [("", CELERY), (OTHER, ())], ids=["no key", "another key"])
def test_a_worker_with_wrong_keys_ends_before_it_takes_a_message_and_others_go_on(
    sealing_platform: Platform, keys: str, command: tuple[str, ...], tmp_path: Path
) -> None:
    platform = sealing_platform
    appid = platform.mini_program()
    release = platform.enqueue_only(platform.request(appid))[0]

    log = tmp_path / "refused.log"
    line = command or (sys.executable, "-m", "worker", "worker")
    with processes.worker({**platform.environment, KEYS: keys}, log, line) as refused:
        assert refused.wait(PATIENCE_S) == 1

    said = log.read_text()
    assert KEYS in said
    assert " ready." not in said
    assert "Traceback" not in said
    assert not any(text.removeprefix(MARK) in said for text in stored(platform).values())
    assert platform.show(release["id"])["status"] == "queued"
    with platform.worker():
        assert platform.enqueue(platform.request(appid))[0]["status"] == "submitted"


def test_a_worker_with_wrong_keys_that_waited_for_redis_ends_when_it_is_there(tmp_path: Path) -> None:
    with (
        restartable_redis(tmp_path / "redis") as server,
        workers.platform(tmp_path, server=server, settings={KEYS: NEW}) as platform,
    ):
        server.stop()
        log = tmp_path / "refused.log"
        line = (sys.executable, "-m", "worker", "worker")
        with processes.worker({**platform.environment, KEYS: OTHER}, log, line) as refused:
            wait_for(lambda: "Cannot connect to redis" in log.read_text())
            assert refused.poll() is None
            server.restart()
            assert refused.wait(PATIENCE_S) == 1
        assert KEYS in log.read_text()


@WRONG
def test_commands_with_wrong_keys_say_so_and_store_nothing(sealing_platform: Platform, keys: str) -> None:
    platform = sealing_platform
    platform.mini_program()
    before = stored(platform)

    doctor = platform.run("doctor", code=1, **{KEYS: keys})
    assert f"{KEYS} opens 0 of 2 stored secrets" in doctor.stdout
    for command in (("ticket",), ("authorize", "wx00000000000000f1")):
        refused = platform.run(*command, stdin="another-secret", code=1, **{KEYS: keys})
        assert KEYS in refused.stderr
        assert "Traceback" not in refused.stderr
    assert stored(platform) == before


def test_rekey_names_what_it_can_not_read_and_drops_it_when_told_to(sealing_platform: Platform) -> None:
    platform = sealing_platform
    appid = platform.mini_program()
    names = ["wechat:refresh-token:" + appid, "wechat:ticket"]

    refused = platform.run("rekey", "--json", code=1, **{KEYS: OTHER})
    assert f'"unreadable": {names}'.replace("'", '"') in refused.stdout
    assert names[0] in refused.stderr
    platform.run("rekey", "--drop-unreadable", stdin="n\n", code=1, **{KEYS: OTHER})
    assert set(stored(platform)) == set(names)

    dropped = platform.documents("rekey", "--drop-unreadable", "--yes", **{KEYS: OTHER})[0]
    assert dropped == {"resealed": 0, "dropped": 2, "current": 0, "outdated": 0, "unreadable": []}
    platform.run("ticket", stdin=TICKET, code=0, **{KEYS: OTHER})
    assert sealed(platform, OTHER)


def test_rekey_without_a_key_says_which_setting_is_missing(own_platform: Platform) -> None:
    assert f"{KEYS} is not set" in own_platform.run("rekey", code=2).stderr


def test_a_running_worker_blocks_or_pauses_what_it_can_not_read_and_goes_on_when_it_can(
    sealing_platform: Platform,
) -> None:
    platform = sealing_platform
    plain, spoilt, later = (platform.mini_program() for _ in range(3))
    with platform.redis() as client, platform.worker("--concurrency", "1"):
        mine, strangers = (
            TokenStore(Database(client), Seal([NEW])),
            TokenStore(Database(client), Seal([OTHER])),
        )
        strangers.put_refresh_tokens({spoilt: "sealed elsewhere"})
        ended = {
            release["appid"]: release
            for release in platform.enqueue(platform.request(spoilt), platform.request(plain), code=1)
        }
        assert ended[plain]["status"] == "submitted"
        assert ended[spoilt]["status"] == "blocked"
        assert KEYS in ended[spoilt]["block"]["remedy"]

        strangers.put_ticket(TICKET)
        client.delete("wechat:token:component")
        waiting = platform.release(later, code=1)
        assert (waiting["status"], waiting["wait"]["errmsg"]) == (
            "waiting",
            "none of the encryption keys opens wechat:ticket in Redis",
        )
        assert KEYS in waiting["wait"]["remedy"]
        mine.put_ticket(TICKET)
        platform.run("resume", "--platform")
        wait_for(lambda: platform.show(waiting["id"])["status"] == "submitted")
