"""A setting's text as it was meant: what editors, Windows and shells put around a value is taken away or refused.

A BOM, a CR or a blank at an end can't be meant, so it goes. Quotes around a value are a mistake of which nobody knows
how far it goes (`docker run --env-file` keeps them, a shell does not), so they are refused. No message shows a value.
"""

from __future__ import annotations

from ipaddress import ip_address
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_BOM = "\ufeff"
_QUOTES = frozenset("\"'`“”‘’„«»「」")  # noqa: RUF001 - those that word processors write


def trimmed(text: str) -> str:
    """The text without blanks, line ends and byte order marks at its ends."""
    return text.strip().strip(_BOM).strip()


def unquoted(text: str) -> str:
    """The trimmed text; raises ValueError where quotes stand around it."""
    text = trimmed(text)
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        raise ValueError("has quotes around it: write the value alone")
    return text


def one_word(text: str) -> str:
    """The text; raises ValueError where a blank or a character that nobody sees is inside."""
    if not text.isprintable() or " " in text:
        raise ValueError(
            "has a blank, a line end or an invisible character inside: write the value alone, on one line"
        )
    return text


def credential(text: str) -> str:
    """One word of ASCII with no quote at either end, as WeChat issues appids and secrets; raises ValueError."""
    one_word(text)
    if not text.isascii():
        raise ValueError("has a character that is not ASCII: copy it from the console again")
    if text and (text[0] in _QUOTES or text[-1] in _QUOTES):
        raise ValueError("has a quote at one end: write the value alone")
    return text


def is_loopback(host: str) -> bool:
    """Whether it names this machine itself."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def time_zone(name: str) -> str:
    """The name of a time zone; raises ValueError."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be the name of a time zone, such as Asia/Shanghai") from None
    return name
