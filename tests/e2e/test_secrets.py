"""No secret that exists leaves the token store: not into logs, records, results, messages or errors."""

import json

from tests.workers import APPSECRET, TICKET, Platform

#: What may hold tokens: their own store.
TOKEN_STORE = "wechat:"


def everything_in_redis(platform: Platform) -> str:
    """Every key outside the token store with its value: records, results, queued and unacknowledged messages."""
    with platform.redis() as client:
        readers = {
            "string": client.get,
            "hash": client.hgetall,
            "list": lambda key: client.lrange(key, 0, -1),
            "set": client.smembers,
            "zset": lambda key: client.zrange(key, 0, -1),
        }
        keys = [key for key in client.scan_iter() if not key.startswith(TOKEN_STORE)]
        return "\n".join(f"{key} {readers[client.type(key)](key)}" for key in keys)


def test_no_secret_is_found_in_logs_records_results_or_messages(own_platform: Platform) -> None:
    platform = own_platform
    appids = [platform.mini_program(rotates_refresh_token=True) for _ in range(6)]
    cut, unknown, expired, blocked, failed, plain = appids
    platform.fault(cut, "commit", "cut_after")
    platform.fault(expired, "submit_audit", "errcode", errcode=42001)
    platform.fault(blocked, "modify_domain", "errcode", errcode=85018, action="add")
    platform.fault(failed, "commit", "html", times=-1)
    with platform.worker("--loglevel", "debug", MPRELEASE_WECHAT__CONNECT_TIMEOUT_S="1") as worker:
        platform.release(plain)
        with platform.redis() as client:
            token = json.loads(str(client.get(f"wechat:token:{plain}")))["token"]
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
                client.set(
                    f"wechat:token:{away}", json.dumps({"token": token, "refresh_below_ms": 0}), px=60_000
                )
            ended = platform.release(away, code=1)
            assert ended["failure"]["errmsg"].endswith("the connection failed or was cut")
    shown = platform.run("list", "--json").stdout + platform.run("list").stdout
    texts = {
        "log": worker.text() + cut_off.text(),
        "records": shown,
        "Redis": everything_in_redis(platform),
    }
    secrets = {*platform.sim("GET", "state", secrets="1")["secrets"], APPSECRET, TICKET, token}
    assert len(secrets) > 15
    assert "POST /wxa/commit?***" in texts["log"], "the debug log of urllib3 was not even on"
    for name, text in texts.items():
        assert text
        for secret in secrets:
            if secret == APPSECRET and name != "log":
                # WeChat's echo of it is the only way it could get there; the call did not send it.
                continue
            assert secret not in text, f"a secret is in {name}"
