"""A release by HTTP alone: the API, a worker and a WeChat, and nobody who types a command."""

from collections.abc import Iterator

import pytest

from tests.support import api as serving
from tests.support.api import Api
from tests.support.workers import Platform, wait_for


@pytest.fixture
def api(platform: Platform) -> Iterator[Api]:
    with serving.running(without_secrets(platform), platform.directory) as api:
        yield api


def without_secrets(platform: Platform) -> dict[str, str]:
    """What the API needs of a platform's settings: neither AppSecret nor encryption keys."""
    return {
        name: value
        for name, value in platform.environment.items()
        if name not in ("MPRELEASE_PLATFORM__APPSECRET", "MPRELEASE_REDIS__ENCRYPTION_KEYS")
    }


def test_a_release_that_is_started_by_http_ends_submitted(platform: Platform, api: Api) -> None:
    appid = platform.mini_program()
    made = api.post("/releases", platform.request(appid), 201)
    wait_for(lambda: api.get(f"/releases/{made['release_id']}")["status"] == "submitted")
    ended = api.get(f"/releases/{made['release_id']}")
    (audit,) = platform.mini(appid)["audits"]
    assert ended["auditid"] == audit["auditid"]
    assert api.get("/releases", appid=appid, status="submitted")["releases"][0]["id"] == made["release_id"]


def test_a_wave_by_http_goes_on_after_its_canary_and_a_blocked_release_is_resumed(
    platform: Platform, api: Api
) -> None:
    appids = [platform.mini_program() for _ in range(4)]
    platform.fault(appids[3], "commit", "errcode", errcode=85014)
    common = platform.request(appids[0])
    order = {
        "requests": [{"appid": appid} for appid in appids],
        "canary": 2,
        "max_blocked": 60,
        **{name: common[name] for name in ("template_id", "user_version", "user_desc")},
    }
    api.post("/waves/by-http", order, 201)
    wait_for(lambda: api.get("/waves/by-http")["state"] == "over")
    wave = api.get("/waves/by-http")
    assert (wave["counts"]["submitted"], wave["counts"]["blocked"]) == (3, 1)
    assert [cause["errcode"] for cause in wave["causes"]] == [85014]
    api.post("/waves/by-http/resume", {"reason": "the template is there"})
    wait_for(lambda: api.get("/waves/by-http")["counts"]["submitted"] == 4)


def test_workers_are_told(platform: Platform, api: Api) -> None:
    wait_for(lambda: api.get("/platform")["workers"] == 1)
    assert api.get("/platform")["ticket_age_s"] >= 0
