from __future__ import annotations

import ast
from datetime import timedelta
from typing import Any

from celery.utils.saferepr import saferepr

from releases.errors import ReleaseBlocked
from releases.record import Event, Release
from releases.second_half import Review, ReviewStatus
from releases.states import Status, Step
from tasks.interim import Parked
from tasks.monitors import shown, told, why
from tests.support.examples import NOW, a_problem, a_release, a_request


def test_a_release_is_shown_in_short_and_by_name() -> None:
    assert shown(a_release(a_request(wave="spring 春"))) == {
        "argsrepr": "wx0123456789abcdef 1.4.2 spring 春",
        "kwargsrepr": "{'appid': 'wx0123456789abcdef', 'version': '1.4.2', 'wave': 'spring 春'}",
    }


def test_a_release_without_a_wave_is_shown_without_one() -> None:
    told = shown(a_release())
    assert told["argsrepr"] == "wx0123456789abcdef 1.4.2"
    assert ast.literal_eval(told["kwargsrepr"]) == {"appid": "wx0123456789abcdef", "version": "1.4.2"}


def test_the_names_stay_one_literal_whatever_they_are() -> None:
    told = shown(a_release(a_request(wave="'} or '")))
    assert ast.literal_eval(told["kwargsrepr"])["wave"] == "'} or '"


def test_a_block_is_shown_with_errcode_domains_and_remedy() -> None:
    problem = a_problem(errcode=85018, domains={"requestdomain": ["https://pay.example.com"]})
    assert repr(ReleaseBlocked(*problem.arguments())) == (
        "ReleaseBlocked(errcode 85018: domain not registered [https://pay.example.com] -- Register it.)"
    )


def test_a_wait_is_shown_with_its_cause_and_its_end() -> None:
    waiting = a_release(
        status=Status.WAITING, wait=a_problem(errcode=-1), next_attempt_at=NOW + timedelta(seconds=7)
    )
    assert why(waiting) == ("errcode -1: domain not registered -- waits until 2026-03-14 09:27:00 UTC")


def test_a_wait_for_a_pause_is_shown_without_a_time() -> None:
    waiting = a_release(status=Status.WAITING, wait=a_problem())
    assert why(waiting).endswith("domain not registered -- waits until the platform goes on")


def under_audit(status: ReviewStatus = ReviewStatus.IN_REVIEW, **more: Any) -> Release:
    review = Review(status=status, submitted_at=NOW, checked_at=NOW)
    return a_release(status=Status.SUBMITTED, auditid=7, review=review, **more)


def test_a_look_that_finds_nothing_says_what_the_audit_is() -> None:
    assert told(under_audit(), Step.WATCH_AUDIT) == (
        "audit 7 is in review, read 2026-03-14 09:26:53 UTC: it is looked at again by itself"
    )
    assert str(told(under_audit(ReviewStatus.DELAYED), Step.WATCH_AUDIT)).startswith(
        "audit 7 is delayed, read"
    )


def test_a_look_that_could_not_be_taken_says_why_and_that_another_one_comes() -> None:
    refused = under_audit(wait=a_problem(errcode=61007))
    assert (
        told(refused, Step.WATCH_AUDIT)
        == "errcode 61007: domain not registered -- it is looked at again by itself"
    )


def test_a_look_that_finds_the_end_says_what_that_is() -> None:
    approved = a_release(status=Status.APPROVED, review=under_audit().review)
    event = Event(time=NOW, step="watch_audit", what="audit 7 is approved")
    assert told(approved.model_copy(update={"history": (event,)}), Step.WATCH_AUDIT) == "audit 7 is approved"


def test_a_parked_step_is_told_from_any_text_that_a_step_returns() -> None:
    assert saferepr(Parked("errcode 45011")) == "parked: errcode 45011"
    assert not saferepr("parked: errcode 45011").startswith("parked")


def test_a_submission_tells_its_audit_id() -> None:
    assert told(a_release(auditid=7), Step.SUBMIT_AUDIT) == 7


def test_the_outcome_of_a_step_is_the_newest_line_of_it() -> None:
    release = a_release()
    happened = [
        Event(time=NOW, step=step, what=what)
        for step, what in [("ensure_domains", "waiting"), ("ensure_domains", "added"), ("commit_code", "-")]
    ]
    release = release.model_copy(update={"history": tuple(happened)})
    assert told(release, release.step) == "added"
    assert told(release, release.step.next or release.step) == "-"
    assert told(a_release(), release.step) == ""
