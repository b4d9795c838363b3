from typing import Any

import pytest

from tests.simulator.client import MINI, Client

PAGES, BELOW = "https://pages.example.com", "https://m.pages.example.com"


def change(wechat: Client, action: str | None, *origins: str) -> int:
    body: dict[str, Any] = {"webviewdomain": list(origins)} | ({"action": action} if action else {})
    code: int = wechat.mini("setwebviewdomain", body)["errcode"]
    return code


def current(wechat: Client) -> list[str]:
    found: list[str] = wechat.mini("setwebviewdomain", {"action": "get"})["webviewdomain"]
    return found


def test_only_a_get_answers_the_list(wechat: Client) -> None:
    assert current(wechat) == []
    answer = wechat.mini("setwebviewdomain", {"action": "add", "webviewdomain": [PAGES, BELOW]})
    assert set(answer) == {"errcode", "errmsg"}
    assert current(wechat) == [PAGES, BELOW]


def test_each_action_and_what_changes_nothing(wechat: Client) -> None:
    assert change(wechat, "add", PAGES) == 0
    assert change(wechat, "add", PAGES) == 89019
    assert change(wechat, "set", BELOW) == 0
    assert change(wechat, "set", BELOW) == 89019
    assert change(wechat, "delete", PAGES) == 89022
    assert change(wechat, "delete", BELOW) == 0
    assert change(wechat, "replace", BELOW) == 40097
    assert change(wechat, None) == 0
    assert current(wechat) == [PAGES]


@pytest.mark.parametrize(
    "origin", ["pages.example.com", "http://pages.example.com", f"{PAGES}:8443", "https://other.example.org"]
)
def test_what_is_not_in_the_pool_is_refused(wechat: Client, origin: str) -> None:
    assert change(wechat, "add", PAGES, origin) == 89021
    assert current(wechat) == []


def test_other_refusals(wechat: Client) -> None:
    assert change(wechat, "add", *(f"https://h{n}.pages.example.com" for n in range(301))) == 89029
    wechat.sim("POST", "platform", {"webview_published": []})
    assert change(wechat, "add", PAGES) == 89020
    wechat.sim("POST", "miniprograms", {"appid": MINI, "is_personal": True})
    assert change(wechat, "add", PAGES) == 89231


def test_effective_are_those_in_the_pool(wechat: Client) -> None:
    fields = {"webviewdomain": [PAGES, "https://old.example.net"], "stored_style": "trailing_slash"}
    wechat.sim("POST", "miniprograms", {"appid": MINI, **fields})
    answer = wechat.mini("get_effective_webviewdomain")
    assert {name: found for name, found in answer.items() if name.endswith("domain")} == {
        "mp_webviewdomain": ["https://old.example.net/"],
        "third_webviewdomain": [f"{PAGES}/"],
        "direct_webviewdomain": [],
        "effective_webviewdomain": [f"{PAGES}/"],
    }


def pool(wechat: Client, action: str, hosts: str = "", *, together: bool = False) -> dict[str, Any]:
    body = {"action": action, "wxa_jump_h5_domain": hosts, "is_modify_published_together": together}
    return wechat.component("/cgi-bin/component/modify_wxa_jump_domain", body)


def test_the_pool_is_another_than_that_of_server_domains(wechat: Client) -> None:
    answer = pool(wechat, "add", "a.example.com")
    assert answer["published_wxa_jump_h5_domain"] == "pages.example.com"
    assert answer["testing_wxa_jump_h5_domain"] == "pages.example.com;a.example.com"
    assert change(wechat, "add", "https://a.example.com") == 89021
    assert pool(wechat, "add", "a.example.com", together=True)["errcode"] == 0
    assert change(wechat, "add", "https://a.example.com") == 0
    assert pool(wechat, "delete", "a.example.com;pages.example.com", together=True)["errcode"] == 0
    assert pool(wechat, "get")["published_wxa_jump_h5_domain"] == ""
    assert pool(wechat, "add", "https://x")["invalid_wxa_jump_h5_domain"] == "https://x"
    servers = wechat.component("/cgi-bin/component/modify_wxa_server_domain", {"action": "get"})
    assert servers["published_wxa_server_domain"].startswith("api.example.com;")


def test_each_pool_takes_50_edits_a_month_and_this_one_300_hosts(wechat: Client) -> None:
    assert pool(wechat, "set", ";".join(f"h{n}.example.com" for n in range(301)))["errcode"] == 85016
    wechat.sim("POST", "platform", {"webview_pool_edits": 50, "pool_edits": 0})
    assert pool(wechat, "add", "a.example.com")["errcode"] == 45104
