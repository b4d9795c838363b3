"""Why the body of a push is not taken. None of them holds anything of the body: it ends up in logs and counts.

PushRefused
├── WrongSignature    not signed with our token: not WeChat's, or the console has another token
└── Malformed         signed or not, it can't be read as a push
"""

from __future__ import annotations

#: All reasons, those of the receiver among them.
REASONS = (
    *("signature", "encryption", "appid", "time", "xml", "doctype", "fields"),
    *("size", "slow", "cut", "unavailable"),
)


class PushRefused(Exception):
    """Base of all reasons. `reason` is one word out of few, for counts."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WrongSignature(PushRefused):
    """The signature is missing, or not what our token makes of this body."""

    def __init__(self) -> None:
        super().__init__("signature")


class Malformed(PushRefused):
    """It is no XML, is encrypted with another key, or is meant for another platform."""
