"""What was just done, as the address of the screen after it says: a word of ours and a number, never a text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from web.page.acts.kinds import Act

_NUMBER = re.compile(r"[0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class Done:
    """An act, and how many it touched, or touches while it goes on."""

    act: Act
    number: int
    goes_on: bool = False


def done_in(here: str) -> Done | None:
    """What an address says was done, if it says so."""
    query = parse_qs(urlsplit(here).query)
    act, number = query.get("done", [""])[0], query.get("n", [""])[0]
    counted = number_in(number)
    return None if act not in set(Act) or counted is None else Done(Act(act), counted, "goes" in query)


def number_in(text: str) -> int | None:
    """A number of releases; None where it is none."""
    return int(text) if _NUMBER.fullmatch(text) else None
