from typing import Any

import pytest

from tests.simulator.client import MINI, Client

API = "https://api.example.com"
OWN = "https://shop-b1.example.net"


def modify(wechat: Client, action: str, **lists: Any) -> dict[str, Any]:
    return wechat.mini("modify_domain", {"action": action, **lists})


def flags(wechat: Client, **fields: Any) -> None:
    wechat.sim("POST", "miniprograms", {"appid": MINI, **fields})


def current(wechat: Client) -> list[str]:
    domains: list[str] = wechat.state()["domains"]["requestdomain"]
    return domains


def test_get_gives_all_six_lists(wechat: Client) -> None:
    answer = modify(wechat, "get")
    assert answer["errcode"] == 0
    assert answer["requestdomain"] == [OWN]
    assert all(answer[f"{kind}domain"] == [] for kind in ("wsrequest", "upload", "download", "udp", "tcp"))


def test_add_appends_and_answers_the_lists(wechat: Client) -> None:
    answer = modify(wechat, "add", requestdomain=[API, API + ":8443"], udpdomain=["udp://api.example.com"])
    assert answer["errcode"] == 0
    assert answer["requestdomain"] == [OWN, API, API + ":8443"]
    assert answer["udpdomain"] == ["udp://api.example.com"]


def test_add_may_answer_without_the_lists(wechat: Client) -> None:
    flags(wechat, add_answers_lists=False)
    assert set(modify(wechat, "add", requestdomain=[API])) == {"errcode", "errmsg"}


@pytest.mark.parametrize(
    ("style", "shown"),
    [("trailing_slash", "https://api.example.com/"), ("upper_host", "https://API.EXAMPLE.COM")],
)
def test_stored_domains_may_be_spelt_otherwise(wechat: Client, style: str, shown: str) -> None:
    flags(wechat, stored_style=style, domains={"requestdomain": [API]})
    assert modify(wechat, "get")["requestdomain"] == [shown]
    assert modify(wechat, "add", requestdomain=[shown])["errcode"] == 85017


@pytest.mark.parametrize("lists", [{}, {"requestdomain": [OWN]}, {"requestdomain": API}])
def test_nothing_new_is_85017(wechat: Client, lists: dict[str, Any]) -> None:
    assert modify(wechat, "add", **lists)["errcode"] == 85017


def test_a_host_outside_the_pool_refuses_the_whole_call(wechat: Client) -> None:
    answer = modify(wechat, "add", requestdomain=[API, "https://other.example.org"])
    assert answer["errcode"] == 85018
    assert current(wechat) == [OWN]


def test_a_host_in_the_testing_pool_only_is_not_registered(wechat: Client) -> None:
    assert modify(wechat, "add", requestdomain=["https://beta.example.com"])["errcode"] == 85018
    wechat.sim("POST", "platform", {"testing_only_errcode": 85017})
    assert modify(wechat, "add", requestdomain=["https://beta.example.com"])["errcode"] == 85017


@pytest.mark.parametrize(
    "broken",
    [
        "http://api.example.com",
        "https://api.example.com/v1",
        "https://10.0.0.1",
        "https://api.weixin.qq.com",
        "https://api.example.com\n",
        "https://api.example.com:99999",
        "api.example.com",
    ],
)
def test_a_rule_breaker_is_named(wechat: Client, broken: str) -> None:
    answer = modify(wechat, "add", requestdomain=[broken])
    assert answer["errcode"] == 85301
    assert answer["invalid_requestdomain"] == [broken]


def test_partial_success_is_errcode_0(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"no_icp": ["cdn.example.com"]})
    answer = modify(
        wechat,
        "add",
        requestdomain=[API],
        wsrequestdomain=["https://ws.example.com"],
        downloaddomain=["https://cdn.example.com"],
    )
    assert answer["errcode"] == 0
    assert answer["requestdomain"] == [OWN, API]
    assert answer["invalid_wsrequestdomain"] == ["https://ws.example.com"]
    assert answer["no_icp_domain"] == ["https://cdn.example.com"]


def test_missing_icp_filing_is_85302_and_with_a_rule_breaker_85303(wechat: Client) -> None:
    unfiled = "https://unfiled.example.com"
    answer = modify(wechat, "add", requestdomain=[unfiled])
    assert (answer["errcode"], answer["no_icp_domain"]) == (85302, [unfiled])
    assert modify(wechat, "add", requestdomain=[unfiled, "x"])["errcode"] == 85303


def test_a_list_holds_200(wechat: Client) -> None:
    flags(wechat, domains={"requestdomain": [f"https://h{n}.example.net" for n in range(200)]})
    assert modify(wechat, "add", requestdomain=[API])["errcode"] == 85016


def test_delete_removes_and_set_overwrites_the_lists_sent(wechat: Client) -> None:
    modify(wechat, "add", requestdomain=[API], wsrequestdomain=["wss://ws.example.com"])
    assert modify(wechat, "delete", requestdomain=[OWN])["requestdomain"] == [API]
    assert modify(wechat, "delete", requestdomain=[OWN])["errcode"] == 85017
    answer = modify(wechat, "set", requestdomain=["https://cdn.example.com"])
    assert answer["requestdomain"] == ["https://cdn.example.com"]
    assert answer["wsrequestdomain"] == ["wss://ws.example.com"]
    assert modify(wechat, "set", requestdomain=["x"])["errcode"] == 85301
    assert modify(wechat, "set", requestdomain=[])["requestdomain"] == []


def test_50_edits_a_month_and_reading_is_free(wechat: Client) -> None:
    flags(wechat, domain_edits=49)
    assert modify(wechat, "add", requestdomain=[OWN])["errcode"] == 85017
    assert modify(wechat, "add", requestdomain=[API])["errcode"] == 0
    assert modify(wechat, "delete", requestdomain=[API])["errcode"] == 86102
    assert modify(wechat, "get")["errcode"] == 0
    assert wechat.state()["domain_edits"] == 50


def test_the_month_turns(wechat: Client) -> None:
    flags(wechat, domain_edits=50)
    wechat.sim("POST", "platform", {"token_ttl_s": 10_000_000})
    assert modify(wechat, "add", requestdomain=[API])["errcode"] == 86102
    wechat.advance(31 * 86_400)
    assert modify(wechat, "add", requestdomain=[API])["errcode"] == 0


def test_refused_edits_may_count(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"count_refused_edits": True})
    modify(wechat, "add", requestdomain=[OWN])
    assert wechat.state()["domain_edits"] == 1


def test_an_account_that_is_no_miniprogram_is_85015(wechat: Client) -> None:
    flags(wechat, is_miniprogram=False)
    assert modify(wechat, "get")["errcode"] == 85015


def test_an_unknown_action_is_refused(wechat: Client) -> None:
    assert modify(wechat, "append", requestdomain=[API])["errcode"] == 40097


def test_effective_domains_are_the_platforms(wechat: Client) -> None:
    modify(wechat, "add", requestdomain=[API])
    answer = wechat.mini("get_effective_domain")
    assert answer["mp_domain"]["requestdomain"] == [OWN]
    assert answer["third_domain"]["requestdomain"] == [API]
    assert answer["effective_domain"]["requestdomain"] == [API]
    assert answer["direct_domain"]["requestdomain"] == []


def pool(wechat: Client, action: str, hosts: str = "", *, together: bool = False) -> dict[str, Any]:
    body = {"action": action, "wxa_server_domain": hosts, "is_modify_published_together": together}
    return wechat.component("/cgi-bin/component/modify_wxa_server_domain", body)


def test_the_pool_has_a_testing_and_a_published_part(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"published": ["a.example.com"], "testing": ["a.example.com"]})
    answer = pool(wechat, "add", "b.example.com;c.example.com")
    assert answer["testing_wxa_server_domain"] == "a.example.com;b.example.com;c.example.com"
    assert answer["published_wxa_server_domain"] == "a.example.com"
    answer = pool(wechat, "add", "b.example.com", together=True)
    assert answer["published_wxa_server_domain"] == "a.example.com;b.example.com"
    assert pool(wechat, "delete", "never.example.com", together=True)["errcode"] == 0
    answer = pool(wechat, "set", "z.example.com", together=True)
    assert answer["published_wxa_server_domain"] == "z.example.com"
    assert pool(wechat, "get")["testing_wxa_server_domain"] == "z.example.com"


def test_the_pool_names_invalid_hosts(wechat: Client) -> None:
    answer = pool(wechat, "add", "https://x.example.com;b.example.com")
    assert answer["errcode"] == 0
    assert answer["invalid_wxa_server_domain"] == "https://x.example.com"
    assert pool(wechat, "add", "1.2.3.4")["errcode"] == 9410016


def test_an_unpublished_platform_has_no_published_pool(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"is_published": False})
    assert pool(wechat, "add", "b.example.com", together=True)["errcode"] == 61028
    assert "published_wxa_server_domain" not in pool(wechat, "add", "b.example.com")


def test_the_pool_takes_50_edits_a_month(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"pool_edits": 49, "token_ttl_s": 10_000_000})
    assert pool(wechat, "add", "b.example.com")["errcode"] == 0
    assert pool(wechat, "add", "c.example.com")["errcode"] == 45104
    assert pool(wechat, "get")["errcode"] == 0
    wechat.advance(31 * 86_400)
    assert pool(wechat, "add", "c.example.com")["errcode"] == 0


@pytest.mark.parametrize(("shows", "shown"), [("after", [OWN, API]), ("added", [API]), ("before", [OWN])])
def test_add_may_answer_other_lists_than_those_of_afterwards(
    wechat: Client, shows: str, shown: list[str]
) -> None:
    flags(wechat, add_answers=shows)
    assert modify(wechat, "add", requestdomain=[API])["requestdomain"] == shown
    assert current(wechat) == [OWN, API]


def test_a_host_below_a_published_one_counts_where_the_world_says_so(wechat: Client) -> None:
    below = "https://a.api.example.com"
    assert modify(wechat, "add", requestdomain=[below])["errcode"] == 85018
    wechat.sim("POST", "platform", {"subdomains_count": True})
    assert modify(wechat, "add", requestdomain=[below])["errcode"] == 0
    assert modify(wechat, "add", requestdomain=["https://xapi.example.com"])["errcode"] == 85018
