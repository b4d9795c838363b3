"""The settings of the HTTP API and of the page: which programs and people are let in, and what each may do."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from config.api_keys import KeyScope
from config.lists import ApiKeys, HostNames, parts_of
from config.section import SecretWord, Section, Word

#: The fewest characters that the password of people may have.
SHORTEST_PASSWORD = 12
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
#: Characters of a name, which a history can hold.
_LONGEST_NAME = 80
#: Bits before an address of IPv4 that is written as one of IPv6.
_MAPPED = 96


def _networks(parts: Any) -> Any:
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return parts
    try:
        networks = [_as_ipv4(ip_network(part)) for part in parts]
    except ValueError:
        raise ValueError("must be addresses or networks, such as 127.0.0.1 or 10.0.0.0/8") from None
    if not all(network.prefixlen for network in networks):
        raise ValueError("must not be all addresses: anybody could write the header then")
    return networks


def _as_ipv4(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    """A network of IPv4 that is written as one of IPv6 (`::ffff:10.0.0.0/104`), as addresses are compared."""
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped is None or network.prefixlen < _MAPPED:
        return network
    return IPv4Network((mapped, network.prefixlen - _MAPPED))


def _are_names(names: list[str]) -> list[str]:
    if not all(is_person(name) for name in names):
        raise ValueError(f"must be names of at most {_LONGEST_NAME} printable characters")
    return names


def is_person(name: str) -> bool:
    """Whether it may stand in a history as a person's name."""
    return 0 < len(name) <= _LONGEST_NAME and name.isprintable() and name == name.strip()


Networks = Annotated[
    list[IPv4Network | IPv6Network],
    NoDecode,
    BeforeValidator(_networks),
    parts_of(",", "addresses separated by commas"),
]
Names = Annotated[list[str], NoDecode, parts_of(",", "names separated by commas"), AfterValidator(_are_names)]


class WebSettings(Section):
    """Programs come with a key; people by a reverse proxy that names them, or with the one password."""

    keys: ApiKeys = []
    hosts: HostNames = []
    requests_per_minute: Annotated[int, Field(ge=0, le=10_000_000)] = 60_000
    proxy_user_header: Word = ""
    trusted_proxies: Networks = []
    operators: Names = []
    publishers: Names = []
    password: SecretWord = SecretStr("")
    password_role: Literal["read", "operate", "publish"] = "publish"  # noqa: S105 - a scope

    @field_validator("proxy_user_header")
    @classmethod
    def _is_a_header(cls, name: str) -> str:
        if name and not _HEADER.fullmatch(name):
            raise ValueError("must be the name of a header, such as X-Forwarded-User")
        return name

    @field_validator("password")
    @classmethod
    def _is_long(cls, password: SecretStr) -> SecretStr:
        if 0 < len(password.get_secret_value()) < SHORTEST_PASSWORD:
            raise ValueError(f"must have at least {SHORTEST_PASSWORD} characters")
        return password

    @model_validator(mode="after")
    def _a_proxy_has_an_address(self) -> Self:
        if self.proxy_user_header and not self.trusted_proxies:
            raise ValueError(
                "MPRELEASE_WEB__PROXY_USER_HEADER needs MPRELEASE_WEB__TRUSTED_PROXIES: from where it is believed"
            )
        if (self.operators or self.publishers) and not self.proxy_user_header:
            raise ValueError(
                "MPRELEASE_WEB__OPERATORS and MPRELEASE_WEB__PUBLISHERS are whom a proxy names: they need "
                "MPRELEASE_WEB__PROXY_USER_HEADER (MPRELEASE_WEB__PASSWORD_ROLE is for the password)"
            )
        return self

    @property
    def lets_people_in(self) -> bool:
        """Whether a person can log in."""
        return bool(self.proxy_user_header or self.password.get_secret_value())

    @property
    def of_password(self) -> KeyScope:
        """What whoever knows the password may do."""
        return KeyScope(self.password_role)
