import logging

import pytest
from starlette.requests import Request

from web.budget import Budget
from web.refused import LINES_PER_MINUTE, Refused, address_of, neighbours_of


def came_from(address: str) -> Request:
    return Request({"type": "http", "headers": [], "client": (address, 1)})


def test_of_a_flood_some_are_told_with_the_number_of_the_others(caplog: pytest.LogCaptureFixture) -> None:
    now = [1000.0]
    refused = Refused(Budget(LINES_PER_MINUTE, lambda: now[0], burst_s=30))
    caplog.set_level(logging.WARNING)
    for _ in range(100):
        refused.tell(came_from("192.0.2.1"), "refused")
    assert len(caplog.records) == 30
    refused.tell(came_from("192.0.2.2"), "refused")
    assert [vars(caplog.records[-1])[name] for name in ("address", "untold")] == ["192.0.2.2", 70]
    now[0] += 1
    refused.tell(came_from("192.0.2.1"), "refused")
    assert len(caplog.records) == 32
    assert "untold" not in vars(caplog.records[-1])


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    assert neighbours_of("2001:db8::1") == neighbours_of("2001:db8::ffff:1") == "2001:db8::/64"
    assert neighbours_of("2001:db8:0:1::1") != neighbours_of("2001:db8::1")
    assert neighbours_of("192.0.2.1") == "192.0.2.1"
    assert neighbours_of("unknown") == "unknown"


def test_an_address_of_ipv4_is_one_however_it_is_written() -> None:
    assert address_of(came_from("::ffff:192.0.2.1")) == address_of(came_from("192.0.2.1")) == "192.0.2.1"
    assert address_of(came_from("2001:db8::1")) == "2001:db8::1"
    assert address_of(came_from("testclient")) == "testclient"
