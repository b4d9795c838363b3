"""What a step writes down before a call that must not be made twice."""

from __future__ import annotations

from typing import Protocol


class Intents(Protocol):
    """Written to the record before the call goes out; times are WeChat's, in seconds since the epoch."""

    def commit(self, at: float) -> None:
        """A commit is about to be sent. The first time of a release counts."""

    def submit(self, at: float) -> None:
        """A submission is about to be sent."""

    def forget_submission(self) -> None:
        """WeChat refused the submission for certain."""
