"""Step 2: the template's version is the Mini Program's trial version.

Safe to run twice: once a commit has been intended, WeChat is asked whether it landed before it is sent
again. A needless repetition would restart the privacy scan.
"""

from __future__ import annotations

from releases.record import Release
from releases.steps.intents import Intents
from wechat.mini_program import MiniProgram, TrialVersion

#: exp_time and the Date header are whole seconds, and may come from two machines of WeChat's.
CLOCK_SLACK_S = 1.0


def commit_code(mini_program: MiniProgram, release: Release, intents: Intents) -> str:
    """Commit, unless an earlier attempt's commit is the trial version; returns what happened."""
    since = release.progress.commit_at
    if since is not None and landed(mini_program.trial_version(), release, since):
        return "commit found at WeChat"
    mini_program.take_turn("commit")
    intents.commit(mini_program.now())
    mini_program.commit(
        template_id=release.template_id,
        ext=release.ext,
        user_version=release.user_version,
        user_desc=release.user_desc,
    )
    return "committed"


def landed(trial: TrialVersion | None, release: Release, since: float) -> bool:
    """Whether the trial version is the one this release intended at `since`, by WeChat's clock."""
    return (
        trial is not None
        and trial.version == release.user_version
        and trial.desc.strip() == release.user_desc.strip()
        and trial.time >= int(since) - CLOCK_SLACK_S
    )
