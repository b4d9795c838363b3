"""What a commit does about the release ahead of it: each way in which that one may stand, and what the newer one allows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from releases.record import Progress, Release
from releases.remedies import in_chinese
from releases.second_half import Review, ReviewStatus
from releases.states import Status, Step
from releases.steps.ahead import StandsBehind, make_way
from releases.steps.attempt import Attempt
from releases.store.known import Stored
from releases.store.leases import Held
from releases.store.places import Place
from releases.store.records import RecordChanged
from tests.support.bilingual import is_chinese
from tests.support.examples import NOW, a_problem, a_release, a_request
from tests.support.fake_wechat import FakeMiniProgram, refused
from wechat.errcodes.row import GOES_ON
from wechat.errors import Refused
from wechat.mini_program import LiveVersion, Versions

SUBMITTED_AT = NOW - timedelta(hours=2)
#: Versions of the shop, by what they are to the older release.
OLDERS = LiveVersion("1.4.1", "faster", NOW.timestamp() - 60)
OLDERS_NUMBER_BEFORE = LiveVersion("1.4.1", "faster", SUBMITTED_AT.timestamp() - 60)
OLDERS_WITHOUT_TIME = LiveVersion("1.4.1", "slower", 0)
NAMELESS = LiveVersion("", "", NOW.timestamp())
ANOTHER = LiveVersion("1.4.0", "oldest", NOW.timestamp() - 60)


class Records:
    """The store, as far as a gate needs it. Each write is noted; `is_overtaken`: somebody else has just written."""

    def __init__(self, *releases: Release, is_overtaken: bool = False) -> None:
        self._found = {release.id: Stored(release, 7) for release in releases}
        self._is_overtaken = is_overtaken
        self.read: list[str] = []
        self.written: list[tuple[Release, Place | None]] = []

    def find(self, *, appid: str) -> Iterable[Release]:
        raise AssertionError(appid)

    def get(self, release_id: str) -> Stored | None:
        self.read.append(release_id)
        return self._found.get(release_id)

    def save(
        self, before: Stored, after: Release, *, lease: int | None = None, place: Place | None = None
    ) -> Stored:
        if self._is_overtaken:
            raise RecordChanged
        self.written.append((after, place))
        self._found[after.id] = Stored(after, before.revision + 1)
        return self._found[after.id]


def older(status: Status, step: Step = Step.SUBMIT_AUDIT, **more: Any) -> Release:
    review = Review(status=ReviewStatus.IN_REVIEW, submitted_at=SUBMITTED_AT, checked_at=SUBMITTED_AT)
    return a_release(
        a_request(user_version="1.4.1"), id="older", status=status, step=step, review=review, **more
    )


def newer(wave: str | None = None, **progress: Any) -> Attempt:
    """The attempt of a newer release at its commit; `progress` is what its request allows."""
    release = a_release(id="newer", wave=wave, step=Step.COMMIT_CODE, progress=Progress(**progress))
    held = Held(number=5, stored=Stored(release, 1), pauses={}, stood=None, ahead="older")
    return Attempt(held, store=cast("Any", None), now=lambda: NOW)


def waits_behind(records: Records, attempt: Attempt, **answers: Any) -> StandsBehind:
    with pytest.raises(StandsBehind) as caught:
        make_way(records, FakeMiniProgram(**answers), attempt, NOW, nobody)
    problem = caught.value.problem
    assert problem.remedy.startswith(GOES_ON)
    assert "older" in problem.errmsg
    assert is_chinese(in_chinese(problem.remedy))
    return caught.value


def live(version: LiveVersion | None) -> dict[str, Any]:
    return {"versions": [Versions(trial=None, live=version)]}


def nobody(release: Release) -> None:
    raise AssertionError(f"{release.id} is not in the shop")


def told(release: Release) -> str:
    return release.history[-1].what


def test_where_nothing_is_ahead_nothing_is_read_and_nobody_asked() -> None:
    attempt = newer()
    attempt.ahead = None
    records = Records(older(Status.SUBMITTED))

    make_way(records, FakeMiniProgram(), attempt, NOW, nobody)

    assert records.read == []


@pytest.mark.parametrize("status", [Status.REJECTED, Status.CANCELLED, Status.REPLACED, Status.LIVE])
def test_one_that_has_left_since_stands_in_nobodys_way(status: Status) -> None:
    make_way(Records(older(status)), FakeMiniProgram(), newer(), NOW, nobody)
    make_way(Records(), FakeMiniProgram(), newer(), NOW, nobody)


@pytest.mark.parametrize("allowed", [{}, {"supersedes": True}])
def test_one_under_audit_is_waited_for_whatever_supersede_says(allowed: dict[str, Any]) -> None:
    records = Records(older(Status.SUBMITTED))

    behind = waits_behind(records, newer(**allowed))

    assert behind.problem.errmsg.startswith("release older, version 1.4.1, is under audit: ")
    assert "`mprelease withdraw older`" in behind.problem.remedy
    assert behind.older.revision == 7
    assert records.written == []


def test_with_withdraw_the_audit_is_ordered_to_be_withdrawn_now_and_once() -> None:
    records = Records(older(Status.SUBMITTED))

    behind = waits_behind(records, newer(withdraws=True))
    again = waits_behind(records, newer(withdraws=True))

    [(ordered, place)] = records.written
    assert (ordered.progress.withdraw, ordered.status) == ("newer", Status.SUBMITTED)
    assert "release newer" in told(ordered)
    assert place == Place("releases:due:begun", NOW.timestamp())
    assert behind.older.revision == again.older.revision == 8
    assert behind.problem.remedy == again.problem.remedy
    assert "as this release asked for" in behind.problem.remedy


@pytest.mark.parametrize(
    ("checked", "hours", "looks"), [(None, 2, True), (None, 0, False), (SUBMITTED_AT, 2, False)]
)
def test_an_audit_that_nobody_has_followed_is_looked_at_now(
    checked: datetime | None, hours: float, *, looks: bool
) -> None:
    """An older version of ours submitted it: the first look at it is spread over a day."""
    at = NOW - timedelta(hours=hours)
    review = Review(status=ReviewStatus.IN_REVIEW, submitted_at=at, checked_at=checked)
    before = older(Status.SUBMITTED).model_copy(update={"review": review})
    records = Records(before)

    waits_behind(records, newer())

    due_now = Place("releases:due:begun", NOW.timestamp())
    assert records.written == ([(before, due_now)] if looks else [])


def test_a_withdrawal_that_was_refused_is_not_ordered_again_before_the_next_look() -> None:
    records = Records(older(Status.SUBMITTED, wait=a_problem(errcode=87013)))

    behind = waits_behind(records, newer(withdraws=True))

    assert records.written == []
    assert "`mprelease withdraw older`" in behind.problem.remedy


@pytest.mark.parametrize(
    "shown", [None, ANOTHER, NAMELESS, OLDERS_NUMBER_BEFORE, OLDERS_WITHOUT_TIME], ids=repr
)
@pytest.mark.parametrize("allowed", [{}, {"withdraws": True}])
def test_an_approved_one_is_waited_for(shown: LiveVersion | None, allowed: dict[str, Any]) -> None:
    records = Records(older(Status.APPROVED))

    behind = waits_behind(records, newer(**allowed), **live(shown))

    assert "is approved: " in behind.problem.errmsg
    assert "`mprelease publish older`, or `mprelease cancel older`" in behind.problem.remedy
    assert records.written == []


@pytest.mark.parametrize("allowed", [{}, {"supersedes": True}])
def test_an_approved_one_that_somebody_else_has_published_becomes_live(allowed: dict[str, Any]) -> None:
    records = Records(older(Status.APPROVED))
    attempt = newer(**allowed)
    shop: list[tuple[str, int]] = []

    def taken_by(release: Release) -> None:
        shop.append((release.id, len(records.written)))

    make_way(records, FakeMiniProgram(**live(OLDERS)), attempt, NOW, taken_by)

    [(published, _)] = records.written
    assert published.status is Status.LIVE
    assert "somebody else has published it, and its domains were not checked" in told(published)
    assert published.public()["publication"] is None, "nothing was ordered, and nothing verified"
    assert told(attempt.release) == "release older stood in the way, and is live now"
    assert shop == [("older", 0)], "before that is written: whoever repeats it finds it as it was"


def test_supersede_gives_up_an_approved_one() -> None:
    records = Records(older(Status.APPROVED))

    make_way(records, FakeMiniProgram(**live(ANOTHER)), newer(supersedes=True), NOW, nobody)

    [(given_up, _)] = records.written
    assert given_up.status is Status.CANCELLED
    assert told(given_up) == str(given_up.progress.cancelled_because) == "superseded by release newer"
    assert not given_up.progress.left_wave


@pytest.mark.parametrize(("wave", "leaves"), [("spring", True), ("autumn", False)])
def test_one_of_the_same_wave_counts_no_more_in_it(wave: str, *, leaves: bool) -> None:
    records = Records(older(Status.APPROVED, wave="spring"))

    make_way(records, FakeMiniProgram(**live(None)), newer(wave, supersedes=True), NOW, nobody)

    assert records.written[0][0].progress.left_wave is leaves


@pytest.mark.parametrize("step", [Step.PUBLISH, Step.VERIFY_LIVE])
@pytest.mark.parametrize("status", [Status.QUEUED, Status.RUNNING, Status.WAITING, Status.BLOCKED])
def test_one_that_is_being_published_is_never_touched(step: Step, status: Status) -> None:
    records = Records(older(status, step))

    behind = waits_behind(records, newer(supersedes=True, withdraws=True))

    assert f"is {status} at {step}: " in behind.problem.errmsg
    assert "`mprelease show older`" in behind.problem.remedy
    assert records.written == []


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.APPROVED])
def test_what_somebody_else_has_changed_is_looked_at_again_and_not_written(status: Status) -> None:
    records = Records(older(status), is_overtaken=True)

    behind = waits_behind(records, newer(supersedes=True, withdraws=True), **live(None))

    # With this revision its write says that it is due at once.
    assert behind.older.revision == 7


def test_what_wechat_refuses_to_tell_decides_nothing() -> None:
    records = Records(older(Status.APPROVED))

    with pytest.raises(Refused):
        make_way(records, FakeMiniProgram(versions=[refused(-1)]), newer(supersedes=True), NOW, nobody)

    assert records.written == []
