from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from releases.problems import StepBlocked
from releases.record import Progress, Release
from releases.second_half import Review, ReviewStatus
from releases.states import Status, Step
from releases.steps.watch_audit import WITHDRAW_AGAIN_S, watch_audit
from tests.support.examples import NOW, a_release
from tests.support.fake_wechat import FakeMiniProgram, NotedIntents, refused, unanswered
from wechat.errors import Refused, Unanswered
from wechat.mini_program import AuditStatus, LatestAudit

AUDIT = 7
IN_REVIEW = Review(status=ReviewStatus.IN_REVIEW, submitted_at=NOW)
AT = NOW.timestamp()


def submitted(**progress: object) -> Release:
    return a_release(
        status=Status.SUBMITTED,
        step=Step.SUBMIT_AUDIT,
        auditid=AUDIT,
        review=IN_REVIEW,
        progress=Progress.model_validate(progress),
    )


def latest(status: int, auditid: int = AUDIT, time: float = AT, reason: str = "") -> LatestAudit:
    return LatestAudit(
        auditid=auditid,
        status=status,
        version="1.4.2",
        desc="",
        submit_time=time,
        reason=reason,
        screenshots=("picture",) if reason else (),
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0, ReviewStatus.APPROVED),
        (1, ReviewStatus.REJECTED),
        (2, ReviewStatus.IN_REVIEW),
        (3, ReviewStatus.WITHDRAWN),
        (4, ReviewStatus.DELAYED),
    ],
)
def test_the_status_of_our_audit_counts(status: int, expected: ReviewStatus) -> None:
    seen = watch_audit(FakeMiniProgram(latest_audit=[latest(status)]), submitted(), NotedIntents(), NOW)

    assert (seen.review.status, seen.review.checked_at) == (expected, NOW)
    said = "" if expected is ReviewStatus.IN_REVIEW else f"audit 7 is {expected}"
    assert seen.what == said


def test_a_rejection_has_its_reason_as_plain_text_and_its_pictures() -> None:
    answer = latest(1, reason="1: &lt;b&gt;<br>2: <a href='x'>here</a><br")

    review = watch_audit(FakeMiniProgram(latest_audit=[answer]), submitted(), NotedIntents(), NOW).review

    assert (review.reason, review.screenshots) == ("1: <b>\n2: here", ("picture",))


def test_the_status_of_another_audit_is_never_taken_for_ours_and_a_newer_one_is_told() -> None:
    theirs = latest(0, auditid=8, time=AT + 60)
    wechat = FakeMiniProgram(latest_audit=[theirs], audit=[AuditStatus(2, "", ())])

    seen = watch_audit(wechat, submitted(), NotedIntents(), NOW)

    assert seen.review.status is ReviewStatus.IN_REVIEW
    assert "somebody else has submitted since: audit 8 of version 1.4.2" in seen.what


def test_an_older_audit_that_wechat_still_shows_is_not_told() -> None:
    wechat = FakeMiniProgram(latest_audit=[latest(1, 6, AT - 3600)], audit=[AuditStatus(2, "", ())])

    assert watch_audit(wechat, submitted(), NotedIntents(), NOW).what == ""


def test_the_same_foreign_audit_is_told_once() -> None:
    theirs = latest(0, auditid=8, time=AT + 60)
    first = watch_audit(
        FakeMiniProgram(latest_audit=[theirs], audit=[AuditStatus(2, "", ())]),
        submitted(),
        NotedIntents(),
        NOW,
    )
    again = submitted().changed(first.what, NOW)

    seen = watch_audit(
        FakeMiniProgram(latest_audit=[theirs], audit=[AuditStatus(2, "", ())]), again, NotedIntents(), NOW
    )
    assert seen.what == ""


def test_an_audit_that_wechat_does_not_know_is_no_verdict() -> None:
    with pytest.raises(StepBlocked, match="does not know audit 7"):
        watch_audit(FakeMiniProgram(latest_audit=[None], audit=[None]), submitted(), NotedIntents(), NOW)


def test_an_unknown_status_is_no_verdict() -> None:
    with pytest.raises(Unanswered, match="status 9"):
        watch_audit(FakeMiniProgram(latest_audit=[latest(9)]), submitted(), NotedIntents(), NOW)


def test_a_withdrawal_is_intended_before_it_is_sent_and_read_afterwards() -> None:
    wechat = FakeMiniProgram(latest_audit=[latest(2), latest(3)], withdraw_audit=[None], now=AT)
    intents = NotedIntents()

    seen = watch_audit(wechat, submitted(withdraw="asked"), intents, NOW)

    assert wechat.calls == ["latest_audit", "withdraw_audit", "latest_audit"]
    assert intents.noted == [("intend", {"withdraw_at": AT})]
    assert seen.review.status is ReviewStatus.WITHDRAWN


@pytest.mark.parametrize("status", [0, 1, 3])
def test_what_is_decided_is_not_withdrawn(status: int) -> None:
    wechat = FakeMiniProgram(latest_audit=[latest(status)])

    watch_audit(wechat, submitted(withdraw="asked"), NotedIntents(), NOW)

    assert wechat.calls == ["latest_audit"]


@pytest.mark.parametrize(("since_s", "sent"), [(1, 0), (WITHDRAW_AGAIN_S - 1, 0), (WITHDRAW_AGAIN_S, 1)])
def test_a_withdrawal_that_was_not_answered_is_not_repeated_before_it_had_time_to_show(
    since_s: float, sent: int
) -> None:
    wechat = FakeMiniProgram(latest_audit=[latest(2), latest(3)], withdraw_audit=[None], now=AT + since_s)

    watch_audit(wechat, submitted(withdraw="asked", withdraw_at=AT), NotedIntents(), NOW)

    assert wechat.calls.count("withdraw_audit") == sent


def test_a_refused_withdrawal_is_an_error_of_the_look() -> None:
    wechat = FakeMiniProgram(latest_audit=[latest(2)], withdraw_audit=[refused(87013)], now=AT)

    with pytest.raises(Refused):
        watch_audit(wechat, submitted(withdraw="asked"), NotedIntents(), NOW)


def test_a_withdrawal_without_an_answer_is_one() -> None:
    wechat = FakeMiniProgram(latest_audit=[latest(2)], withdraw_audit=[unanswered()], now=AT)

    with pytest.raises(Unanswered):
        watch_audit(wechat, submitted(withdraw="asked"), NotedIntents(), NOW)


def test_a_record_of_an_older_version_learns_when_it_was_submitted() -> None:
    old = submitted().model_copy(update={"review": None})
    wechat = FakeMiniProgram(latest_audit=[latest(2, time=AT - 3600)])

    seen = watch_audit(wechat, old, NotedIntents(), NOW)

    assert seen.review.submitted_at == datetime.fromtimestamp(AT, UTC) - timedelta(hours=1)
