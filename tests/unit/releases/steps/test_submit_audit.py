from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from releases.problems import NotShownYet, StepBlocked, Undone
from releases.record import Progress, Release
from releases.states import Status, Step
from releases.steps.ahead import StandsBehind
from releases.steps.submit_audit import submit_audit as do_submit_audit
from releases.store.known import Stored
from tests.support.examples import a_release, a_request
from tests.support.fake_wechat import LEASE, FakeMiniProgram, NotedIntents, refused, unanswered
from wechat.errcodes.row import GOES_ON
from wechat.errors import RateLimited, Refused, Unanswered
from wechat.mini_program import LatestAudit, TrialVersion

PASSED, REJECTED, IN_REVIEW, WITHDRAWN, DELAYED = range(5)
ATTEMPT = 1000.0
OURS = TrialVersion("1.4.2", "", ATTEMPT)
FORGOTTEN = ("know", {"submit_at": None})
OTHER = Stored(a_release(a_request(user_version="1.4.1"), status=Status.CANCELLED), 3)


def audit(status: int, **different: Any) -> LatestAudit:
    facts = {"auditid": 2**60 + 1, "version": "1.4.2", "desc": "faster", "submit_time": ATTEMPT}
    return LatestAudit(status=status, **{**facts, **different})


def intended(code_since: float | None = ATTEMPT) -> tuple[str, dict[str, Any]]:
    return "intend", {"submit_at": ATTEMPT, "submit_since": code_since, "unfound": 0}


def after_unanswered_submit(**progress: Any) -> Release:
    """Its audit has been asked for once already and was not there, unless `unfound` says otherwise."""
    return committed(**{"submit_at": ATTEMPT, "unfound": 1, **progress})


def committed(**progress: Any) -> Release:
    """A release whose commit was answered just now."""
    return a_release(
        progress=Progress(**{"commit_at": ATTEMPT, "committed_at": ATTEMPT, "seen_under": LEASE, **progress})
    )


def submit_audit(mini_program: FakeMiniProgram, release: Release, intents: NotedIntents) -> tuple[int, str]:
    """Submit under the lease of the commit; those who wait see to the trial version themselves."""
    intents.lease = LEASE
    return do_submit_audit(mini_program, release, intents)


def test_a_submission_whose_turn_does_not_come_is_not_intended() -> None:
    mini_program, intents = FakeMiniProgram(turn=RateLimited("rate limit", 60)), NotedIntents()

    with pytest.raises(RateLimited):
        submit_audit(mini_program, committed(), intents)

    assert intents.noted == []
    assert mini_program.calls == []


def test_the_first_attempt_writes_its_intent_and_submits_without_asking() -> None:
    mini_program, intents = FakeMiniProgram(now=ATTEMPT, submit_audit=[2**60 + 1]), NotedIntents()

    auditid, what = submit_audit(mini_program, committed(), intents)

    assert (auditid, what) == (2**60 + 1, f"submitted as audit {2**60 + 1}")
    assert mini_program.calls == ["submit_audit"]
    assert intents.noted == [intended()]


def test_the_intent_stands_before_the_call_goes_out() -> None:
    intents = NotedIntents()

    with pytest.raises(Unanswered):
        submit_audit(FakeMiniProgram(submit_audit=[unanswered()]), committed(), intents)

    assert intents.noted == [intended()]


@pytest.mark.parametrize("status", [PASSED, IN_REVIEW, DELAYED])
def test_after_an_unanswered_submit_its_audit_is_adopted(status: int) -> None:
    mini_program, intents = FakeMiniProgram(latest_audit=[audit(status)]), NotedIntents()

    auditid, what = submit_audit(mini_program, after_unanswered_submit(unfound=0), intents)

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
    assert intents.noted == [FORGOTTEN]


UNFOUND = [
    None,
    audit(REJECTED, version="1.4.1"),
    audit(PASSED, submit_time=900),
    audit(IN_REVIEW, version="2"),
]


@pytest.mark.parametrize("latest", UNFOUND)
def test_after_an_unanswered_submit_a_first_look_that_finds_nothing_is_not_believed(
    latest: LatestAudit | None,
) -> None:
    mini_program, intents = FakeMiniProgram(latest_audit=[latest], trial_version=[OURS]), NotedIntents()

    with pytest.raises(NotShownYet) as caught:
        submit_audit(mini_program, after_unanswered_submit(unfound=0), intents)

    assert (caught.value.budget, caught.value.tries) == ("unfound", 1)
    assert "submit_audit" not in mini_program.calls
    assert intents.noted == []


@pytest.mark.parametrize("desc", ["faster", "put there by WeChat", ""])
def test_an_audit_with_neither_version_nor_time_is_no_answer(desc: str) -> None:
    latest = audit(PASSED, version="", submit_time=0, desc=desc)
    mini_program = FakeMiniProgram(latest_audit=[latest])

    with pytest.raises(Unanswered, match="neither version nor time"):
        submit_audit(mini_program, after_unanswered_submit(), NotedIntents())

    assert mini_program.calls == ["latest_audit"]


@pytest.mark.parametrize("commit_at", [ATTEMPT - 20, None])
def test_where_the_commits_time_is_not_known_that_of_the_submission_counts(commit_at: float | None) -> None:
    release = after_unanswered_submit(commit_at=commit_at)
    latest = audit(IN_REVIEW, submit_time=ATTEMPT - 20)
    mini_program = FakeMiniProgram(latest_audit=[latest], trial_version=[None, None])

    if commit_at is None:
        with pytest.raises(Undone):
            submit_audit(mini_program, release, NotedIntents())
    else:
        assert submit_audit(mini_program, release, NotedIntents())[0] == latest.auditid


def test_a_commit_after_the_submission_does_not_make_its_audit_somebody_elses() -> None:
    release = after_unanswered_submit(submit_since=ATTEMPT - 1, commit_at=ATTEMPT + 60)

    auditid, _ = submit_audit(FakeMiniProgram(latest_audit=[audit(PASSED)]), release, NotedIntents())

    assert auditid == 2**60 + 1


def test_an_audit_that_another_release_has_is_never_ours() -> None:
    asked: list[int] = []

    def whose(auditid: int) -> Stored:
        asked.append(auditid)
        return OTHER

    mini_program = FakeMiniProgram(latest_audit=[audit(PASSED)], submit_audit=[7])
    intents = NotedIntents(has_seen_trial=True)

    auditid, _ = do_submit_audit(mini_program, after_unanswered_submit(), intents, whose=whose)

    assert (auditid, asked) == (7, [2**60 + 1])


@pytest.mark.parametrize("desc", ["新版本 first", "", "theirs"])
def test_85009_of_an_audit_with_neither_version_nor_time_is_no_answer_whatever_its_description(
    desc: str,
) -> None:
    nameless = audit(IN_REVIEW, version="", submit_time=0, desc=desc)
    mini_program = FakeMiniProgram(submit_audit=[refused(85009)], latest_audit=[nameless])

    with pytest.raises(Unanswered, match="neither version nor time"):
        submit_audit(mini_program, committed(), NotedIntents(has_seen_trial=True))


def test_85009_of_the_first_submission_adopts_no_audit_that_does_not_say_its_version() -> None:
    latest = audit(IN_REVIEW, version="", auditid=7)
    mini_program = FakeMiniProgram(submit_audit=[refused(85009)], latest_audit=[latest])

    with pytest.raises(StepBlocked, match="audit 7"):
        submit_audit(mini_program, committed(), NotedIntents(has_seen_trial=True))


def refused_beside(latest: LatestAudit, of_other: int = 7) -> tuple[Exception, NotedIntents]:
    """85009 while `latest` runs, where another release has the audit `of_other`; what is raised, and what was written."""
    mini_program = FakeMiniProgram(submit_audit=[refused(85009)], latest_audit=[latest])
    intents = NotedIntents(has_seen_trial=True)

    def whose(auditid: int) -> Stored | None:
        return OTHER if auditid == of_other else None

    with pytest.raises((StandsBehind, StepBlocked, NotShownYet)) as caught:
        do_submit_audit(mini_program, committed(), intents, whose=whose)
    return caught.value, intents


@pytest.mark.parametrize("status", [IN_REVIEW, DELAYED])
@pytest.mark.parametrize("version", ["1.4.2", "1.4.1"])
def test_85009_of_another_releases_audit_waits_for_its_end(status: int, version: str) -> None:
    behind, intents = refused_beside(audit(status, auditid=7, version=version))

    assert isinstance(behind, StandsBehind)
    assert behind.older is OTHER
    assert (behind.problem.step, behind.problem.errcode) == (Step.SUBMIT_AUDIT, 85009)
    assert behind.problem.errmsg.startswith(f"audit 7 of version {version}, submitted")
    assert OTHER.release.id in behind.problem.errmsg
    assert behind.problem.remedy.startswith(GOES_ON)
    # A definite no: whoever looks again may submit at once.
    assert intents.noted == [intended(), FORGOTTEN]


def test_85009_of_it_after_a_submission_that_was_not_answered_leaves_that_to_be_asked_for() -> None:
    others = audit(IN_REVIEW, auditid=7, version="1.4.1")
    mini_program = FakeMiniProgram(submit_audit=[refused(85009)], latest_audit=[None, others])
    intents = NotedIntents(has_seen_trial=True)

    with pytest.raises(StandsBehind):
        do_submit_audit(mini_program, after_unanswered_submit(), intents, whose=lambda _: OTHER)

    assert intents.noted == [intended(code_since=None)]


def test_85009_of_nobodys_audit_here_blocks_naming_it() -> None:
    blocked, _ = refused_beside(audit(IN_REVIEW, auditid=7, version="1.4.1"), of_other=8)

    assert isinstance(blocked, StepBlocked)
    assert "audit 7 of version 1.4.1" in str(blocked)


def test_85009_beside_another_releases_audit_that_has_ended_stands_behind_nobody() -> None:
    error, _ = refused_beside(audit(REJECTED, auditid=7, version="1.4.1"))

    assert isinstance(error, NotShownYet)


@pytest.mark.parametrize("latest", UNFOUND[:3])
def test_after_an_unanswered_submit_that_did_not_land_it_is_sent_again(latest: LatestAudit | None) -> None:
    mini_program = FakeMiniProgram(latest_audit=[latest], trial_version=[OURS], submit_audit=[7])
    intents = NotedIntents()

    auditid, _ = submit_audit(mini_program, after_unanswered_submit(submit_since=ATTEMPT - 1), intents)

    assert auditid == 7
    assert (mini_program.calls[0], mini_program.calls[-1]) == ("latest_audit", "submit_audit")
    assert intents.noted == [intended(ATTEMPT - 1)]  # the first attempt's times count


def test_when_asking_gets_no_answer_nothing_is_submitted() -> None:
    mini_program = FakeMiniProgram(latest_audit=[unanswered()])

    with pytest.raises(Unanswered):
        submit_audit(mini_program, after_unanswered_submit(), NotedIntents())

    assert mini_program.calls == ["latest_audit"]


@pytest.mark.parametrize("desc", [None, "", "fast", "None", "put there by WeChat"])
@pytest.mark.parametrize("latest", [audit(IN_REVIEW), audit(DELAYED), audit(IN_REVIEW, submit_time=0)])
def test_85009_adopts_a_running_audit_of_this_very_version(latest: LatestAudit, desc: str | None) -> None:
    latest = replace(latest, desc=desc or "")
    mini_program = FakeMiniProgram(submit_audit=[refused(85009)], latest_audit=[latest])

    auditid, what = submit_audit(mini_program, committed(), NotedIntents())

    assert (auditid, what) == (latest.auditid, f"adopted the running audit {latest.auditid}")


@pytest.mark.parametrize(("version", "before_s"), [("1.4.1", 0), ("2.0.0", 0), ("1.4.2", 3)])
def test_85009_blocks_naming_the_running_audit_of_another_version_or_of_before_our_commit(
    version: str, before_s: float
) -> None:
    latest = audit(IN_REVIEW, auditid=7, version=version, submit_time=ATTEMPT - before_s)
    mini_program = FakeMiniProgram(
        submit_audit=[refused(85009, "busy", "r")], latest_audit=[latest], trial_version=[OURS]
    )

    with pytest.raises(StepBlocked) as caught:
        submit_audit(mini_program, committed(), NotedIntents())

    named = f"audit 7 of version {version}, submitted 1970-01-01 00:16 UTC"
    assert (caught.value.errcode, caught.value.rid) == (85009, "r")
    assert named in caught.value.errmsg
    assert "busy" in caught.value.errmsg
    assert "audit 7 has ended" in caught.value.remedy
    assert "undocodeaudit" in caught.value.remedy


@pytest.mark.parametrize(
    "latest",
    [None, audit(REJECTED, submit_time=0), audit(PASSED, submit_time=0), audit(PASSED, submit_time=900)],
)
def test_85009_while_wechat_shows_nothing_that_runs_is_asked_again_and_blocks_in_the_end(
    latest: LatestAudit | None,
) -> None:
    mini_program = FakeMiniProgram(
        submit_audit=[refused(85009, "busy", "r")], latest_audit=[latest], trial_version=[OURS]
    )

    with pytest.raises(NotShownYet) as caught:
        submit_audit(mini_program, committed(), NotedIntents())

    assert (caught.value.budget, caught.value.tries) == ("failures", None)
    assert caught.value.blocked.errcode == 85009
    assert "adopts the audit if that is its own" in caught.value.blocked.remedy
    assert "withdraw" not in caught.value.blocked.remedy


def test_85009_of_an_audit_of_ours_that_has_ended_meanwhile_lets_a_resume_submit_again() -> None:
    intents = NotedIntents()
    mini_program = FakeMiniProgram(submit_audit=[refused(85009)], latest_audit=[audit(REJECTED)])

    with pytest.raises(StepBlocked, match="has been rejected already"):
        submit_audit(mini_program, committed(), intents)

    assert intents.noted[-1] == FORGOTTEN


def test_domains_are_confirmed_after_an_earlier_submission_was_asked_for_and_before_another() -> None:
    mini_program = FakeMiniProgram(latest_audit=[None], trial_version=[OURS], submit_audit=[7])
    order = mini_program.calls

    do_submit_audit(mini_program, after_unanswered_submit(), NotedIntents(), lambda: order.append("domains"))

    assert order == ["latest_audit", "domains", "trial_version", "submit_audit"]


@pytest.mark.parametrize("errcode", [61039, 86002, 47001, 85085, 45011, 61004, -1, 9402202, 40001, 85009])
def test_a_certain_no_takes_the_first_intent_back_and_never_that_of_an_earlier_submission(
    errcode: int,
) -> None:
    forgotten = []
    for release in (committed(), after_unanswered_submit()):
        latest = audit(IN_REVIEW, version="1.4.1")
        mini_program = FakeMiniProgram(
            latest_audit=[latest] * (1 + bool(release.progress.submit_at)), submit_audit=[refused(errcode)]
        )
        intents = NotedIntents()
        with pytest.raises((Refused, StepBlocked)):
            submit_audit(mini_program, release, intents)
        forgotten.append(FORGOTTEN in intents.noted)

    assert forgotten == [errcode not in {-1, 9402202, 40001, 85009}, False]


def test_61039_forgets_the_submission_and_never_commits() -> None:
    mini_program, intents = FakeMiniProgram(submit_audit=[refused(61039)]), NotedIntents()

    with pytest.raises(Refused):
        submit_audit(mini_program, committed(), intents)

    assert mini_program.calls == ["submit_audit"]
    assert intents.noted == [intended(), FORGOTTEN]


def test_after_61039_the_scan_is_asked_for_and_while_it_runs_nothing_is_submitted() -> None:
    mini_program, intents = FakeMiniProgram(privacy_info=[refused(61039)]), NotedIntents()

    with pytest.raises(Refused) as caught:
        submit_audit(mini_program, committed(scans=1), intents)

    assert caught.value.errcode == 61039
    assert mini_program.calls == ["privacy_info"]
    assert intents.noted == []


@pytest.mark.parametrize("scan", [{"errcode": 0}, unanswered(), refused(61040), refused(48001)])
def test_whatever_else_the_scan_says_submitting_tells(scan: Any) -> None:
    mini_program = FakeMiniProgram(privacy_info=[scan], submit_audit=[7])

    auditid, _ = submit_audit(mini_program, committed(scans=1), NotedIntents())

    assert auditid == 7
    assert mini_program.calls == ["privacy_info", "submit_audit"]


def test_an_unanswered_submit_is_asked_for_before_the_scan() -> None:
    mini_program = FakeMiniProgram(latest_audit=[None], privacy_info=[{}], submit_audit=[7])

    submit_audit(mini_program, after_unanswered_submit(scans=2), NotedIntents())

    assert mini_program.calls == ["latest_audit", "privacy_info", "submit_audit"]


@pytest.mark.parametrize("errcode", [85077, 85085, -1, 61004])
def test_every_other_refusal_is_left_to_the_policy(errcode: int) -> None:
    with pytest.raises(Refused) as caught:
        submit_audit(FakeMiniProgram(submit_audit=[refused(errcode)]), committed(), NotedIntents())

    assert caught.value.errcode == errcode
