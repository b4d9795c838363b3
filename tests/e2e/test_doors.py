"""Both doors at once: WeChat pushes to the receiver, a program calls the API, and nobody types a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.database import Database
from tests.e2e.test_secrets import everything_in_redis
from tests.support import api as serving
from tests.support import receivers, workers
from tests.support.api import KEYS
from tests.support.keys import NEW
from tests.support.receivers import KEY, TOKEN
from tests.support.workers import APPSECRET, wait_for
from wechat.tokens.slots import COMPONENT
from wechat.tokens.store import TokenStore

pytestmark = pytest.mark.long


def test_from_an_empty_redis_to_a_submitted_release_without_any_command(tmp_path: Path) -> None:
    settings = {**receivers.SETTINGS, workers.KEYS: NEW}
    with workers.platform(tmp_path, settings=settings) as platform:
        appid = platform.mini_program()
        with platform.redis() as client:
            client.flushall()
        told_nothing = {**platform.environment, "MPRELEASE_PLATFORM__APPSECRET": "", workers.KEYS: ""}
        its = {"MPRELEASE_REDIS__URL": platform.redis_url, workers.KEYS: NEW}
        with (
            receivers.receiver(tmp_path, its) as receiver,
            serving.running(told_nothing, tmp_path) as api,
            platform.worker("--loglevel", "debug") as worker,
        ):
            to = {"push_to": receiver.url, "push_token": TOKEN, "push_key": KEY}
            platform.sim("POST", "platform", to)
            for kind in ("component_verify_ticket", "authorized"):
                platform.sim("POST", "push", {"kind": kind, "appid": appid, "fields": {}})
            made = api.post("/releases", platform.request(appid), 201)
            wait_for(lambda: api.get(f"/releases/{made['release_id']}")["status"] == "submitted")
            with platform.redis() as client:
                store = TokenStore(Database(client), platform.seal())
                stored = [store.ticket(), store.refresh_token(appid)]
                stored += [token.value for token in map(store.token, (appid, COMPONENT)) if token]
            told = [
                *(process.text() for process in (receiver, api, worker)),
                *(api.ask("GET", path).text for path in ("/releases", "/platform", "/openapi.json")),
                api.session.get(
                    f"{api.url}/metrics", headers={"Authorization": f"Bearer {KEYS['read']}"}
                ).text,
                str(made),
                everything_in_redis(platform),
            ]
        (audit,) = platform.mini(appid)["audits"]
        assert platform.show(made["release_id"])["auditid"] == audit["auditid"]
    assert len([secret for secret in stored if secret]) == 4
    for secret in (*stored, *KEYS.values(), APPSECRET, TOKEN, KEY, NEW):
        assert [part[:80] for part in told if str(secret) in part] == []


def test_the_owner_lends_a_token_that_wechat_takes_to_who_may_have_one(tmp_path: Path) -> None:
    with workers.platform(tmp_path) as platform, serving.running(platform.environment, tmp_path) as api:
        appid = platform.mini_program()
        for scope in ("read", "operate", "publish"):
            assert api.ask("GET", f"/tokens/{appid}", scope=scope).status_code == 403
        lent = api.ask("GET", f"/tokens/{appid}", scope="tokens")
        assert (lent.status_code, lent.headers["Cache-Control"]) == (200, "no-store")
        assert 0 < lent.json()["expires_in"] <= 7200
        # The same one: there is one owner, and one refresh.
        assert (
            api.ask("GET", f"/tokens/{appid}", scope="tokens").json()["access_token"]
            == (lent.json()["access_token"])
        )
        assert [call["errcode"] for call in platform.calls(appid, "api_authorizer_token")] == [0]
        assert api.ask("GET", "/tokens/wx00000000000fffff", scope="tokens").status_code == 404
        assert lent.json()["access_token"] not in api.text()
