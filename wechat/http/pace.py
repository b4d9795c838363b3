"""When a call may be sent: limits that we keep ourselves, so that WeChat need not refuse us for them."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from wechat.http.deadline import Deadline

#: Whether this thread's calls take their turn before the others'.
URGENT: ContextVar[bool] = ContextVar("urgent", default=False)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls in so many seconds."""

    calls: int
    seconds: int = 60

    def __str__(self) -> str:
        return f"{self.calls} per minute" if self.seconds == 60 else f"{self.calls} in {self.seconds} s"  # noqa: PLR2004 - a minute


class Pace:
    """Makes each call wait for its turn: this one for none, and it learns of no limit."""

    def wait(self, path: str, appid: str | None, deadline: Deadline) -> None:
        """Return when the call may be sent; raises RateLimited where that takes too long."""

    def asks(self, path: str) -> bool:  # noqa: ARG002 - see the class
        """Whether the caller, whom WeChat refused for being too fast, is the one to ask for the path's limit."""
        return False

    def learn(self, path: str, limit: Limit) -> None:
        """WeChat has told the path's limit."""
