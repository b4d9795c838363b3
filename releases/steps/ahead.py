"""A newer release never destroys an older one: what its steps do about the release that is ahead of it.

A commit takes the trial version's place, and the audit that follows takes that of the older release's approval. So it waits
until the older one is live, or has ended. Safe to run twice: it reads, and what it writes to the older record is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from releases import remedies
from releases.record import Problem, Release
from releases.states import Status, Step
from releases.steps.attempt import Attempt
from releases.steps.audit_pace import FIRST_S
from releases.steps.calls import MiniProgramCalls
from releases.steps.live.order import superseded
from releases.steps.live.shop import UNCHECKED
from releases.steps.ours import is_our_live
from releases.store.known import Stored
from releases.store.places import Place, due
from releases.store.records import RecordChanged


class StandsBehind(Exception):
    """Another release of the Mini Program has to leave first; `problem` says which one, and what lets it leave."""

    def __init__(self, older: Stored, problem: Problem) -> None:
        super().__init__(problem.errmsg)
        self.older = older
        self.problem = problem


class Others(Protocol):
    """The records of the Mini Program's other releases, as `ReleaseStore` has them."""

    def find(self, *, appid: str) -> Iterable[Release]:
        """Those of a Mini Program, oldest first."""

    def get(self, release_id: str) -> Stored | None:
        """One record."""

    def save(
        self, before: Stored, after: Release, *, lease: int | None = None, place: Place | None = None
    ) -> Stored:
        """Write a changed record, under the lease of the Mini Program."""


def make_way(
    others: Others,
    mini_program: MiniProgramCalls,
    attempt: Attempt,
    now: datetime,
    taken_by: Callable[[Release], None],
) -> None:
    """Raise StandsBehind as long as going on would destroy the release ahead; end that one where that was allowed.

    `taken_by` is told which release is in the shop, before that is written.
    """
    older = None if attempt.ahead is None else others.get(attempt.ahead)
    if older is None or older.release.role != "ahead":
        return
    after = _after(mini_program, older.release, attempt.release, now)
    if after is not older.release or _is_unseen(after, now):
        try:
            if after.status is Status.LIVE:
                taken_by(after)
            older = others.save(older, after, lease=attempt.lease, place=due(after, now))
        except RecordChanged:
            # Whoever waits behind a record that has changed since it was read, looks again at once.
            raise behind(older, attempt.release) from None
        if after.role != "ahead":
            attempt.note(f"release {after.id} stood in the way, and is {after.status} now")
            return
    raise behind(older, attempt.release)


def behind(older: Stored, newer: Release) -> StandsBehind:
    """The newer release waits before its commit, or before its submission where an older version of ours committed it."""
    release = older.release
    problem = Problem(
        step=newer.step,
        errmsg=f"release {release.id}, version {release.user_version}, is {stands(release)}: a newer one would destroy it",
        remedy=_way_out(release, newer),
    )
    return StandsBehind(older, problem)


def _after(mini_program: MiniProgramCalls, older: Release, newer: Release, now: datetime) -> Release:
    """The older release as it is to be from now on; itself where only somebody else can do something."""
    if older.status is Status.APPROVED:
        since = older.review.submitted_at if older.review is not None else None
        live = mini_program.versions().live
        if since is not None and is_our_live(live, older, since.timestamp()):
            what = f"version {older.user_version} is live: somebody else has published it, and {UNCHECKED}"
            return older.changed(what, now, at=Step.VERIFY_LIVE, status=Status.LIVE)
        return superseded(older, newer, now) if newer.progress.supersedes else older
    if older.status is Status.SUBMITTED and newer.progress.withdraws and not older.progress.withdraw:
        # What was refused a moment ago is not sent again before somebody has looked at the audit again.
        return older if older.wait is not None else _withdrawn(older, newer, now)
    return older


def _is_unseen(older: Release, now: datetime) -> bool:
    """Whether its audit should have been looked at long ago: an older version of ours submitted it."""
    if older.status is not Status.SUBMITTED or older.review is None or older.review.checked_at is not None:
        return False
    since = older.review.submitted_at
    return since is not None and (now - since).total_seconds() > 2 * FIRST_S


def _withdrawn(older: Release, newer: Release, now: datetime) -> Release:
    what = f"its audit is to be withdrawn for release {newer.id}"
    return older.changed(what, now, at=Step.WATCH_AUDIT).progressed(withdraw=newer.id)


def stands(older: Release) -> str:
    """How a release that is ahead stands, in words."""
    if older.status is Status.SUBMITTED:
        return "under audit"
    return older.status if older.status is Status.APPROVED else f"{older.status} at {older.step}"


def _way_out(older: Release, newer: Release) -> str:
    if older.status is Status.APPROVED:
        return remedies.BEHIND_APPROVED(id=older.id)
    if older.status is not Status.SUBMITTED:
        return remedies.BEHIND_PUBLICATION(id=older.id)
    withdraws = older.progress.withdraw == newer.id
    return remedies.BEHIND_WITHDRAWAL(id=older.id) if withdraws else remedies.BEHIND_AUDIT(id=older.id)
