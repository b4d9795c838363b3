"""Where people and programs come in who ask for a change, and what they may say of it."""

from __future__ import annotations

from enum import StrEnum

#: Longest name of who did something, and longest reason, in characters.
MAX_REASON = 200


class Door(StrEnum):
    """Where somebody came in who asked for a change: of the page and of a key that is known, of the others claimed."""

    USER = "user"
    KEY = "key"
    CLI = "cli"
    CELERY = "celery"


def is_reason(text: str) -> bool:
    """Whether a text may stand in a history as who did something, or why: on one line, and not too long for it."""
    return len(text) <= MAX_REASON and text.isprintable()
