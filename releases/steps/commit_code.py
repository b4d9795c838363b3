"""Step 2: the template's version is the Mini Program's trial version.

Safe to run twice: once a commit has been intended, WeChat is asked whether it landed before it is sent
again. A needless repetition would restart the privacy scan; where it is not certain whose the trial version is, that is
all that it would do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from releases.record import Release
from releases.steps.calls import MiniProgramCalls
from releases.steps.ours import is_our_trial, is_same_version, name_of_trial
from wechat.errcodes.table import Verdict, verdict_of
from wechat.errors import Refused
from wechat.mini_program import TrialVersion

#: While a commit's answer takes longer than this, in seconds, somebody else may upload, so it says nothing of what is there.
PROMPT_S = 1.0
#: A refusal with one of these says for certain that the call has changed nothing.
CHANGED_NOTHING = frozenset(
    {Verdict.WAIT, Verdict.BLOCK, Verdict.BUG, Verdict.QUOTA, Verdict.PLATFORM, Verdict.SLOW_DOWN}
)


class Intents(Protocol):
    """Writes facts of `Progress` into the record as they happen."""

    @property
    def lease(self) -> int:
        """The number of the lease under which the step runs."""

    def intend(self, **facts: Any) -> None:
        """A call is about to go out: these are written before it does."""

    def know(self, **facts: Any) -> None:
        """The next write says so, too."""


def commit_code(
    mini_program: MiniProgramCalls,
    release: Release,
    intents: Intents,
    monotonic: Callable[[], float] = time.monotonic,
) -> str:
    """Commit, unless an earlier attempt's commit is the trial version; returns what happened."""
    progress, since, instead_of = release.progress, None, ""
    if progress.commit_at is not None:
        trial = mini_program.trial_version()
        if is_our_trial(trial, release):
            _committed((trial and trial.time) or mini_program.now(), intents)
            _measure(trial, release, intents)
            return "commit found at WeChat"
        if progress.committed_at is None:
            since = progress.commit_at  # what was not answered may still be on its way
        else:
            instead_of = f" again, instead of {name_of_trial(trial)}"
    mini_program.take_turn("commit")
    commit_at = mini_program.now() if since is None else since
    # Until it is answered nobody knows whose the trial version is.
    intents.intend(commit_at=commit_at, committed_at=None, exp_time=None, seen_under=None)
    sent_at = monotonic()
    try:
        mini_program.commit(
            template_id=release.template_id,
            ext=release.ext,
            user_version=release.user_version,
            user_desc=release.user_desc,
        )
    except Refused as refused:
        if since is None and verdict_of(refused.errcode).verdict in CHANGED_NOTHING:
            intents.know(commit_at=None)
        raise
    _committed(mini_program.now(), intents, is_seen=monotonic() - sent_at <= PROMPT_S)
    if progress.foreign:
        _measure(mini_program.trial_version(), release, intents)
    return f"committed{instead_of}"


def _committed(until: float, intents: Intents, *, is_seen: bool = True) -> None:
    """It was committed by then; `is_seen`: WeChat has just said under this lease that the trial version is ours."""
    intents.know(committed_at=until, seen_under=intents.lease if is_seen else None)


def _measure(trial: TrialVersion | None, release: Release, intents: Intents) -> None:
    """After a second commit the trial version's time is taken from WeChat, not reckoned: its clocks may differ."""
    if not release.progress.foreign or trial is None or not trial.time:
        return
    if not trial.version or is_same_version(trial.version, release.user_version):
        intents.know(exp_time=trial.time)
