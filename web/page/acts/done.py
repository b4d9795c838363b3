"""What was just done, as the address of the screen after it says: a word of ours and a number, never a text."""

from __future__ import annotations

import hashlib
import hmac
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

    def query(self, token: str) -> dict[str, str]:
        """For the address of the screen that tells it, in the browser alone that has this token: no link tells it of nothing."""
        goes = {"goes": "on"} if self.goes_on else {}
        return {"done": self.act, "n": str(self.number), **goes, "mark": self._mark(token)}

    def is_told_to(self, token: str, mark: str) -> bool:
        """Whether the mark was made with this token."""
        return hmac.compare_digest(self._mark(token).encode(), mark.encode())

    def _mark(self, token: str) -> str:
        said = f"{self.act} {self.number} {self.goes_on}"
        return hmac.new(token.encode(), said.encode(), hashlib.sha256).hexdigest()[:16]


def done_in(here: str, token: str) -> Done | None:
    """What an address says was done, if it says so to the browser with this token."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(here).query).items()}
    act, counted = query.get("done", ""), number_in(query.get("n", ""))
    if act not in set(Act) or counted is None:
        return None
    done = Done(Act(act), counted, "goes" in query)
    return done if done.is_told_to(token, query.get("mark", "")) else None


def number_in(text: str) -> int | None:
    """A number of releases; None where it is none."""
    return int(text) if _NUMBER.fullmatch(text) else None
