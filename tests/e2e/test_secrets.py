"""No secret that exists is found anywhere: in logs, records, results, messages, errors, nor in the sealed token store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from db.database import Database
from tests.support import workers
from tests.support.keys import NEW
from tests.support.workers import APPSECRET, KEYS, TICKET, Platform
from wechat.tokens.store import TokenStore


@pytest.fixture
def sealing_platform(tmp_path: Path) -> Iterator[Platform]:
    with workers.platform(tmp_path, settings={KEYS: NEW}) as platform:
        yield platform


def everything_in_redis(platform: Platform) -> str:
    """Every key with its value: tokens, records, results, queued and unacknowledged messages."""
    with platform.redis() as client:
        readers = {
            "string": client.get,
            "hash": client.hgetall,
            "list": lambda key: client.lrange(key, 0, -1),
            "set": client.smembers,
            "zset": lambda key: client.zrange(key, 0, -1),
        }
        return "\n".join(f"{key} {readers[client.type(key)](key)}" for key in client.scan_iter())


def all_that_redis_wrote(platform: Platform) -> str:
    """Its append-only file: every write there ever was."""
    with platform.redis() as client:
        directory = Path(client.config_get("dir")["dir"])
    return "\n".join(
        path.read_text(errors="replace") for path in directory.rglob("appendonly*") if path.is_file()
    )


def store_of(platform: Platform, client: redis.Redis) -> TokenStore:
    return TokenStore(Database(client), platform.seal())


@pytest.mark.long
def test_no_secret_is_found_in_logs_records_results_messages_or_redis(sealing_platform: Platform) -> None:
    platform = sealing_platform
    appids = [platform.mini_program(rotates_refresh_token=True) for _ in range(6)]
    cut, unknown, expired, blocked, failed, plain = appids
    platform.fault(cut, "commit", "cut_after")
    platform.fault(expired, "submit_audit", "errcode", errcode=42001)
    platform.fault(blocked, "modify_domain", "errcode", errcode=85018, action="add")
    platform.fault(failed, "commit", "html", times=-1)
    with platform.worker("--loglevel", "debug", MPRELEASE_WECHAT__CONNECT_TIMEOUT_S="1") as worker:
        platform.release(plain)
        with platform.redis() as client:
            stored = store_of(platform, client).token(plain)
        assert stored is not None
        token = stored.value
        # A server that echoes what it was sent must not get it into an errmsg that we keep.
        message = f"invalid access_token {token} and {APPSECRET}"
        platform.fault(plain, "commit", "errcode", errcode=85014, errmsg=message, times=-1)
        platform.fault(unknown, "commit", "errcode", errcode=9876543, errmsg=APPSECRET, times=-1)
        platform.sim("POST", f"audits/{plain}", {"status": 0})
        requests = [platform.request(appid, user_version="2") for appid in appids]
        platform.enqueue(*requests, code=1)
        # Nobody listens there: the errors of the HTTP library hold the URL, and the URL holds the token.
        away = platform.mini_program()
        with platform.worker(
            "--loglevel", "debug", "--hostname", "cut-off@%h", MPRELEASE_WECHAT__API_URL="http://127.0.0.1:9"
        ) as cut_off:
            # Only the worker that is cut off is left to take it.
            worker.process.terminate()
            worker.process.wait(60)
            with platform.redis() as client:
                store = store_of(platform, client)
                owner, _ = store.begin_refresh(away, 60)
                assert owner is not None
                assert store.put_token(away, owner, token, expires_in_s=60, refresh_ahead_s=0)
            ended = platform.release(away, code=1)
            assert ended["failure"]["errmsg"].endswith("the connection failed or was cut")
    shown = platform.run("list", "--json").stdout + platform.run("list").stdout
    texts = {
        "log": worker.text() + cut_off.text(),
        "records": shown,
        "Redis": everything_in_redis(platform),
        "Redis' file": all_that_redis_wrote(platform),
    }
    secrets = {*platform.sim("GET", "state", secrets="1")["secrets"], APPSECRET, TICKET, token}
    assert len(secrets) > 15
    assert "POST /wxa/commit?***" in texts["log"], "the debug log of urllib3 was not even on"
    assert f"wechat:refresh-token:{plain}" in texts["Redis"]
    assert f"wechat:refresh-token:{plain}" in texts["Redis' file"]
    for name, text in texts.items():
        assert text
        for secret in secrets:
            if secret == APPSECRET and name != "log":
                # WeChat's echo of it is the only way it could get there; the call did not send it.
                continue
            assert secret not in text, f"a secret is in {name}"
