"""The form of a Mini Program's appid. Apart from requests: whoever only reads releases checks none."""

from __future__ import annotations

import re

#: As a pattern.
APPID = "wx[0-9A-Za-z]{16}"


def is_appid(text: str) -> bool:
    """Whether it has the form of a Mini Program's appid."""
    return re.fullmatch(APPID, text) is not None
