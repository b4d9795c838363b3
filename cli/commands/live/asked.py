"""What WeChat says of one Mini Program when a command asks several things: what it does not say is unknown, with why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from cli import language
from releases.problems import describe
from releases.states import Step
from wechat.errors import WeChatError
from wechat.http.deadline import DeadlineExceeded

_Answer = TypeVar("_Answer")


@dataclass(slots=True)
class Asked:
    """`unknown` has a sentence for each question that was not answered."""

    unknown: dict[str, str] = field(default_factory=dict)

    def for_(self, what: str, call: Callable[[], _Answer]) -> _Answer | None:
        """The answer; None where there is none, and then it is unknown."""
        try:
            return call()
        except (WeChatError, DeadlineExceeded) as error:
            problem = describe(error, Step.VERIFY_LIVE)
            code = "" if problem.errcode is None else f"{problem.errcode} "
            self.unknown[what] = f"{code}{language.speech().said(problem.message, problem.errcode)}"
            return None
