from __future__ import annotations

from datetime import timedelta
from typing import Any

from cli.printing import cause_lines
from releases.record import Release
from releases.states import Status
from releases.waves.report import Cause, causes
from tests.support.examples import NOW, a_problem, a_release, a_request


def blocked(number: int, **different: Any) -> Release:
    release = a_release(a_request(appid=f"wx{number:016x}"), status=Status.BLOCKED)
    return release.model_copy(update={"block": a_problem(**different)})


def tally(found: list[Cause]) -> list[tuple[int | None, int]]:
    return [(cause.problem.errcode, cause.releases) for cause in found]


def test_one_errcode_is_one_cause_whatever_each_message_adds_to_it() -> None:
    said = [f"invalid template hint: [{number:x}_a] rid: 65f-{number}" for number in range(4312)]

    found = causes(
        [
            *(
                blocked(number, errcode=85014, errmsg=errmsg, rid=errmsg[-9:])
                for number, errmsg in enumerate(said)
            ),
            blocked(4312, errcode=85009, errmsg="under audit"),
        ]
    )

    assert tally(found) == [(85014, 4312), (85009, 1)]
    assert found[0].problem.errmsg == "invalid template hint: …"
    assert found[0].problem.rid is None


def test_what_concerns_other_domains_another_step_or_status_is_another_cause() -> None:
    one, other = ({"requestdomain": [f"https://{name}.example.com"]} for name in "ab")
    failed = blocked(4, errcode=85018, domains=one).model_copy(update={"status": Status.FAILED})

    found = causes(
        [
            blocked(1, errcode=85018, domains=one),
            blocked(2, errcode=85018, domains=other),
            blocked(3, errcode=85018, domains=one, step="commit_code"),
            failed,
            blocked(5, errcode=85018, domains=one),
        ]
    )

    assert [cause.releases for cause in found] == [2, 1, 1, 1]


def test_without_an_errcode_the_message_tells_causes_apart_and_the_appid_does_not() -> None:
    found = causes(
        [
            *(
                blocked(number, errmsg=f"no refresh token has been stored for wx{number:016x}")
                for number in (1, 2)
            ),
            blocked(3, errmsg="the step's deadline passed"),
        ]
    )

    assert [(cause.problem.errmsg, cause.releases) for cause in found] == [
        ("no refresh token has been stored for APPID", 2),
        ("the step's deadline passed", 1),
    ]


def test_a_cause_that_passes_says_when_the_first_goes_on() -> None:
    waiting = [
        a_release(
            status=Status.WAITING,
            wait=a_problem(errcode=61039),
            next_attempt_at=NOW + timedelta(minutes=wait),
        )
        for wait in (3, 1, 2)
    ]

    (cause,) = causes(waiting)

    assert cause.public()["next_attempt_at"] == "2026-03-14T09:27:53Z"
    assert next(cause_lines([cause], NOW)).endswith("(next try 2026-03-14 09:27:53 UTC)")
    at = cause.next_attempt_at
    assert next(cause_lines([cause], at)).endswith("(due, waiting for a worker)")


def test_a_cause_that_needs_a_person_has_no_time() -> None:
    (cause,) = causes([blocked(1)])

    assert cause.public()["next_attempt_at"] is None


def test_what_differs_among_the_releases_of_a_cause_is_none_of_theirs() -> None:
    found = causes(
        blocked(
            number,
            errcode=85009,
            errmsg=f"audit {100 + number} of version 0.{number}, submitted 2026-11-26 16:59 UTC: under audit",
            remedy=f"Wait until audit {100 + number} has ended.",
        )
        for number in range(3)
    )

    assert len(found) == 1
    assert found[0].problem.errmsg == "audit … of version …, submitted 2026-11-26 16:59 UTC: under audit"
    assert found[0].problem.remedy == "Wait until audit … has ended."
