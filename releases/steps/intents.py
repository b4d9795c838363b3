"""What a step writes down around a call that must not be made twice."""

from __future__ import annotations

from typing import Protocol


class Intents(Protocol):
    """Written to the record before the call goes out; times are WeChat's, in seconds since the epoch."""

    def commit(self, at: float) -> None:
        """A commit is about to be sent; `at` is when the first of those was that have not been answered."""

    def committed(self, until: float) -> None:
        """The trial version is ours: WeChat has said so under this lease. It was committed by then."""

    @property
    def has_seen_trial(self) -> bool:
        """Whether the trial version was known to be ours under this lease already."""

    def submit(self, at: float) -> None:
        """A submission is about to be sent."""

    def forget_submission(self) -> None:
        """WeChat refused the submission for certain."""
