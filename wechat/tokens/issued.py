"""What a ticket and a refresh token look like as WeChat issues them, so that what is none is not stored in their place.

A push of WeChat is XML around a ticket, an API's answer is JSON around a token, and both get copied with what surrounds
them. The documents promise no format: what is refused here could not be one of theirs under any.
"""

from __future__ import annotations

import re

TICKET, REFRESH_TOKEN = "component_verify_ticket", "refresh token"
#: Longest that is taken, in characters: WeChat advises to have room for 512, and its own have about a hundred.
MOST_CHARACTERS = 512
_CHARACTERS = re.compile(r"[0-9A-Za-z@_+/=.~-]+")
_QUOTES = ("'", '"', "`", "“", "”", "‘", "’")  # noqa: RUF001 - those that word processors write
#: What stands before the @@@ of each kind.
_BEGINS = {TICKET: "ticket", REFRESH_TOKEN: "refreshtoken"}


def problem_of(text: str, kind: str) -> str | None:
    """Why a text is no ticket, or no refresh token, and what would be right; None if it may be one. Quotes nothing of it."""
    alone = f"give the {kind} alone, like {_BEGINS[kind]}@@@…"
    begin, separator, _ = text.partition("@@@")
    for is_wrong, problem in (
        (not text, "it is empty"),
        (
            "<Encrypt>" in text,
            "it is an encrypted push; decrypt it, and take what is between <ComponentVerifyTicket> and its end",
        ),
        ("<" in text or ">" in text, "there is XML around it, or it is XML"),
        (text.startswith(("{", "[")), "it is JSON, or there is JSON around it"),
        (any(quote in text for quote in _QUOTES), "there are quotes around it, or in it"),
        (bool(re.search(r"\s", text)), "there is a blank or a line end inside; it is one word on one line"),
        (not _CHARACTERS.fullmatch(text), "there is a character in it that none of WeChat's has"),
        (len(text) > MOST_CHARACTERS, f"it has {len(text)} characters; {MOST_CHARACTERS} is the most"),
        (
            bool(separator) and begin != _BEGINS[kind],
            f"it does not begin with {_BEGINS[kind]}@@@, so it is something else",
        ),
    ):
        if is_wrong:
            return f"{problem}: {alone}"
    return None
