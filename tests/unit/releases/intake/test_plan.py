from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from releases.intake.plan import Plan, plan
from releases.store.known import Known
from tests.support.examples import a_request
from tests.support.fake_wechat import FakeMiniProgram, refused, unanswered
from wechat.domains import Domains
from wechat.mini_program import LatestAudit

NONE = Domains.wanted({})
NEW = Known(active=None, same=None)


def planned(templates: Collection[int] | None = (12,), **answers: Any) -> Plan:
    scripted = {"get": [{}], "latest_audit": [None], **answers}
    return plan(a_request(), NEW, FakeMiniProgram(**scripted), NONE, None, templates)


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
