"""Server domains: the six lists of modify_domain, normalised so that they can be compared.

Rules: https://developers.weixin.qq.com/miniprogram/dev/framework/ability/network.html — no IP
address, no path, a port is part of the domain, api.weixin.qq.com is forbidden, 200 to a list.
"""

from __future__ import annotations

import ipaddress
import re
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

#: The lists by their API names, with the scheme that each one takes.
SCHEMES: Mapping[str, str] = MappingProxyType(
    {
        "requestdomain": "https",
        "wsrequestdomain": "wss",
        "uploaddomain": "https",
        "downloaddomain": "https",
        "udpdomain": "udp",
        "tcpdomain": "tcp",
    }
)
#: How many domains one list may hold.
MAX_PER_LIST = 200
NO_ICP = "no_icp_domain"
FORBIDDEN_HOST = "api.weixin.qq.com"

_ORIGIN = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[^/?#@:\[\]]+)(?::(?P<port>[0-9]{1,5}))?/?")
_HOST = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]")
_MAX_PORT = 65535
#: A domain that is no domain may be a megabyte; as much of it is shown as a host name may be long, and a scheme.
_SHOWN = reprlib.Repr()
_SHOWN.maxstring = 280


class InvalidDomain(ValueError):
    """A domain that WeChat would not take: which list, which value, and what would be right."""

    def __init__(self, list_name: str, problem: str) -> None:
        super().__init__(list_name, problem)
        self.list_name = list_name
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.list_name}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Domains:
    """The six lists, normalised and without repetition; a list that is empty is left out."""

    lists: Mapping[str, tuple[str, ...]]

    @classmethod
    def wanted(cls, raw: Mapping[str, Iterable[str]]) -> Domains:
        """Check what an operator asks for; raises InvalidDomain."""
        for name in raw:
            if name not in SCHEMES:
                raise InvalidDomain(name, f"unknown list; the lists are {', '.join(SCHEMES)}")
        checked = {name: _unique(_checked(name, domain) for domain in raw[name]) for name in raw}
        for name, domains in checked.items():
            if len(domains) > MAX_PER_LIST:
                raise InvalidDomain(name, f"{len(domains)} domains; a list takes at most {MAX_PER_LIST}")
        return cls._of(checked)

    @classmethod
    def answered(cls, fields: Mapping[str, Any], prefix: str = "") -> Domains:
        """Read the lists of an answer, leniently: WeChat may return what it would not accept."""
        return cls._of(
            {name: _unique(map(normalise, _strings(fields.get(prefix + name)))) for name in SCHEMES}
        )

    @classmethod
    def _of(cls, lists: Mapping[str, tuple[str, ...]]) -> Domains:
        return cls(MappingProxyType({name: lists[name] for name in SCHEMES if lists.get(name)}))

    def __bool__(self) -> bool:
        return bool(self.lists)

    def __sub__(self, other: Domains) -> Domains:
        """What stands here and not there, list by list."""
        return self._of(
            {
                name: tuple(domain for domain in mine if domain not in set(other.lists.get(name, ())))
                for name, mine in self.lists.items()
            }
        )

    def __and__(self, other: Domains) -> Domains:
        return self - (self - other)

    def __or__(self, other: Domains) -> Domains:
        return self._of(
            {name: _unique([*self.lists.get(name, ()), *other.lists.get(name, ())]) for name in SCHEMES}
        )

    def on_hosts(self, hosts: Iterable[str]) -> Domains:
        """Those whose host (with or without its port) is among the hosts given."""
        known = {normalise(host).partition("://")[2] or normalise(host) for host in hosts}
        return self._of(
            {
                name: tuple(d for d in mine if known & {host_and_port(d), host_of(d)})
                for name, mine in self.lists.items()
            }
        )

    def not_on_hosts(self, hosts: Iterable[str]) -> Domains:
        """The others: of the wanted ones those that a pool of hosts lacks."""
        return self - self.on_hosts(hosts)

    def hosts(self) -> tuple[str, ...]:
        """The bare hosts of all lists, as the platform's own pool wants them."""
        return _unique(host_of(domain) for mine in self.lists.values() for domain in mine)

    def as_dict(self) -> dict[str, list[str]]:
        """The lists as JSON, by their API names."""
        return {name: list(domains) for name, domains in self.lists.items()}


def normalise(domain: str) -> str:
    """Scheme and host in lower case, no trailing slash, port kept."""
    return domain.strip().lower().rstrip("/")


def host_and_port(domain: str) -> str:
    """Return what follows the scheme."""
    return domain.partition("://")[2] or domain


def host_of(domain: str) -> str:
    """Return the bare host."""
    return host_and_port(domain).partition(":")[0]


def rejected(wanted: Domains, fields: Mapping[str, Any]) -> Domains:
    """Those of the wanted domains that an answer names in invalid_* or no_icp_domain."""
    invalid = wanted & Domains.answered(fields, "invalid_")
    return invalid | wanted.on_hosts(_strings(fields.get(NO_ICP)))


def lists_carried(fields: Mapping[str, Any]) -> list[str]:
    """Return the names of the lists that an answer carries: today a write's do, older ones did not."""
    return [name for name in SCHEMES if isinstance(fields.get(name), list)]


def _strings(value: Any) -> list[str]:
    """A list's strings; objects with a `domain` are taken as well, since one SDK expects them."""
    if not isinstance(value, list):
        return []
    items = (item.get("domain") if isinstance(item, dict) else item for item in value)
    return [item for item in items if isinstance(item, str)]


def _unique(domains: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(domains))


def _checked(name: str, domain: Any) -> str:
    example = f"{SCHEMES[name]}://api.example.com"
    shown = _SHOWN.repr(domain)
    if not isinstance(domain, str):
        raise InvalidDomain(name, f"{shown} is no string; write {example}")
    normal = normalise(domain)
    origin = _ORIGIN.fullmatch(normal)
    if origin is None:
        raise InvalidDomain(name, f"{shown} is not scheme://host[:port] alone; write {example}")
    if origin["scheme"] != SCHEMES[name]:
        raise InvalidDomain(name, f"{shown} has the wrong scheme; {name} takes {example}")
    if _is_ip(origin["host"]):
        raise InvalidDomain(name, f"{shown} is an IP address; WeChat takes a registered host name")
    if not _HOST.fullmatch(origin["host"]):
        raise InvalidDomain(name, f"{shown} has no valid host name; write {example}")
    if origin["port"] and not (origin["port"][0] != "0" and int(origin["port"]) <= _MAX_PORT):
        raise InvalidDomain(name, f"{shown} has no valid port; 1 to {_MAX_PORT}")
    if origin["host"] == FORBIDDEN_HOST:
        raise InvalidDomain(name, f"{FORBIDDEN_HOST} is forbidden by WeChat; use a host of your own")
    return normal


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(re.fullmatch(r"[\d.]+", host))
    return True
