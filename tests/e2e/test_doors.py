"""Both doors at once: WeChat pushes to the receiver, a program calls the API, and nobody types a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import api as serving
from tests.support import receivers, workers
from tests.support.receivers import KEY, TOKEN
from tests.support.workers import wait_for

pytestmark = pytest.mark.long


def test_from_an_empty_redis_to_a_submitted_release_without_any_command(tmp_path: Path) -> None:
    with workers.platform(tmp_path, settings=receivers.SETTINGS) as platform:
        appid = platform.mini_program()
        with platform.redis() as client:
            client.flushall()
        told_nothing = {**platform.environment, "MPRELEASE_PLATFORM__APPSECRET": ""}
        with (
            receivers.receiver(tmp_path, {"MPRELEASE_REDIS__URL": platform.redis_url}) as receiver,
            serving.running(told_nothing, tmp_path) as api,
            platform.worker(),
        ):
            to = {"push_to": receiver.url, "push_token": TOKEN, "push_key": KEY}
            platform.sim("POST", "platform", to)
            for kind in ("component_verify_ticket", "authorized"):
                platform.sim("POST", "push", {"kind": kind, "appid": appid, "fields": {}})
            made = api.post("/releases", platform.request(appid), 201)
            wait_for(lambda: api.get(f"/releases/{made['release_id']}")["status"] == "submitted")
        (audit,) = platform.mini(appid)["audits"]
        assert platform.show(made["release_id"])["auditid"] == audit["auditid"]


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
