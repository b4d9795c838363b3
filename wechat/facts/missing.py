"""An answer that lacks what it is for is no answer: a default would pass for what WeChat has said."""

from __future__ import annotations

from wechat.errors import Unanswered
from wechat.paths import PATHS


def missing(name: str, what: str) -> Unanswered:
    """The answer to this call lacks a field, or has it in a form that can't be read."""
    return Unanswered(PATHS[name], f"the answer has {what}")
