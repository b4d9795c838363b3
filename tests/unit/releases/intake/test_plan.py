from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from releases.intake.plan import Plan, plan
from releases.record import Release
from releases.remedies import in_chinese
from releases.request import ReleaseRequest
from releases.states import Status, Step
from releases.store.known import Known
from tests.support.bilingual import is_chinese
from tests.support.examples import a_release, a_request
from tests.support.fake_wechat import FakeMiniProgram, refused, unanswered
from wechat.domains import Domains
from wechat.mini_program import LatestAudit

NONE = Domains.wanted({})
PAGES = "https://m.example.com"
WEB_VIEW = Domains.wanted({"webviewdomain": [PAGES]})
NEW = Known(active=None, same=None)


def planned(
    templates: Collection[int] | None = (12,),
    ahead: Release | None = None,
    request: ReleaseRequest | None = None,
    **answers: Any,
) -> Plan:
    scripted = {"get": [{}], "latest_audit": [None], **answers}
    return plan(request or a_request(), NEW, FakeMiniProgram(**scripted), NONE, None, templates, ahead)


def audit(status: int, version: str = "1.4.1") -> LatestAudit:
    return LatestAudit(auditid=7, status=status, version=version, desc="", submit_time=1000.0)


def test_nothing_stands_in_the_way_where_all_is_there() -> None:
    made = planned()

    assert (made.obstacles, made.unknown) == ((), ())


def test_a_template_that_does_not_exist_is_foreseen() -> None:
    (obstacle,) = planned(templates=(3, 7)).obstacles

    assert obstacle == "85014 template 12 does not exist; the library has 7, 3"


def test_a_library_that_wechat_does_not_tell_is_in_nobodys_way() -> None:
    assert planned(templates=None).obstacles == ()


@pytest.mark.parametrize("status", [2, 4], ids=["in review", "delayed"])
def test_a_running_audit_is_foreseen_with_its_version(status: int) -> None:
    (obstacle,) = planned(latest_audit=[audit(status)]).obstacles

    assert obstacle.startswith("85009 version 1.4.1 is under audit")
    # Alike for all Mini Programs, so that it is counted once.
    assert "7" not in obstacle


def test_a_running_audit_without_a_version_is_foreseen_as_well() -> None:
    (obstacle,) = planned(latest_audit=[audit(2, version="")]).obstacles

    assert obstacle.startswith("85009 another version is under audit")


def ahead(status: Status, step: Step = Step.SUBMIT_AUDIT) -> Release:
    return a_release(a_request(user_version="1.4.1"), status=status, step=step, auditid=7)


@pytest.mark.parametrize(
    ("older", "allowed", "expected"),
    [
        (ahead(Status.SUBMITTED), {}, ("version 1.4.1 is under audit", "would wait")),
        (ahead(Status.SUBMITTED), {"supersede": True}, ("version 1.4.1 is under audit", "would wait")),
        (ahead(Status.SUBMITTED), {"withdraw": True}, ("version 1.4.1 is under audit", "be withdrawn")),
        (ahead(Status.APPROVED), {"withdraw": True}, ("version 1.4.1 is approved", "would wait")),
        (ahead(Status.APPROVED), {"supersede": True}, ("version 1.4.1 is approved", "be cancelled")),
        (
            ahead(Status.BLOCKED, Step.VERIFY_LIVE),
            {"supersede": True, "withdraw": True},
            ("version 1.4.1 is blocked at verify_live", "would wait"),
        ),
    ],
)
def test_an_older_release_in_the_way_is_foreseen_with_what_would_become_of_it(
    older: Release, allowed: dict[str, Any], expected: tuple[str, str]
) -> None:
    # Its audit that runs is not told a second time.
    running = audit(2) if older.status is Status.SUBMITTED else None
    (obstacle,) = planned(ahead=older, request=a_request(**allowed), latest_audit=[running]).obstacles

    stands, what = obstacle.split(" -- ")
    assert stands == expected[0]
    assert expected[1] in what
    assert is_chinese(in_chinese(what))
    assert older.id not in obstacle, "alike for all Mini Programs, so that it is counted once"


def test_a_foreign_audit_beside_an_older_release_is_foreseen_as_well() -> None:
    foreign = LatestAudit(auditid=8, status=2, version="9", desc="", submit_time=1000.0)

    assert len(planned(ahead=ahead(Status.APPROVED), latest_audit=[foreign]).obstacles) == 2


@pytest.mark.parametrize("status", [0, 1, 3], ids=["passed", "rejected", "withdrawn"])
def test_an_audit_that_has_ended_is_in_nobodys_way(status: int) -> None:
    assert planned(latest_audit=[audit(status)]).obstacles == ()


@pytest.mark.parametrize("error", [refused(48001, "no hint: [a1]"), unanswered()])
def test_an_audit_that_wechat_does_not_tell_is_said_and_stands_in_nobodys_way(error: Exception) -> None:
    made = planned(latest_audit=[error])

    assert made.obstacles == ()
    assert made.unknown[0].startswith("whether an audit runs is unknown: ")
    assert "hint" not in made.unknown[0]
    assert made.public()["unknown"] == list(made.unknown)


def test_a_mini_program_that_answers_nothing_is_not_asked_further() -> None:
    made = planned(get=[refused(61007, "api is unauthorized to component")], latest_audit=[])

    (obstacle,) = made.obstacles
    assert "61007" in obstacle
    assert "permission set 18" in obstacle


def planned_with_business_domains(there: list[str], jump: Collection[str] | None) -> Plan:
    mini_program = FakeMiniProgram(get=[{}], latest_audit=[None], web_view_domains=[there])
    return plan(a_request(), NEW, mini_program, WEB_VIEW, ("m.example.com",), (12,), jump=jump)


def test_business_domains_that_are_missing_are_planned_with_a_call_of_their_own() -> None:
    made = planned_with_business_domains([], ["example.com"])

    assert made.calls[0] == ("/wxa/setwebviewdomain", {"action": "add", "webviewdomain": [PAGES]})
    assert (made.adds_domains, made.obstacles) == (True, ())
    assert not planned_with_business_domains([PAGES], None).adds_domains


def test_a_business_domain_that_is_not_in_its_own_pool_is_foreseen_with_the_command() -> None:
    (obstacle,) = planned_with_business_domains([PAGES], ()).obstacles

    assert "m.example.com; `mprelease platform domains add --web-view`" in obstacle
