"""When a step may begin: the time of its order, and the hours of publications."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from releases.record import Release
from releases.remedies import in_chinese
from releases.states import Status, Step
from releases.steps.live.hours import Hours
from releases.steps.live.order import ordered
from releases.steps.live.times import NotYet, Times
from tests.support.bilingual import is_chinese
from tests.support.examples import NOW, a_release

#: NOW is 09:26 UTC.
OPEN, CLOSED = Hours(((9 * 60, 10 * 60),)), Hours(((22 * 60, 6 * 60),))
TODAY_22 = NOW.replace(hour=22, minute=0, second=0)
LATER = NOW + timedelta(hours=3)


def times(hours: Hours = OPEN, random: float = 0.5) -> Times:
    return Times(hours=hours, random=lambda: random)


def publication(**order: Any) -> Release:
    return ordered(a_release(status=Status.APPROVED, step=Step.SUBMIT_AUDIT), NOW, **order)


def waits(release: Release, of: Times) -> NotYet:
    with pytest.raises(NotYet) as caught:
        of.check(release, NOW)
    return caught.value


def test_outside_of_the_hours_a_publication_waits_and_says_until_when() -> None:
    wait = waits(publication(), times(CLOSED, random=0))

    assert wait.at == TODAY_22
    assert wait.why.step is Step.PUBLISH
    assert "before 2026-03-14 22:00 UTC" in wait.why.errmsg
    assert wait.why.remedy.startswith("It goes on by itself at 2026-03-14 22:00 UTC.")


def test_the_openings_of_many_are_spread_over_a_minute_and_all_say_the_same() -> None:
    first, last = (waits(publication(), times(CLOSED, random=random)) for random in (0, 0.999))

    assert timedelta(seconds=50) < last.at - first.at < timedelta(seconds=60)
    assert last.why == first.why


def test_within_the_hours_a_publication_begins_at_once() -> None:
    times().check(publication(), NOW)


def test_a_publication_begins_at_its_time_exactly_where_the_hours_allow_it() -> None:
    at = NOW + timedelta(minutes=10)
    wait = waits(publication(not_before=at), times(random=0.9))

    assert wait.at == at
    assert wait.why.errmsg == "not to be published before 2026-03-14 09:36 UTC"


def test_the_time_of_an_order_that_is_outside_of_the_hours_is_put_off_to_the_next_ones() -> None:
    wait = waits(publication(not_before=NOW + timedelta(hours=2)), times(CLOSED, random=0))

    assert wait.at == TODAY_22
    assert "nothing is published at this time" in wait.why.errmsg


def test_a_time_that_has_passed_holds_nobody() -> None:
    times().check(publication(not_before=NOW - timedelta(hours=1)), NOW)


@pytest.mark.parametrize("step", [Step.COMMIT_CODE, Step.SUBMIT_AUDIT, Step.VERIFY_LIVE, Step.REVERT])
def test_nothing_else_waits_for_the_hours_or_a_time(step: Step) -> None:
    times(CLOSED).check(a_release(step=step).progressed(not_before=LATER.timestamp()), NOW)


def test_a_release_starts_at_its_time_whatever_the_hours_are() -> None:
    wait = waits(a_release().progressed(not_before=LATER.timestamp()), times(CLOSED))

    assert wait.at == LATER
    assert wait.why.errmsg == "not to be started before 2026-03-14 12:26 UTC"


def test_where_the_call_may_have_been_made_wechat_is_asked_first_and_the_time_holds_its_repetition() -> None:
    called = publication().progressed(publish_at=NOW.timestamp())

    times(CLOSED).may_begin(called, NOW)
    with pytest.raises(NotYet):
        times(CLOSED).check(called, NOW)


def test_an_order_is_written_as_waiting_for_its_time() -> None:
    begun = times().begun(publication(not_before=NOW + timedelta(minutes=9)), NOW)

    assert (begun.status, begun.next_attempt_at) == (Status.WAITING, NOW + timedelta(minutes=9))
    assert begun.waits_for == "time"
    assert times().begun(publication(), NOW).status is Status.QUEUED


def test_the_remedy_is_told_in_chinese_as_well() -> None:
    assert is_chinese(in_chinese(waits(publication(), times(CLOSED)).why.remedy))
