from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wechat.domains import MAX_PER_LIST, MAX_WEB_VIEW, SCHEMES, Domains, InvalidDomain

LABEL = "a" * 63


def problem_of(raw: dict[str, Any]) -> str:
    with pytest.raises(InvalidDomain) as caught:
        Domains.wanted(raw)
    return str(caught.value)


@pytest.mark.parametrize(("name", "scheme"), list(SCHEMES.items()))
def test_each_list_takes_its_own_scheme(name: str, scheme: str) -> None:
    assert Domains.wanted({name: [f"{scheme}://api.a.cn"]}).as_dict() == {name: [f"{scheme}://api.a.cn"]}


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        (name, scheme)
        for name in SCHEMES
        for scheme in sorted({*SCHEMES.values(), "http", "ws"} - {SCHEMES[name]})
    ],
)
def test_each_list_refuses_the_schemes_of_others(name: str, scheme: str) -> None:
    problem = problem_of({name: [f"{scheme}://api.a.cn"]})

    assert problem.startswith(f"{name}: ")
    assert "wrong scheme" in problem
    assert f"{SCHEMES[name]}://" in problem


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://api.a.cn", "https://api.a.cn"),
        ("HTTPS://Api.A.CN", "https://api.a.cn"),
        ("https://api.a.cn/", "https://api.a.cn"),
        (" https://api.a.cn\n", "https://api.a.cn"),
        ("https://api.a.cn:8443", "https://api.a.cn:8443"),
        ("https://api.a.cn:443/", "https://api.a.cn:443"),
        ("https://api.a.cn:65535", "https://api.a.cn:65535"),
        ("https://xn--fiqs8s.cn", "https://xn--fiqs8s.cn"),
        (f"https://{LABEL}.cn", f"https://{LABEL}.cn"),
        ("https://1.2.3.4.cn", "https://1.2.3.4.cn"),
        ("https://my-api.weixin.qq.com", "https://my-api.weixin.qq.com"),
    ],
)
def test_domain_is_taken_in_its_normal_form(written: str, kept: str) -> None:
    assert Domains.wanted({"requestdomain": [written]}).as_dict() == {"requestdomain": [kept]}


@pytest.mark.parametrize(
    ("written", "part_of_the_problem"),
    [
        ("https://1.2.3.4", "IP address"),
        ("https://1.2.3.4:8443", "IP address"),
        ("https://127.1", "IP address"),
        ("https://2130706433", "IP address"),
        ("https://[::1]", "scheme://host[:port] alone"),
        ("https://[2001:db8::1]:443", "scheme://host[:port] alone"),
        ("https://2001:db8::1", "scheme://host[:port] alone"),
        ("https://api.a.cn/v1", "scheme://host[:port] alone"),
        ("https://api.a.cn?x=1", "scheme://host[:port] alone"),
        ("https://api.a.cn/?x=1", "scheme://host[:port] alone"),
        ("https://api.a.cn#top", "scheme://host[:port] alone"),
        ("https://me@api.a.cn", "scheme://host[:port] alone"),
        ("https://me:secret@api.a.cn", "scheme://host[:port] alone"),
        ("https://api.a.cn:", "scheme://host[:port] alone"),
        ("https://api.a.cn:-1", "scheme://host[:port] alone"),
        ("https://api.a.cn:https", "scheme://host[:port] alone"),
        ("https://api.a.cn:100000", "scheme://host[:port] alone"),
        ("https://api.a.cn:0", "no valid port"),
        ("https://api.a.cn:65536", "no valid port"),
        ("https://", "scheme://host[:port] alone"),
        ("https:api.a.cn", "scheme://host[:port] alone"),
        ("api.a.cn", "scheme://host[:port] alone"),
        ("//api.a.cn", "scheme://host[:port] alone"),
        ("", "scheme://host[:port] alone"),
        ("https://api.weixin.qq.com", "forbidden"),
        ("https://API.weixin.qq.com:8443/", "forbidden"),
        ("https://api.a.cn\nhttps://b.cn", "scheme://host[:port] alone"),
        ("https://api.\na.cn", "no valid host name"),
        ("https://api.a.cn https", "no valid host name"),
        ("https://localhost", "no valid host name"),
        ("https://a..cn", "no valid host name"),
        ("https://.a.cn", "no valid host name"),
        ("https://api.a.cn.", "no valid host name"),
        ("https://-a.cn", "no valid host name"),
        ("https://a-.cn", "no valid host name"),
        ("https://*.a.cn", "no valid host name"),
        ("https://my_api.a.cn", "no valid host name"),
        ("https://中国.cn", "write it as it is in the DNS: https://xn--fiqs8s.cn"),
        (f"https://{LABEL}a.cn", "no valid host name"),
        ("https://" + f"{LABEL}." * 4 + "cn", "no valid host name"),
        (None, "no string"),
        (7, "no string"),
        (["https://api.a.cn"], "no string"),
        (b"https://api.a.cn", "no string"),
    ],
)
def test_domain_that_wechat_would_not_take_is_refused(written: Any, part_of_the_problem: str) -> None:
    problem = problem_of({"requestdomain": [written]})

    assert problem.startswith("requestdomain: ")
    assert part_of_the_problem in problem


def test_one_string_in_place_of_a_list_is_refused() -> None:
    problem_of({"requestdomain": "https://api.a.cn"})


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("https://api.a.cn:\uff14\uff14\uff13", id="full-width digits"),
        pytest.param("https://api.a.cn:٤٤٣", id="arabic digits"),
    ],
)
def test_port_in_other_digits_is_refused(written: str) -> None:
    problem_of({"requestdomain": [written]})


@pytest.mark.parametrize("written", ["https://api.-a", "https://api.a-", "https://api.--"])
def test_hyphen_at_the_edge_of_the_last_label_is_refused(written: str) -> None:
    problem_of({"requestdomain": [written]})


def test_port_with_zeros_in_front_is_no_second_domain() -> None:
    try:
        wanted = Domains.wanted({"requestdomain": ["https://api.a.cn:443", "https://api.a.cn:0443"]})
    except InvalidDomain:
        return
    assert wanted.as_dict() == {"requestdomain": ["https://api.a.cn:443"]}


def test_unknown_list_is_refused_and_the_known_ones_are_named() -> None:
    problem = problem_of({"requestdomains": []})

    assert problem.startswith("requestdomains: unknown list")
    assert all(name in problem for name in SCHEMES)


def test_list_takes_two_hundred_domains() -> None:
    domains = [f"https://a{number}.cn" for number in range(MAX_PER_LIST)]

    assert Domains.wanted({"requestdomain": domains}).as_dict() == {"requestdomain": domains}


def test_list_of_over_two_hundred_domains_is_refused() -> None:
    domains = [f"https://a{number}.cn" for number in range(MAX_PER_LIST + 1)]

    assert problem_of({"requestdomain": domains}) == "requestdomain: 201 domains; a list takes at most 200"


def test_three_hundred_business_domains_are_taken() -> None:
    domains = [f"https://a{number}.cn" for number in range(MAX_WEB_VIEW + 1)]

    assert Domains.wanted({"webviewdomain": domains[1:]}).as_dict() == {"webviewdomain": domains[1:]}
    assert problem_of({"webviewdomain": domains}) == "webviewdomain: 301 domains; a list takes at most 300"


def test_repetitions_do_not_count_towards_the_limit() -> None:
    domains = ["https://a.cn", "https://A.cn/"] * MAX_PER_LIST

    assert Domains.wanted({"requestdomain": domains}).as_dict() == {"requestdomain": ["https://a.cn"]}


def test_order_is_kept_and_repetitions_are_left_out() -> None:
    wanted = Domains.wanted({"tcpdomain": ["tcp://b.cn", "tcp://a.cn", "TCP://B.cn", "tcp://a.cn:1"]})

    assert wanted.as_dict() == {"tcpdomain": ["tcp://b.cn", "tcp://a.cn", "tcp://a.cn:1"]}


def test_empty_lists_are_left_out() -> None:
    wanted = Domains.wanted({"requestdomain": [], "udpdomain": ["udp://a.cn"]})

    assert wanted.as_dict() == {"udpdomain": ["udp://a.cn"]}


def test_wanting_nothing_is_allowed_and_false() -> None:
    assert not Domains.wanted({})


def test_error_is_a_value_error_that_names_list_and_problem() -> None:
    error = InvalidDomain("requestdomain", "too odd")

    assert isinstance(error, ValueError)
    assert (error.list_name, error.problem, error.args) == (
        "requestdomain",
        "too odd",
        ("requestdomain", "too odd"),
    )


HOSTS = st.from_regex(r"\A[a-zA-Z0-9-]{1,5}(\.[a-zA-Z0-9-]{1,5}){0,3}\Z") | st.text(max_size=8)
ORIGINS = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from([*SCHEMES.values(), "http", "HTTPS", ""]),
    HOSTS,
    st.sampled_from(["", ":443", ":0", ":99999", "/"]),
    st.sampled_from(["", "/", "\n", "/x"]),
)
ANYTHING = st.none() | st.integers() | st.binary(max_size=4) | st.text(max_size=12) | ORIGINS


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*SCHEMES, "no_icp_domain", ""]), st.lists(ANYTHING, max_size=3), max_size=2
    )
)
def test_whatever_is_asked_for_becomes_domains_or_an_invalid_domain(raw: dict[str, Any]) -> None:
    try:
        wanted = Domains.wanted(raw)
    except InvalidDomain:
        return
    # What was taken once is taken again, unchanged.
    assert Domains.wanted(wanted.as_dict()) == wanted


@settings(deadline=None)
@given(st.lists(ORIGINS, max_size=4))
def test_domain_that_is_taken_has_its_lists_scheme_and_a_dotted_host(raw: list[str]) -> None:
    try:
        wanted = Domains.wanted({"wsrequestdomain": raw})
    except InvalidDomain:
        return
    for domain in wanted.as_dict().get("wsrequestdomain", []):
        assert domain.startswith("wss://")
        assert "." in domain
        assert domain == "".join(domain.lower().split())


def test_problem_shows_only_the_ends_of_a_huge_domain() -> None:
    with pytest.raises(InvalidDomain) as caught:
        Domains.wanted({"requestdomain": ["https://" + "a" * 1_000_000]})
    assert "https://aaa" in caught.value.problem
    assert len(caught.value.problem) < 500
