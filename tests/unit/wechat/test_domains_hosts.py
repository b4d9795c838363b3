"""Hosts that a person names, before they are registered in the platform's pool."""

from __future__ import annotations

import pytest

from wechat.domains import InvalidDomain, Pool, Standing, checked_host


@pytest.mark.parametrize(
    "text",
    [
        "api.example.com",
        " API.Example.COM ",
        "https://api.example.com",
        "https://api.example.com/",
        "WSS://api.example.com:8443",
        "udp://api.example.com:1",
        "api.example.com:443",
        "api.example.com.",
        "api.example.com/",
    ],
)
def test_however_a_host_is_written_it_is_the_one_that_is_compared(text: str) -> None:
    assert checked_host(text) == "api.example.com"
    assert Pool([checked_host(text)]).standing(text) is Standing.REGISTERED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.0.0.1", "is an IP address"),
        ("10.0.0.1:443", "is an IP address"),
        ("https://192.168.1.10", "is an IP address"),
        ("10.1", "is an IP address"),
        ("127.0.0.0x1", "is an IP address"),
        ("１０.0.0.10", "is an IP address"),  # noqa: RUF001
        ("::1", "is not a host alone"),
        ("[2001:db8::1]:443", "is not a host alone"),
        ("例子.cn", "write it as it is in the DNS: xn--fsqu00a.cn"),
        ("https://店.例子.cn", "in the DNS: xn--hxt.xn--fsqu00a.cn"),
        ("api.example.com/v1", "is not a host alone"),
        ("https://api.example.com/v1/?a=b#c", "is not a host alone"),
        ("api.example.com?a", "is not a host alone"),
        ("user@api.example.com", "is not a host alone"),
        ("http://api.example.com", "a scheme that no list takes"),
        ("ftp://api.example.com", "a scheme that no list takes"),
        ("https://https://api.example.com", "is not a host alone"),
        ("api.example.com:0", "no valid port"),
        ("api.example.com:65536", "no valid port"),
        ("api.example.com:https", "is not a host alone"),
        ("*.example.com", "no valid host name"),
        ("api_1.example.com", "no valid host name"),
        ("-api.example.com", "no valid host name"),
        ("api example.com", "no valid host name"),
        ("a.example.com;b.example.com", "no valid host name"),
        ("a.example.com,b.example.com", "no valid host name"),
        ("localhost", "no valid host name"),
        ("api.weixin.qq.com", "forbidden"),
        ("", "is not a host alone"),
    ],
)
def test_what_is_no_host_of_the_dns_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidDomain) as caught:
        checked_host(text)

    assert said in caught.value.problem
