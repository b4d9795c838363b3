"""What a text in Chinese has to name because its English one does."""

from __future__ import annotations

import re

#: What is typed or looked for as it stands: code between backticks, names of ours and of WeChat's, paths, numbers.
_AS_IT_STANDS = re.compile(
    r"`[^`]+`"
    r"|MPRELEASE_\w+"
    r"|/?\b[A-Za-z][\w/-]*_[\w/]+"
    r"|\b(?:https?|wss|udp|tcp)\b(?:://)?"
    r"|\b[a-z]+[A-Z]\w*"
    r"|\b[a-z]+(?:\.[a-z]+)+\b"
    r"|\b\d+\b"
    r"|\{\w+\}",
    re.ASCII,  # a Chinese character beside a name is no part of it
)
#: Words of the command line and of WeChat's API that look like any other.
_WORDS = ("resume", "cancel", "enqueue", "undocodeaudit", "gettemplatelist", "rid", "errmsg", "window")


def named_in(text: str) -> set[str]:
    """What both languages have to name."""
    words = {word for word in _WORDS if re.search(rf"\b{word}\b", text, re.ASCII)}
    return {*_AS_IT_STANDS.findall(text), *words}


def unnamed(english: str, chinese: str) -> set[str]:
    """What the English names and the Chinese does not."""
    return named_in(english) - named_in(chinese)


def is_chinese(text: str) -> bool:
    """Whether there is a Chinese character in it."""
    return re.search("[\u4e00-\u9fff]", text) is not None
