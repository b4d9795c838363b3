from typing import Any

import pytest

from simulator.world import calls, little_world
from tests.simulator.client import MINI, OTHER, Client


def test_health(wechat: Client) -> None:
    assert wechat.sim("GET", "health") == {"ok": True}


def test_ten_thousand_miniprograms_can_be_added_at_once(wechat: Client) -> None:
    added = wechat.sim("POST", "miniprograms", [{"appid": f"wx{n:016d}"} for n in range(10_000)])
    assert len({mini["refresh_token"] for mini in added}) == 10_000
    assert wechat.sim("GET", "state")["totals"]["miniprograms"] == 10_004
    assert wechat.authorizer_token_answer("wx0000000000009999")["expires_in"] == 7200


def test_a_miniprogram_is_changed_by_the_fields_named_only(wechat: Client) -> None:
    before = wechat.state()
    wechat.sim("POST", "miniprograms", {"appid": MINI, "granted": False})
    assert wechat.state() == {**before, "granted": False}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("miniprograms", {}),
        ("miniprograms", {"appid": MINI, "colour": "red"}),
        ("miniprograms", {"appid": MINI, "granted": "no"}),
        ("miniprograms", {"appid": MINI, "stored_style": "curly"}),
        ("miniprograms", {"appid": MINI, "domains": {"request": []}}),
        ("platform", {"templates": ["1"]}),
        ("miniprograms", {"appid": MINI, "domains": []}),
        ("miniprograms", {"appid": MINI, "exp_info": 1}),
        ("miniprograms", [1]),
        ("audits/nobody", {"status": 1}),
        (f"audits/{MINI}", {"status": 5}),
        ("clock", {"advance_s": -1}),
        ("ticket", []),
    ],
)
def test_a_request_that_makes_no_sense_is_400_and_says_why(wechat: Client, path: str, body: Any) -> None:
    answer = wechat.raw("POST", f"/_sim/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("path", ["state?secrets", "health", "nothing"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8155"},
        {"Host": "localhost.evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "127.0.0.1@evil.example"},
        {"Host": "evil.example@127.0.0.1"},
        {"Host": "10.0.0.1"},
        {"Host": "[::2]"},
        {"Host": ""},
        {"Host": "[::1"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
)
def test_the_control_side_is_for_this_machine_alone(
    wechat: Client, path: str, headers: dict[str, str]
) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = wechat.raw(method, f"/_sim/{path}", headers=headers)
        assert answer.status_code == 403
        assert set(answer.json()) == {"error"}


def test_no_foreign_page_resets_the_world(wechat: Client) -> None:
    wechat.sim("POST", "miniprograms", {"appid": MINI, "granted": False})
    for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
        assert wechat.raw("POST", "/_sim/reset", headers=headers).status_code == 403
    assert wechat.state()["granted"] is False


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1", "LOCALHOST:8155", "[::1]", "[::1]:8155"])
def test_the_control_side_answers_to_every_name_of_loopback(wechat: Client, host: str) -> None:
    for headers in ({"Host": host}, {"Host": host, "Origin": f"http://{host}"}):
        assert wechat.raw("GET", "/_sim/health", headers=headers).status_code == 200


def test_wechat_s_own_side_answers_to_any_host(wechat: Client) -> None:
    headers = {"Host": "api.weixin.qq.com", "Origin": "https://any.example"}
    answer = wechat.raw("GET", f"/wxa/getversioninfo?access_token={wechat.token()}", headers=headers)
    assert answer.json()["errcode"] is not None


def test_an_unknown_control_path_is_404(wechat: Client) -> None:
    assert wechat.raw("GET", "/_sim/nothing").status_code == 404


def test_the_state_hides_every_secret_unless_asked(wechat: Client) -> None:
    # Given every kind of secret there is
    wechat.sim("POST", "miniprograms", {"appid": MINI, "rotates_refresh_token": True})
    issued = {
        wechat.sim("POST", "ticket")["component_verify_ticket"],
        little_world.TICKET,
        little_world.PLATFORM_SECRET,
        wechat.component_token(),
        wechat.refresh_token(MINI),
        wechat.token(),
        wechat.refresh_token(MINI),
        wechat.refresh_token(OTHER),
    }
    # When the state is asked for, then it has none of them
    shown = wechat.raw("GET", "/_sim/state").text
    assert not [secret for secret in issued if secret in shown]
    # And with secrets it has them all, those from before a reset included
    assert issued <= set(wechat.sim("GET", "state?secrets=1")["secrets"])
    wechat.sim("POST", "reset")
    assert issued <= set(wechat.sim("GET", "state?secrets=1")["secrets"])


def test_calls_are_recorded_without_secrets(wechat: Client) -> None:
    wechat.token()
    wechat.mini("modify_domain", {"action": "get"})
    wechat.commit(template_id=99)
    answer = wechat.sim("GET", "calls")
    assert answer["counts"] == {
        "api_component_token": 1,
        "api_authorizer_token": 1,
        "modify_domain": 1,
        "commit": 1,
    }
    recorded = answer["calls"]
    assert [call["n"] for call in recorded] == [1, 2, 3, 4]
    assert [call["appid"] for call in recorded] == [little_world.PLATFORM_APPID, MINI, MINI, MINI]
    assert recorded[2]["action"] == "get"
    assert recorded[3]["errcode"] == 85014
    assert [call["applied"] for call in recorded] == [True, True, True, False]
    assert recorded[3]["body"]["template_id"] == 99
    secrets = wechat.sim("GET", "state?secrets=1")["secrets"]
    shown = wechat.raw("GET", "/_sim/calls").text
    assert not [secret for secret in secrets if secret in shown]


def test_calls_can_be_filtered_and_cleared(wechat: Client) -> None:
    wechat.mini("getversioninfo")
    wechat.mini("getversioninfo", appid=OTHER)
    wechat.commit()
    answer = wechat.sim("GET", f"calls?appid={MINI}&endpoint=/wxa/getversioninfo")
    assert answer["counts"] == {"getversioninfo": 1}
    assert [call["endpoint"] for call in answer["calls"]] == ["getversioninfo"]
    assert wechat.sim("GET", f"calls?appid={OTHER}")["counts"]["getversioninfo"] == 1
    assert wechat.sim("DELETE", "calls") == {"ok": True}
    assert wechat.sim("GET", "calls") == {"counts": {}, "applied": {}, "calls": []}
    assert wechat.raw("GET", "/_sim/calls?endpoint=nowhere").status_code == 400


def test_progress_counts_what_took_effect_and_says_when(wechat: Client) -> None:
    assert wechat.sim("GET", "progress") == {}
    wechat.commit()
    wechat.advance(1000)
    wechat.commit()
    wechat.commit(template_id=99)
    told = wechat.sim("GET", "progress")["commit"]
    assert told["count"] == 2
    assert 0 <= wechat.sim("GET", "state")["now"] - told["at"] < 500
    wechat.sim("DELETE", "calls")
    assert wechat.sim("GET", "progress") == {}


def test_tokens_issued_here_are_as_good_as_those_of_the_api(wechat: Client) -> None:
    tokens = wechat.sim("POST", "tokens/issue", {"appids": [MINI, OTHER]})
    assert set(tokens) == {MINI, OTHER}
    assert wechat.post("/wxa/getversioninfo", {}, token=tokens[MINI])["errcode"] == 0
    assert wechat.calls("getversioninfo")[0]["appid"] == MINI
    assert wechat.raw("POST", "/_sim/tokens/issue", json={"appids": [MINI, "nobody"]}).status_code == 400


def test_the_record_is_bounded_and_the_counts_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MAX_CALLS", 2)
    log = calls.CallLog()
    for _ in range(3):
        log.arrive(at=0, endpoint="commit", appid=MINI, action=None, body=None)
    report = log.report(MINI, None)
    assert report["counts"] == {"commit": 3}
    assert [call["n"] for call in report["calls"]] == [2, 3]


def test_a_call_with_a_dead_token_is_still_recorded_under_its_appid(wechat: Client) -> None:
    wechat.token()
    said = wechat.sim("POST", "tokens/expire")
    assert wechat.mini("getversioninfo")["errcode"] == 42001
    (call,) = wechat.calls("getversioninfo")
    assert call["appid"] == MINI
    assert call["n"] == said["last_call"] + 1


def test_reset_brings_the_little_world_back(wechat: Client) -> None:
    wechat.commit()
    wechat.fault("empty", times=-1)
    wechat.sim("POST", "platform", {"published": []})
    wechat.advance(1000)
    before = wechat.sim("GET", "state")["now"]
    wechat.sim("POST", "reset")
    state = wechat.sim("GET", "state")
    assert wechat.state()["trial"] is None
    assert state["platform"]["published"] == little_world.PUBLISHED
    assert state["now"] < before
    assert wechat.sim("GET", "faults") == []
    assert wechat.sim("GET", "calls")["calls"] == []
