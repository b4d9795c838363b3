"""Where an access token comes from: from WeChat, or from another system that owns the platform's tokens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Protocol, TypeVar

from wechat.component import Grant
from wechat.http.deadline import Deadline

T = TypeVar("T")


class WithComponentToken(Protocol):
    """Makes a call with the component token; if that is rejected, once more with a fresh one."""

    def __call__(self, call: Callable[[str], T], deadline: Deadline) -> T:
        """Make the call."""


class Source(Protocol):
    """Gets a token that is not stored. Is asked by one caller at a time for each slot."""

    def component_token(self, deadline: Deadline) -> Grant:
        """The platform's own."""

    def authorizer_token(
        self, appid: str, deadline: Deadline, with_component_token: WithComponentToken
    ) -> Grant:
        """A Mini Program's."""


def digest(token: str) -> str:
    """How a rejected token is named without telling it."""
    return hashlib.sha256(token.encode()).hexdigest()
