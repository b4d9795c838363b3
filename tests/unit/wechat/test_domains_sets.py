from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wechat.domains import (
    SCHEMES,
    Domains,
    Pool,
    Standing,
    host_and_port,
    host_of,
    normalise,
    rejected,
)
from wechat.mini_program import modify_domain_body


def wanted(**lists: list[str]) -> Domains:
    return Domains.wanted(lists)


A = wanted(requestdomain=["https://a.cn", "https://b.cn:8443"], wsrequestdomain=["wss://a.cn"])


@pytest.mark.parametrize(
    ("domain", "normal"),
    [
        ("HTTPS://A.CN", "https://a.cn"),
        ("https://a.cn/", "https://a.cn"),
        ("\thttps://a.cn \n", "https://a.cn"),
        ("https://a.cn:443/", "https://a.cn:443"),
        ("https://a.cn/Path", "https://a.cn/path"),
        ("https://例子.CN:443", "https://xn--fsqu00a.cn:443"),
        ("https://a.cn.", "https://a.cn"),
        ("", ""),
    ],
)
def test_domain_is_normalised(domain: str, normal: str) -> None:
    assert normalise(domain) == normal


@settings(deadline=None)
@given(st.from_regex(r"\A[ \n]{0,2}[a-zA-Z]{1,4}://[a-zA-Z0-9.-]{1,6}(:\d{1,5})?/{0,2}[ \n]{0,2}\Z"))
@example("A://.")
def test_normal_form_of_a_normal_form_is_itself(domain: str) -> None:
    assert normalise(normalise(domain)) == normalise(domain)


@pytest.mark.parametrize(
    ("domain", "with_port", "bare"),
    [
        ("https://a.cn:8443", "a.cn:8443", "a.cn"),
        ("wss://a.cn", "a.cn", "a.cn"),
        ("a.cn:1", "a.cn:1", "a.cn"),
    ],
)
def test_host_is_read_with_and_without_its_port(domain: str, with_port: str, bare: str) -> None:
    assert (host_and_port(domain), host_of(domain)) == (with_port, bare)


def test_difference_is_what_stands_here_and_not_there_list_by_list() -> None:
    there = wanted(requestdomain=["https://a.cn"], uploaddomain=["https://b.cn:8443"])

    missing = A - there

    assert missing.as_dict() == {"requestdomain": ["https://b.cn:8443"], "wsrequestdomain": ["wss://a.cn"]}


def test_port_makes_another_domain() -> None:
    assert (
        wanted(requestdomain=["https://a.cn:443"]) - wanted(requestdomain=["https://a.cn"])
    ).as_dict() == {"requestdomain": ["https://a.cn:443"]}


def test_nothing_is_missing_where_wechat_writes_it_otherwise() -> None:
    answer = {"requestdomain": ["HTTPS://A.cn/", " https://b.cn:8443"], "wsrequestdomain": ["wss://a.cn/"]}

    assert not A - Domains.answered(answer)


def test_intersection_is_what_stands_in_both_list_by_list() -> None:
    there = wanted(requestdomain=["https://a.cn"], uploaddomain=["https://b.cn:8443"])

    assert (A & there).as_dict() == {"requestdomain": ["https://a.cn"]}


def test_union_keeps_order_and_leaves_repetitions_out() -> None:
    other = wanted(requestdomain=["https://c.cn", "https://a.cn"], udpdomain=["udp://a.cn"])

    assert (A | other).as_dict() == {
        "requestdomain": ["https://a.cn", "https://b.cn:8443", "https://c.cn"],
        "wsrequestdomain": ["wss://a.cn"],
        "udpdomain": ["udp://a.cn"],
    }


def test_hosts_are_bare_and_named_once() -> None:
    assert A.hosts() == ("a.cn", "b.cn")


def test_domains_that_hold_something_are_true() -> None:
    assert A
    assert not A - A


@pytest.mark.parametrize(
    ("hosts", "found"),
    [
        (["a.cn"], {"requestdomain": ["https://a.cn"], "wsrequestdomain": ["wss://a.cn"]}),
        (["A.CN/"], {"requestdomain": ["https://a.cn"], "wsrequestdomain": ["wss://a.cn"]}),
        (["https://a.cn"], {"requestdomain": ["https://a.cn"], "wsrequestdomain": ["wss://a.cn"]}),
        (["b.cn"], {"requestdomain": ["https://b.cn:8443"]}),
        (["b.cn:8443"], {"requestdomain": ["https://b.cn:8443"]}),
        (["https://b.cn:8443/"], {"requestdomain": ["https://b.cn:8443"]}),
        (["b.cn:443", "cn", "c.cn", "", "xa.cn"], {}),
        ([], {}),
    ],
)
def test_domains_are_found_by_their_hosts(hosts: list[str], found: dict[str, list[str]]) -> None:
    assert A.on_hosts(hosts).as_dict() == found
    assert A.missing_in(Pool(hosts)) == A - Domains.answered(found)


@pytest.mark.parametrize(
    ("host", "standing"),
    [
        ("shop.example", Standing.REGISTERED),
        ("https://Shop.Example./", Standing.REGISTERED),
        ("wss://shop.example:8443", Standing.REGISTERED),
        ("b.cn:8443", Standing.REGISTERED),
        ("b.cn", Standing.MISSING),
        ("a.shop.example", Standing.UNKNOWN),
        ("https://a.b.shop.example:444", Standing.UNKNOWN),
        ("ashop.example", Standing.MISSING),
        ("other.example", Standing.MISSING),
        ("例子.cn", Standing.REGISTERED),
        ("xn--fsqu00a.cn", Standing.REGISTERED),
        ("店.例子.cn", Standing.UNKNOWN),
        ("", Standing.MISSING),
    ],
)
def test_a_host_is_registered_missing_or_below_a_registered_one(host: str, standing: Standing) -> None:
    pool = Pool([" SHOP.example/", "https://b.cn:8443", "xn--fsqu00a.cn", "example", ""])

    assert pool.standing(host) is standing
    assert Pool(["例子.cn"]).standing("xn--fsqu00a.cn") is Standing.REGISTERED


def test_the_three_standings_part_the_wanted_domains() -> None:
    domains = wanted(requestdomain=["https://a.cn", "https://x.b.cn", "https://c.cn"])
    pool = Pool(["a.cn", "b.cn"])

    assert domains.on_hosts(["a.cn", "b.cn"]).hosts() == ("a.cn",)
    assert domains.unknown_in(pool).hosts() == ("x.b.cn",)
    assert domains.missing_in(pool).hosts() == ("c.cn",)


def test_answered_domains_are_normalised_and_named_once() -> None:
    fields = {"errcode": 0, "requestdomain": ["https://A.cn/", "https://a.cn"], "udpdomain": []}

    assert Domains.answered(fields).as_dict() == {"requestdomain": ["https://a.cn"]}


def test_answered_domains_may_be_what_wechat_would_not_accept() -> None:
    fields = {"requestdomain": ["http://localhost:8080/x"]}

    assert Domains.answered(fields).as_dict() == {"requestdomain": ["http://localhost:8080/x"]}


@pytest.mark.parametrize("value", [None, "", 7, {}, {"domain": "https://a.cn"}])
def test_answered_list_that_is_no_list_is_empty(value: Any) -> None:
    assert not Domains.answered({"requestdomain": value})


@pytest.mark.parametrize("text", ["https://a.cn;https://b.cn", "https://a.cn, https://B.cn/"])
def test_answered_text_is_read_as_the_domains_in_it(text: str) -> None:
    assert Domains.answered({"requestdomain": text}).as_dict() == {
        "requestdomain": ["https://a.cn", "https://b.cn"]
    }


def test_answered_objects_are_read_by_their_domain() -> None:
    fields = {"requestdomain": [{"domain": "https://a.cn", "status": 1}, {"reason": "x"}, None, 3, ["y"]]}

    assert Domains.answered(fields).as_dict() == {"requestdomain": ["https://a.cn"]}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, {}),
        ({"invalid_requestdomain": ["https://A.cn/"]}, {"requestdomain": ["https://a.cn"]}),
        ({"invalid_requestdomain": [{"domain": "https://a.cn"}]}, {"requestdomain": ["https://a.cn"]}),
        ({"invalid_uploaddomain": ["https://a.cn"]}, {}),
        ({"invalid_requestdomain": ["https://not-ours.cn"]}, {}),
        ({"requestdomain": ["https://a.cn"]}, {}),
        ({"no_icp_domain": ["b.cn"]}, {"requestdomain": ["https://b.cn:8443"]}),
        (
            {"no_icp_domain": ["https://a.cn"]},
            {"requestdomain": ["https://a.cn"], "wsrequestdomain": ["wss://a.cn"]},
        ),
        ({"no_icp_domain": [{"domain": "b.cn"}]}, {"requestdomain": ["https://b.cn:8443"]}),
        ({"no_icp_domain": "b.cn"}, {"requestdomain": ["https://b.cn:8443"]}),
        (
            {"invalid_wsrequestdomain": ["wss://a.cn"], "no_icp_domain": ["b.cn"]},
            {"requestdomain": ["https://b.cn:8443"], "wsrequestdomain": ["wss://a.cn"]},
        ),
    ],
)
def test_rejected_are_the_wanted_ones_that_an_answer_names(
    fields: dict[str, Any], named: dict[str, list[str]]
) -> None:
    assert rejected(A, fields).as_dict() == named


DOMAINS = st.dictionaries(
    st.sampled_from(list(SCHEMES)),
    st.lists(st.sampled_from(["a.cn", "b.cn", "b.cn:8443", "c.cn"]), max_size=5),
).map(lambda lists: Domains.wanted({n: [f"{SCHEMES[n]}://{host}" for host in lists[n]] for n in lists}))


def test_business_domains_stand_beside_the_lists_of_modify_domain() -> None:
    both = A | wanted(webviewdomain=["https://m.a.cn"])

    assert (both.server, both.web_view.as_dict()) == (A, {"webviewdomain": ["https://m.a.cn"]})
    assert not A.web_view
    assert Domains.of_web_view(["HTTPS://m.A.cn/", "https://m.a.cn"]) == both.web_view


def test_modify_domain_neither_tells_business_domains_nor_takes_them() -> None:
    both = A | wanted(webviewdomain=["https://m.a.cn"])

    assert Domains.answered(both.as_dict()) == A
    assert modify_domain_body("add", both) == {"action": "add", **A.lists}


def as_sets(domains: Domains) -> dict[str, set[str]]:
    return {name: set(items) for name, items in domains.as_dict().items()}


@settings(deadline=None)
@given(DOMAINS, DOMAINS)
def test_difference_and_intersection_make_the_whole(a: Domains, b: Domains) -> None:
    assert as_sets((a - b) | (a & b)) == as_sets(a)


@settings(deadline=None)
@given(DOMAINS, DOMAINS)
def test_difference_and_intersection_share_nothing(a: Domains, b: Domains) -> None:
    assert not (a - b) & b
    assert as_sets(a & b) == as_sets(b & a)


@settings(deadline=None)
@given(DOMAINS, DOMAINS)
def test_nothing_is_missing_after_adding_what_is_missing(a: Domains, b: Domains) -> None:
    assert not a - (b | (a - b))


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["no_icp_domain", "invalid_requestdomain", *SCHEMES]), st.lists(st.text())
    )
)
def test_any_answer_rejects_only_what_was_wanted(fields: dict[str, Any]) -> None:
    assert not rejected(A, fields) - A


def test_megabytes_of_domains_in_an_answer_are_compared_in_no_time() -> None:
    ours = Domains.wanted({"requestdomain": [f"https://x{number}.cn" for number in range(200)]})
    started = time.process_time()

    many = Domains.answered({"requestdomain": [f"https://h{number}.cn" for number in range(50_000)]})
    one = Domains.answered({"requestdomain": ["https://" + "é." * 200_000]})

    assert ours - many - one == ours
    assert time.process_time() - started < 1
