"""Server domains, the six lists of modify_domain, and business (web-view) domains, normalised so that they can be compared.

Rules: https://developers.weixin.qq.com/miniprogram/dev/framework/ability/network.html — no IP
address, no path, a port is part of the domain, api.weixin.qq.com is forbidden, 200 to a list; 300 business domains.
"""

from __future__ import annotations

import ipaddress
import re
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Any

#: The list of business domains, which other calls read and change: setwebviewdomain, get_effective_webviewdomain.
WEB_VIEW = "webviewdomain"
#: The lists by their API names, with the scheme that each one takes.
SCHEMES: Mapping[str, str] = MappingProxyType(
    {
        "requestdomain": "https",
        "wsrequestdomain": "wss",
        "uploaddomain": "https",
        "downloaddomain": "https",
        "udpdomain": "udp",
        "tcpdomain": "tcp",
        WEB_VIEW: "https",
    }
)
SERVER_LISTS = tuple(name for name in SCHEMES if name != WEB_VIEW)
#: How many domains one list may hold.
MAX_PER_LIST = 200
MAX_WEB_VIEW = 300
NO_ICP = "no_icp_domain"
FORBIDDEN_HOST = "api.weixin.qq.com"

_ORIGIN = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[^/?#@:\[\]]+)(?::(?P<port>[0-9]{1,5}))?/?")
_HOST = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]")
_MAX_PORT = 65535
#: What is longer is no host name, in characters: no answer's megabytes are put into the form of the DNS.
_LONGEST_HOST = 253
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
#: The platform's pool comes as one text, hosts joined with `;`.
_SEPARATORS = re.compile(r"[;,\s]+")
#: A domain that is no domain may be a megabyte; as much of it is shown as a host name may be long, and a scheme.
_SHOWN = reprlib.Repr()
_SHOWN.maxstring = 280


@dataclass(eq=False, repr=False)
class InvalidDomain(ValueError):
    """A domain that WeChat would not take: which list, which value, and what would be right."""

    list_name: str
    problem: str

    def __str__(self) -> str:
        return f"{self.list_name}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Domains:
    """The lists, normalised and without repetition; a list that is empty is left out."""

    lists: Mapping[str, tuple[str, ...]]

    @classmethod
    def wanted(cls, raw: Mapping[str, Iterable[str]]) -> Domains:
        """Check what an operator asks for; raises InvalidDomain."""
        for name in raw:
            if name not in SCHEMES:
                raise InvalidDomain(name, f"unknown list; the lists are {', '.join(SCHEMES)}")
        checked = {name: _unique(_checked(name, domain) for domain in raw[name]) for name in raw}
        for name, domains in checked.items():
            most = MAX_WEB_VIEW if name == WEB_VIEW else MAX_PER_LIST
            if len(domains) > most:
                raise InvalidDomain(name, f"{len(domains)} domains; a list takes at most {most}")
        return cls._of(checked)

    @classmethod
    def answered(cls, fields: Mapping[str, Any], prefix: str = "") -> Domains:
        """Read the six lists of an answer, leniently: WeChat may return what it would not accept."""
        return cls._of(
            {name: _unique(map(normalise, _strings(fields.get(prefix + name)))) for name in SERVER_LISTS}
        )

    @classmethod
    def of_web_view(cls, domains: Iterable[str]) -> Domains:
        """Business domains that an answer told."""
        return cls._of({WEB_VIEW: _unique(map(normalise, domains))})

    @classmethod
    def _of(cls, lists: Mapping[str, tuple[str, ...]]) -> Domains:
        return cls(MappingProxyType({name: lists[name] for name in SCHEMES if lists.get(name)}))

    @property
    def server(self) -> Domains:
        """The six lists of modify_domain alone."""
        return self._of({name: mine for name, mine in self.lists.items() if name != WEB_VIEW})

    @property
    def web_view(self) -> Domains:
        """The business domains alone."""
        return self._of({WEB_VIEW: self.lists.get(WEB_VIEW, ())})

    def __bool__(self) -> bool:
        return bool(self.lists)

    def __sub__(self, other: Domains) -> Domains:
        """What stands here and not there, list by list."""
        there = {name: frozenset(theirs) for name, theirs in other.lists.items()}
        return self._of(
            {
                name: tuple(domain for domain in mine if domain not in there.get(name, ()))
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
        return self._where(Pool(hosts), Standing.REGISTERED)

    def missing_in(self, pool: Pool) -> Domains:
        """Those of which the platform's pool has neither the host nor a domain above it."""
        return self._where(pool, Standing.MISSING)

    def unknown_in(self, pool: Pool) -> Domains:
        """Those of which the platform's pool has a domain above the host alone: only WeChat can tell."""
        return self._where(pool, Standing.UNKNOWN)

    def _where(self, pool: Pool, standing: Standing) -> Domains:
        return self._of(
            {
                name: tuple(domain for domain in mine if pool.standing(domain) is standing)
                for name, mine in self.lists.items()
            }
        )

    def hosts(self) -> tuple[str, ...]:
        """The bare hosts of all lists, as the platform's own pool wants them."""
        return _unique(host_of(domain) for mine in self.lists.values() for domain in mine)

    def as_dict(self) -> dict[str, list[str]]:
        """The lists as JSON, by their API names."""
        return {name: list(domains) for name, domains in self.lists.items()}


class Standing(Enum):
    """What a host is to the platform's pool."""

    REGISTERED = auto()
    UNKNOWN = auto()  # a domain above it is registered: whether that is enough, WeChat does not document
    MISSING = auto()


class Pool:
    """Hosts that are registered, however they are written. A host with a port stands for that port alone."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self._hosts = frozenset(host for host in (host_and_port(normalise(host)) for host in hosts) if host)

    def standing(self, domain: str) -> Standing:
        """What a domain, or a bare host, is to these hosts."""
        normal = normalise(domain)
        host = host_of(normal)
        if self._hosts & {host_and_port(normal), host}:
            return Standing.REGISTERED
        labels = host.split(".")
        # The last label alone is nobody's domain.
        above = {".".join(labels[depth:]) for depth in range(1, len(labels) - 1)}
        return Standing.UNKNOWN if self._hosts & above else Standing.MISSING


def normalise(domain: str) -> str:
    """The one form in which domains and hosts are compared.

    Lower case, no slash behind, no dot behind the host, an international name as it is in the DNS. The port is kept,
    https's own as well: WeChat takes https://a.cn:443 for another domain than https://a.cn.
    """
    scheme, separator, rest = domain.strip().lower().rpartition("://")
    host, colon, port = rest.rstrip("/").partition(":")
    return f"{scheme}{separator}{_in_dns(host.rstrip('./'))}{colon}{port}"


def _in_dns(host: str) -> str:
    if host.isascii() or len(host) > _LONGEST_HOST:
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def host_and_port(domain: str) -> str:
    """Return what follows the scheme."""
    return domain.partition("://")[2] or domain


def host_of(domain: str) -> str:
    """Return the bare host."""
    return host_and_port(domain).partition(":")[0]


def checked_host(text: str) -> str:
    """The bare host of what is to be registered in the platform's pool, in the form in which hosts are compared.

    A scheme that a list takes, a port, upper case, and a slash or dot behind say the same of it and are left out. Raises
    InvalidDomain for what is no host name in the DNS: an address, a path, a wildcard, an international name as it is shown.
    """
    name, shown = "host", _SHOWN.repr(text)
    normal = text.strip().lower()
    scheme, separator, rest = normal.partition("://")
    if separator and scheme not in SCHEMES.values():
        raise InvalidDomain(name, f"{shown} has a scheme that no list takes; write api.example.com")
    origin = _ORIGIN.fullmatch(f"https://{rest if separator else normal}")
    if origin is None:
        raise InvalidDomain(name, f"{shown} is not a host alone; write api.example.com")
    host = origin["host"].rstrip(".")
    _check(name, shown, host, origin["port"], "api.example.com")
    return host


def rejected(wanted: Domains, fields: Mapping[str, Any]) -> Domains:
    """Those of the wanted domains that an answer names in invalid_* or no_icp_domain."""
    invalid = wanted & Domains.answered(fields, "invalid_")
    return invalid | wanted.on_hosts(_strings(fields.get(NO_ICP)))


def _strings(value: Any) -> list[str]:
    """A list's strings, or those of one text; objects with a `domain` are taken as well, since one SDK expects them."""
    if isinstance(value, str):
        return [part for part in _SEPARATORS.split(value) if part]
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
    normal = domain.strip().lower().rstrip("/")
    origin = _ORIGIN.fullmatch(normal)
    if origin is None:
        raise InvalidDomain(name, f"{shown} is not scheme://host[:port] alone; write {example}")
    if origin["scheme"] != SCHEMES[name]:
        raise InvalidDomain(name, f"{shown} has the wrong scheme; {name} takes {example}")
    _check(name, shown, origin["host"], origin["port"], example)
    return normal


def _check(name: str, shown: str, host: str, port: str | None, example: str) -> None:
    in_dns = _in_dns(host)
    if _is_ip(in_dns):
        raise InvalidDomain(name, f"{shown} is an IP address; WeChat takes a registered host name")
    if not host.isascii() and _HOST.fullmatch(in_dns):
        written = example.replace("api.example.com", in_dns)
        raise InvalidDomain(
            name, f"{shown} is an international name; write it as it is in the DNS: {written}"
        )
    if not _HOST.fullmatch(host):
        raise InvalidDomain(name, f"{shown} has no valid host name; write {example}")
    if host == FORBIDDEN_HOST:
        raise InvalidDomain(name, f"{FORBIDDEN_HOST} is forbidden by WeChat; use a host of your own")
    if port and not (port[0] != "0" and int(port) <= _MAX_PORT):
        raise InvalidDomain(name, f"{shown} has no valid port; 1 to {_MAX_PORT}")


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # No domain ends with a number, and what does is read as an address: 10.1, 0x7f.1, 127.0.0.0x1.
        return bool(_NUMBER.fullmatch(host.rpartition(".")[2]))
    return True
