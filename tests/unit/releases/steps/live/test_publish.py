from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from releases.problems import NotShownYet, StepBlocked
from releases.record import Release
from releases.steps.live.guard import POOL_UNKNOWN, Guard
from releases.steps.live.publish import publish as do_publish
from releases.steps.live.times import NotYet
from tests.support.examples import NOW, a_problem
from tests.support.fake_wechat import FakeMiniProgram, refused, unanswered
from tests.support.live import (
    CONFIGURED,
    HOSTS,
    INTENT,
    NOTHING_LIVE,
    OLD,
    PASSED,
    WANTED,
    NotedSteps,
    ordered,
    shown,
)
from wechat.errors import RateLimited, Refused, Unanswered

FORGOTTEN = ("know", {"publish_at": None})
GUARD = ["latest_audit", "gray_plan", "get"]


def wechat(times: int = 1, **answers: Any) -> FakeMiniProgram:
    """One whose guard is well so often."""
    well = {"latest_audit": [PASSED] * times, "gray_plan": [None] * times, "get": [CONFIGURED] * times}
    return FakeMiniProgram(**{"now": INTENT, **well, **answers})


def publish(
    mini_program: FakeMiniProgram,
    release: Release | None = None,
    intents: NotedSteps | None = None,
    seconds: Iterable[float] = (),
    hosts: tuple[str, ...] | None = HOSTS,
    check_time: Callable[[Release], object] = lambda _: None,
) -> str:
    """`seconds` is what a clock shows each time that it is read."""
    clock = iter(seconds)
    return do_publish(
        mini_program,
        release or ordered(),
        intents or NotedSteps(),
        Guard(WANTED, lambda: hosts, lambda: None, check_time),
        lambda: next(clock, 0.0),
    )


def test_the_guard_comes_first_then_the_intent_then_the_call() -> None:
    mini_program, intents = wechat(release=[None]), NotedSteps()

    assert publish(mini_program, intents=intents) == "published"

    assert mini_program.calls == [*GUARD, "release"]
    assert intents.noted == [("publish", INTENT), ("published", INTENT)]


def test_the_intent_stands_before_the_call_goes_out() -> None:
    intents = NotedSteps()

    with pytest.raises(Unanswered):
        publish(wechat(release=[unanswered()]), intents=intents)

    assert intents.noted == [("publish", INTENT)]


def test_a_call_whose_turn_does_not_come_is_neither_checked_nor_intended() -> None:
    mini_program, intents = FakeMiniProgram(turn=RateLimited("rate limit", 60)), NotedSteps()

    with pytest.raises(RateLimited):
        publish(mini_program, intents=intents)

    assert (mini_program.calls, intents.noted) == ([], [])


def is_over(release: Release) -> None:
    raise NotYet(NOW, a_problem(step=release.step))


def test_where_the_hours_end_while_wechat_is_asked_nothing_is_intended_and_nothing_sent() -> None:
    mini_program, intents = wechat(), NotedSteps()

    with pytest.raises(NotYet):
        publish(mini_program, intents=intents, check_time=is_over)

    assert mini_program.calls == GUARD
    assert intents.noted == []


def test_outside_of_the_hours_wechat_is_asked_what_became_of_a_call_and_no_other_is_sent() -> None:
    landed, lost = FakeMiniProgram(versions=[shown()]), wechat(versions=[OLD])

    assert publish(landed, ordered(publish_at=INTENT), check_time=is_over) == "found live at WeChat"
    with pytest.raises(NotYet):
        publish(lost, ordered(publish_at=INTENT), check_time=is_over)

    assert lost.calls == ["versions", *GUARD]


def test_what_the_guard_finds_missing_is_not_published() -> None:
    mini_program, intents = wechat(), NotedSteps()

    with pytest.raises(StepBlocked):
        publish(mini_program, intents=intents, hosts=("api.example.com",))

    assert mini_program.calls == GUARD
    assert intents.noted == []


def test_where_the_pool_is_not_known_the_history_says_so() -> None:
    mini_program = wechat(effective_domains=[WANTED], release=[None])

    assert publish(mini_program, hosts=None) == f"published; {POOL_UNKNOWN}"


def test_a_guard_that_is_older_than_ten_seconds_at_the_call_is_repeated() -> None:
    mini_program = wechat(times=2, release=[None])
    publish(mini_program, seconds=[0.0, 10.1, 10.1, 20.0])
    assert mini_program.calls == [*GUARD, *GUARD, "release"]

    mini_program = wechat(release=[None])
    publish(mini_program, seconds=[0.0, 10.0])
    assert mini_program.calls == [*GUARD, "release"]


def test_where_the_guard_is_always_too_old_nothing_is_sent() -> None:
    mini_program = wechat(times=3)

    with pytest.raises(Unanswered, match="longer than 10 s"):
        publish(mini_program, seconds=[0.0, 11.0] * 3)

    assert mini_program.calls == [*GUARD] * 3


STOPPED_BY: dict[str, dict[str, tuple[Any, ...]]] = {
    "the audit": {"latest_audit": (PASSED, dataclasses.replace(PASSED, auditid=5))},
    "the domains": {"get": (CONFIGURED, {})},
    "no answer": {"get": (CONFIGURED, unanswered())},
}


@pytest.mark.parametrize("what", STOPPED_BY)
@pytest.mark.parametrize(("earlier", "is_taken_back"), [(None, True), (INTENT - 50, False)])
def test_an_intent_is_taken_back_where_a_later_check_stops_it_and_no_call_may_have_been_sent(
    what: str, earlier: float | None, *, is_taken_back: bool
) -> None:
    stops = {call: list(answers) for call, answers in STOPPED_BY[what].items()}
    mini_program, intents = wechat(times=2, versions=[OLD], **stops), NotedSteps()

    with pytest.raises((StepBlocked, Unanswered)):
        publish(mini_program, ordered(publish_at=earlier), intents, seconds=[0.0, 10.1, 10.1])

    assert "release" not in mini_program.calls
    assert intents.noted[0] == ("publish", INTENT)
    assert (FORGOTTEN in intents.noted) is is_taken_back


def test_an_intent_is_taken_back_where_every_check_was_too_old() -> None:
    intents = NotedSteps()

    with pytest.raises(Unanswered):
        publish(wechat(times=3), intents=intents, seconds=[0.0, 11.0] * 3)

    assert intents.noted[-1] == FORGOTTEN


def test_an_intent_whose_second_check_is_well_stands_when_the_call_goes_out() -> None:
    intents = NotedSteps()

    with pytest.raises(Unanswered):
        publish(wechat(times=2, release=[unanswered()]), intents=intents, seconds=[0.0, 10.1, 10.1, 20.0])

    assert FORGOTTEN not in intents.noted


@pytest.mark.parametrize("desc", ["faster", "", "fas"])
@pytest.mark.parametrize("time", [INTENT - 1, INTENT, INTENT + 100])
def test_after_an_unanswered_call_that_landed_nothing_is_sent(desc: str, time: float) -> None:
    mini_program, intents = FakeMiniProgram(versions=[shown(desc=desc, time=time)]), NotedSteps()

    assert publish(mini_program, ordered(publish_at=INTENT), intents) == "found live at WeChat"

    assert mini_program.calls == ["versions"]
    assert intents.noted == [("published", time)]


@pytest.mark.parametrize(
    "found",
    [
        NOTHING_LIVE,
        OLD,
        shown(version="", desc=""),
        shown(time=INTENT - 2),
        shown(desc="somebody else's"),
        shown(version="1.4.3"),
        shown(desc="", time=0),
    ],
)
def test_after_an_unanswered_call_that_does_not_show_guard_and_call_are_repeated(found: Any) -> None:
    mini_program, intents = wechat(versions=[found], release=[None]), NotedSteps()

    assert publish(mini_program, ordered(publish_at=INTENT), intents) == "published"

    assert mini_program.calls == ["versions", *GUARD, "release"]


@pytest.mark.parametrize("errcode", [85019, 85020, 85015, 47001])
def test_a_certain_refusal_of_the_first_call_takes_the_intent_back(errcode: int) -> None:
    intents = NotedSteps()

    with pytest.raises((Refused, NotShownYet)):
        publish(wechat(release=[refused(errcode)]), intents=intents)

    assert intents.noted[:2] == [("publish", INTENT), FORGOTTEN]


@pytest.mark.parametrize("errcode", [-1, 99999])
def test_a_refusal_that_says_nothing_leaves_it(errcode: int) -> None:
    intents = NotedSteps()

    with pytest.raises(Refused):
        publish(wechat(release=[refused(errcode)]), intents=intents)

    assert intents.noted == [("publish", INTENT)]


def test_a_certain_refusal_of_a_further_call_leaves_it() -> None:
    intents = NotedSteps()
    mini_program = wechat(versions=[OLD], release=[refused(85015)])

    with pytest.raises(Refused):
        publish(mini_program, ordered(publish_at=INTENT), intents)

    assert FORGOTTEN not in intents.noted


def test_85052_of_what_is_ours_is_done() -> None:
    intents = NotedSteps()
    mini_program = wechat(versions=[OLD, shown(time=INTENT + 1)], release=[refused(85052)])

    assert publish(mini_program, ordered(publish_at=INTENT), intents) == "published already"

    assert intents.noted[-1] == ("published", INTENT + 1)


@pytest.mark.parametrize("desc", ["faster", "put there by WeChat"])
def test_85052_of_what_somebody_else_published_is_done_and_says_so(desc: str) -> None:
    intents = NotedSteps()
    mini_program = wechat(versions=[shown(desc=desc, time=INTENT - 500)], release=[refused(85052)])

    assert publish(mini_program, intents=intents) == "published already, by somebody else"

    assert intents.noted[-1] == ("published", INTENT - 500)


def test_85052_of_the_first_call_while_another_version_is_live_blocks_naming_it() -> None:
    """And without an intent, so that a cancel leaves it approved."""
    mini_program, intents = wechat(versions=[OLD], release=[refused(85052)]), NotedSteps()

    with pytest.raises(StepBlocked, match=r"version 1\.4\.1 \(slower\), published") as caught:
        publish(mini_program, intents=intents)

    assert (caught.value.errcode, caught.value.rid) == (85052, "1-2-3")
    assert intents.noted[-1] == FORGOTTEN


@pytest.mark.parametrize(
    ("publish_at", "found"),
    [(INTENT, [OLD, OLD]), (None, [NOTHING_LIVE]), (None, [shown(version="", desc="")])],
)
def test_85052_of_what_may_be_shown_late_counts_as_applied(
    publish_at: float | None, found: list[Any]
) -> None:
    mini_program = wechat(versions=found, release=[refused(85052)])

    done = publish(mini_program, ordered(publish_at=publish_at))

    assert done == "WeChat says that it is published already"


@pytest.mark.parametrize("errcode", [85019, 85020])
def test_what_has_passed_and_may_not_be_published_is_tried_for_an_hour_then_blocks_with_both_reads(
    errcode: int,
) -> None:
    with pytest.raises(NotShownYet) as caught:
        publish(wechat(release=[refused(errcode)]), intents=NotedSteps(late_s=3599))
    assert caught.value.budget == "lates"
    assert caught.value.tries is not None
    assert caught.value.tries >= 3600

    with pytest.raises(
        StepBlocked, match=r"no; yet the latest audit is audit .* of version 1\.4\.2"
    ) as blocked:
        publish(wechat(release=[refused(errcode)]), intents=NotedSteps(late_s=3600))
    assert (blocked.value.errcode, blocked.value.rid) == (errcode, "1-2-3")
