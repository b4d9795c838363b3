"""A real worker tells real robots of a real brake: once, with the link; and says which robot refuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.robots import KEY, PATHS, SECRET, Answer, Groups, telling
from tests.support.workers import Platform, wait_for

pytestmark = pytest.mark.long

PAGE = "https://releases.example.com"


@pytest.fixture
def groups() -> Iterator[Groups]:
    with telling() as made:
        yield made


def test_a_braked_wave_is_told_once_by_whichever_worker(own_platform: Platform, groups: Groups) -> None:
    settings = {**groups.settings(), "MPRELEASE_NOTIFY__PAGE_URL": PAGE}
    groups.answers["feishu"] = Answer({"code": 19024, "msg": "Key Words Not Found"})
    appids = own_platform.mini_programs(5)
    for appid in appids:
        own_platform.fault(appid, "commit", "errcode", errcode=85014, times=-1)
    with own_platform.worker(**settings) as first, own_platform.redis() as client:
        # The first look tells of nothing that was before.
        wait_for(lambda: client.hlen("releases:notices") == 1 + len(PATHS))
        own_platform.enqueue_only(
            *(own_platform.request(appid, wave="spring sale") for appid in appids),
            options=("--canary", "2", "--max-blocked", "10"),
        )
        wait_for(
            lambda: groups.messages["wecom"] and groups.messages["dingtalk"] and "feishu" in groups.asked
        )
        for channel in ("wecom", "dingtalk"):
            (text,) = groups.texts(channel)
            assert "Wave spring sale is braked on its way to the audit" in text
            assert "2: 85014" in text
            assert f"{PAGE}/wave?name=spring%20sale" in text
        wait_for(lambda: "was not taken by the robot of Feishu: 19024 Key Words Not Found" in first.text())

        doctor = own_platform.run("doctor", code=None, **settings).stdout
        assert "ok       notices       WeCom: taken" in doctor
        assert "warn     notices       Feishu: 19024 Key Words Not Found (1 in a row" in doctor

        # Another worker knows what was told.
        with own_platform.worker("--hostname", "second@%h", **settings) as second:
            first.process.terminate()
            first.process.wait(60)
            looked = client.pttl("releases:notices")
            wait_for(lambda: client.pttl("releases:notices") > looked)
            own_platform.run("pause", "--reason", "look at it first")
            wait_for(lambda: len(groups.messages["wecom"]) > 1, patience_s=120)
            logs = first.text() + second.text()
        kept = str(client.hgetall("releases:notices"))
    (text,) = groups.texts("wecom")[1:]
    assert "braked" not in text
    assert "reason: look at it first" in text
    earlier, later = groups.times["wecom"]
    assert later - earlier > 59
    assert logs.count("was not taken") == 1
    for secret in (KEY, SECRET):
        assert secret not in logs
        assert secret not in kept
