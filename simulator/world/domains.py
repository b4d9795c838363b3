"""The six server-domain lists of a Mini Program, and WeChat's rules for what may stand in them."""

import ipaddress
import re
from collections.abc import Callable, Collection

SCHEMES = {
    "requestdomain": "https",
    "wsrequestdomain": "wss",
    "uploaddomain": "https",
    "downloaddomain": "https",
    "udpdomain": "udp",
    "tcpdomain": "tcp",
}
LISTS = tuple(SCHEMES)

MAX_PER_LIST = 200
MAX_TOTAL = 1000

Lists = dict[str, list[str]]

_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}\Z")
_ORIGIN = re.compile(r"(?P<scheme>[a-z]+)://(?P<host>[^/:\s]+)(?::(?P<port>\d{1,5}))?/?\Z")
_FORBIDDEN_HOSTS = {"api.weixin.qq.com"}
_MAX_PORT = 65_535

#: How a stored domain may look when it is read back; the sheet leaves both spellings open.
STYLES: dict[str, Callable[[str], str]] = {
    "plain": lambda origin: origin,
    "trailing_slash": lambda origin: origin + "/",
    "upper_host": lambda origin: "://".join((origin.partition("://")[0], origin.partition("://")[2].upper())),
}


def empty_lists() -> Lists:
    """Give six empty lists."""
    return {name: [] for name in LISTS}


def is_host(host: str) -> bool:
    """Tell whether this is a bare host name that WeChat would register."""
    return bool(_HOST.match(host)) and host not in _FORBIDDEN_HOSTS and not _is_address(host)


def normal_origin(name: str, text: object) -> str | None:
    """Give the origin in its stored form, or None when it breaks the rules of its list."""
    match = _ORIGIN.match(text.lower()) if isinstance(text, str) else None
    if match is None or match["scheme"] != SCHEMES[name] or not is_host(match["host"]):
        return None
    if match["port"] and not 0 < int(match["port"]) <= _MAX_PORT:
        return None
    return match[0].rstrip("/")


def host_of(origin: str) -> str:
    """Give the host of a stored origin, without scheme and port."""
    return origin.partition("://")[2].partition(":")[0]


def without(lists: Lists, hosts: Collection[str]) -> Lists:
    """Give the lists without the domains of these hosts."""
    return {name: [o for o in values if host_of(o) not in hosts] for name, values in lists.items()}


def too_many(lists: Lists) -> bool:
    """Tell whether one list or all of them together have outgrown the limits."""
    sizes = [len(values) for values in lists.values()]
    return max(sizes) > MAX_PER_LIST or sum(sizes) > MAX_TOTAL


def styled(lists: Lists, style: str) -> Lists:
    """Spell the lists as this Mini Program's answers spell them."""
    spell = STYLES[style]
    return {name: [spell(origin) for origin in values] for name, values in lists.items()}


def split_by_pool(lists: Lists, counts: Callable[[str], bool]) -> tuple[Lists, Lists]:
    """Part the lists into the platform's domains and the merchant's own."""
    theirs = {name: [o for o in values if counts(host_of(o))] for name, values in lists.items()}
    others = {name: [o for o in values if not counts(host_of(o))] for name, values in lists.items()}
    return theirs, others


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
