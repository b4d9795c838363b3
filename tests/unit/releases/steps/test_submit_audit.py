from __future__ import annotations

from typing import Any

import pytest

from releases.problems import StepBlocked
from releases.record import Progress, Release
from releases.steps.submit_audit import Judgement, judge, submit_audit
from tests.support.examples import a_release
from tests.support.fake_wechat import FakeMiniProgram, NotedIntents, refused, unanswered
from wechat.errors import RateLimited, Refused, Unanswered
from wechat.mini_program import LatestAudit

PASSED, REJECTED, IN_REVIEW, WITHDRAWN, DELAYED = range(5)
ATTEMPT = 1000.0


def audit(status: int, **different: Any) -> LatestAudit:
    facts = {"auditid": 2**60 + 1, "version": "1.4.2", "desc": "faster", "submit_time": ATTEMPT}
    return LatestAudit(status=status, **{**facts, **different})


def after_unanswered_submit(**progress: Any) -> Release:
    return a_release(progress=Progress(submit_at=ATTEMPT, **progress))


@pytest.mark.parametrize(
    ("status", "submit_time", "expected"),
    [
        (IN_REVIEW, ATTEMPT, Judgement.OURS),
        (IN_REVIEW, 0, Judgement.OURS),
        (DELAYED, ATTEMPT, Judgement.OURS),
        (DELAYED, 0, Judgement.OURS),
        (PASSED, ATTEMPT, Judgement.OURS),
        (PASSED, ATTEMPT - 1, Judgement.OURS),
        (PASSED, ATTEMPT - 2, Judgement.OTHER),
        (PASSED, 0, Judgement.OTHER),
        (REJECTED, ATTEMPT, Judgement.ENDED),
        (REJECTED, ATTEMPT - 2, Judgement.OTHER),
        (WITHDRAWN, ATTEMPT + 60, Judgement.ENDED),
        (WITHDRAWN, 0, Judgement.OTHER),
    ],
)
def test_an_audit_of_this_version_is_judged_by_status_and_time(
    status: int, submit_time: float, expected: Judgement
) -> None:
    assert judge(audit(status, submit_time=submit_time), a_release(), ATTEMPT) is expected


@pytest.mark.parametrize("status", range(5))
@pytest.mark.parametrize("other", [{"version": "1.4.1"}, {"desc": "slower"}, {"version": ""}])
def test_an_audit_of_another_version_has_nothing_to_do_with_us(status: int, other: dict[str, Any]) -> None:
    assert judge(audit(status, **other), a_release(), ATTEMPT) is Judgement.OTHER


def test_a_submission_whose_turn_does_not_come_is_not_intended() -> None:
    mini_program, intents = FakeMiniProgram(turn=RateLimited("rate limit", 60)), NotedIntents()

    with pytest.raises(RateLimited):
        submit_audit(mini_program, a_release(), intents)

    assert intents.noted == []
    assert mini_program.calls == []


def test_no_audit_has_nothing_to_do_with_us() -> None:
    assert judge(None, a_release(), ATTEMPT) is Judgement.OTHER


@pytest.mark.parametrize("desc", ["", " faster\n"])
def test_a_description_that_wechat_left_out_or_trimmed_is_ours(desc: str) -> None:
    assert judge(audit(IN_REVIEW, desc=desc), a_release(), ATTEMPT) is Judgement.OURS


def test_the_first_attempt_writes_its_intent_and_submits_without_asking() -> None:
    mini_program, intents = FakeMiniProgram(now=ATTEMPT, submit_audit=[2**60 + 1]), NotedIntents()

    auditid, what = submit_audit(mini_program, a_release(), intents)

    assert (auditid, what) == (2**60 + 1, f"submitted as audit {2**60 + 1}")
    assert mini_program.calls == ["submit_audit"]
    assert intents.noted == [("submit", ATTEMPT)]


def test_the_intent_stands_before_the_call_goes_out() -> None:
    intents = NotedIntents()

    with pytest.raises(Unanswered):
        submit_audit(FakeMiniProgram(submit_audit=[unanswered()]), a_release(), intents)

    assert intents.noted == [("submit", ATTEMPT)]


@pytest.mark.parametrize("status", [PASSED, IN_REVIEW, DELAYED])
def test_after_an_unanswered_submit_its_audit_is_adopted(status: int) -> None:
    mini_program, intents = FakeMiniProgram(latest_audit=[audit(status)]), NotedIntents()

    auditid, what = submit_audit(mini_program, after_unanswered_submit(), intents)

    assert (auditid, what) == (2**60 + 1, f"audit {2**60 + 1} found at WeChat")
    assert mini_program.calls == ["latest_audit"]
    assert intents.noted == []


@pytest.mark.parametrize(("status", "how"), [(REJECTED, "rejected"), (WITHDRAWN, "withdrawn")])
def test_after_an_unanswered_submit_an_ended_audit_blocks_and_a_resume_may_submit(
    status: int, how: str
) -> None:
    mini_program, intents = FakeMiniProgram(latest_audit=[audit(status)]), NotedIntents()

    with pytest.raises(StepBlocked, match=f"has been {how} already"):
        submit_audit(mini_program, after_unanswered_submit(), intents)

    assert mini_program.calls == ["latest_audit"]
    assert intents.noted == [("forget_submission", None)]


@pytest.mark.parametrize("latest", [None, audit(REJECTED, version="1.4.1"), audit(PASSED, submit_time=0)])
def test_after_an_unanswered_submit_that_did_not_land_it_is_sent_again(latest: LatestAudit | None) -> None:
    mini_program = FakeMiniProgram(now=2000, latest_audit=[latest], submit_audit=[7])
    intents = NotedIntents()

    auditid, _ = submit_audit(mini_program, after_unanswered_submit(), intents)

    assert auditid == 7
    assert mini_program.calls == ["latest_audit", "submit_audit"]
    assert intents.noted == [("submit", ATTEMPT)]  # the first attempt's time counts


def test_when_asking_gets_no_answer_nothing_is_submitted() -> None:
    mini_program = FakeMiniProgram(latest_audit=[unanswered()])

    with pytest.raises(Unanswered):
        submit_audit(mini_program, after_unanswered_submit(), NotedIntents())

    assert mini_program.calls == ["latest_audit"]


@pytest.mark.parametrize("latest", [audit(IN_REVIEW), audit(DELAYED), audit(IN_REVIEW, submit_time=0)])
def test_85009_adopts_a_running_audit_of_this_very_version(latest: LatestAudit) -> None:
    mini_program = FakeMiniProgram(submit_audit=[refused(85009)], latest_audit=[latest])

    auditid, what = submit_audit(mini_program, a_release(), NotedIntents())

    assert (auditid, what) == (latest.auditid, f"adopted the running audit {latest.auditid}")


@pytest.mark.parametrize(
    "latest",
    [
        None,
        audit(REJECTED),
        audit(WITHDRAWN),
        audit(REJECTED, submit_time=0),
        audit(PASSED, submit_time=0),
        audit(IN_REVIEW, version="1.4.1"),
        audit(IN_REVIEW, desc="slower"),
        audit(DELAYED, version="1.4.1"),
    ],
)
def test_85009_blocks_if_the_running_audit_is_not_this_version(latest: LatestAudit | None) -> None:
    mini_program = FakeMiniProgram(submit_audit=[refused(85009, "busy", "r")], latest_audit=[latest])

    with pytest.raises(StepBlocked) as caught:
        submit_audit(mini_program, a_release(), NotedIntents())

    assert (caught.value.errcode, caught.value.errmsg, caught.value.rid) == (85009, "busy", "r")
    assert "undocodeaudit" in caught.value.remedy


def test_61039_forgets_the_submission_and_never_commits() -> None:
    mini_program, intents = FakeMiniProgram(submit_audit=[refused(61039)]), NotedIntents()

    with pytest.raises(Refused):
        submit_audit(mini_program, a_release(), intents)

    assert mini_program.calls == ["submit_audit"]
    assert intents.noted == [("submit", ATTEMPT), ("forget_submission", None)]


def test_after_61039_the_scan_is_asked_for_and_while_it_runs_nothing_is_submitted() -> None:
    mini_program, intents = FakeMiniProgram(privacy_info=[refused(61039)]), NotedIntents()

    with pytest.raises(Refused) as caught:
        submit_audit(mini_program, a_release(progress=Progress(scans=1)), intents)

    assert caught.value.errcode == 61039
    assert mini_program.calls == ["privacy_info"]
    assert intents.noted == []


@pytest.mark.parametrize("scan", [{"errcode": 0}, unanswered(), refused(61040), refused(48001)])
def test_whatever_else_the_scan_says_submitting_tells(scan: Any) -> None:
    mini_program = FakeMiniProgram(privacy_info=[scan], submit_audit=[7])

    auditid, _ = submit_audit(mini_program, a_release(progress=Progress(scans=1)), NotedIntents())

    assert auditid == 7
    assert mini_program.calls == ["privacy_info", "submit_audit"]


def test_an_unanswered_submit_is_asked_for_before_the_scan() -> None:
    mini_program = FakeMiniProgram(latest_audit=[None], privacy_info=[{}], submit_audit=[7])

    submit_audit(mini_program, after_unanswered_submit(scans=2), NotedIntents())

    assert mini_program.calls == ["latest_audit", "privacy_info", "submit_audit"]


@pytest.mark.parametrize("errcode", [85077, 85085, -1, 61004])
def test_every_other_refusal_is_left_to_the_policy(errcode: int) -> None:
    with pytest.raises(Refused) as caught:
        submit_audit(FakeMiniProgram(submit_audit=[refused(errcode)]), a_release(), NotedIntents())

    assert caught.value.errcode == errcode
