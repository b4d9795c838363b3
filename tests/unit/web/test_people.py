"""Whom a proxy may name: connections from its addresses, however these are written."""

import pytest
from starlette.requests import Request

from config.sections.web import WebSettings
from web.login.people import People
from web.refused import Refused


def named(trusted: str, address: str) -> bool:
    """Whether somebody is known whom a connection from there names."""
    settings = WebSettings.model_validate({"proxy_user_header": "X-User", "trusted_proxies": trusted})
    headers = [(b"x-user", b"anna")]
    request = Request({"type": "http", "headers": headers, "client": (address, 1)})
    return People(settings, Refused()).person(request) is not None


@pytest.mark.parametrize("trusted", ["10.0.3.7", "10.0.3.0/24", "::ffff:10.0.3.0/120,fd00::/8"])
@pytest.mark.parametrize("address", ["10.0.3.7", "::ffff:10.0.3.7", "::ffff:a00:307"])
def test_a_proxy_is_known_by_its_address(trusted: str, address: str) -> None:
    assert named(trusted, address)


@pytest.mark.parametrize(
    "address", ["10.0.4.7", "::ffff:10.0.4.7", "::10.0.3.7", "::1", "64:ff9b::10.0.3.7", "10.0.3.7.evil", ""]
)
def test_anybody_else_is_not(address: str) -> None:
    assert not named("10.0.3.0/24", address)
