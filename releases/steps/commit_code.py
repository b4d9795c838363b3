"""Step 2: the template's version is the Mini Program's trial version.

Safe to run twice: once a commit has been intended, WeChat is asked whether it landed before it is sent
again. A needless repetition would restart the privacy scan.
"""

from __future__ import annotations

from typing import Protocol

from releases.record import Release
from releases.steps.calls import MiniProgramCalls
from releases.steps.ours import is_our_trial, name_of_trial


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


def commit_code(mini_program: MiniProgramCalls, release: Release, intents: Intents) -> str:
    """Commit, unless an earlier attempt's commit is the trial version; returns what happened."""
    progress, since, instead_of = release.progress, None, ""
    if progress.commit_at is not None:
        trial = mini_program.trial_version()
        if is_our_trial(trial, release):
            intents.committed((trial and trial.time) or mini_program.now())
            return "commit found at WeChat"
        if progress.committed_at is None:
            since = progress.commit_at  # what was not answered may still be on its way
        else:
            instead_of = f" again, instead of {name_of_trial(trial)}"
    mini_program.take_turn("commit")
    intents.commit(mini_program.now() if since is None else since)
    mini_program.commit(
        template_id=release.template_id,
        ext=release.ext,
        user_version=release.user_version,
        user_desc=release.user_desc,
    )
    intents.committed(mini_program.now())
    return f"committed{instead_of}"
