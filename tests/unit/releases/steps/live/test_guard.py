from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from releases.problems import NotShownYet, StepBlocked
from releases.steps.live.guard import POOL_UNKNOWN, Guard
from tests.support.fake_wechat import FakeMiniProgram, refused, unanswered
from tests.support.live import CONFIGURED, HOSTS, LISTS, PASSED, WANTED, NotedSteps, ordered
from wechat.domains import Domains
from wechat.mini_program import GrayPlan

WELL: dict[str, Any] = {"latest_audit": PASSED, "gray_plan": None, "get": CONFIGURED}
NOT_OURS = replace(PASSED, auditid=7, version="9.9.9")


def check(
    hosts: Collection[str] | None = HOSTS,
    late_s: float = 0.0,
    wanted: Domains = WANTED,
    jump_hosts: Collection[str] | None = (),
    **answers: Any,
) -> tuple[str, FakeMiniProgram]:
    said: dict[str, Any] = {name: [answer] for name, answer in {**WELL, **answers}.items()}
    mini_program = FakeMiniProgram(**said)
    _, note = Guard(wanted, lambda: hosts, lambda: jump_hosts, lambda _: None).check(
        mini_program, ordered(), NotedSteps(late_s)
    )
    return note, mini_program


def test_it_passes_what_is_ours_approved_configured_and_in_the_pool() -> None:
    note, mini_program = check()

    assert note == ""
    assert mini_program.calls == ["latest_audit", "gray_plan", "get"]


@pytest.mark.parametrize(("latest", "named"), [(NOT_OURS, r"audit 7 of version 9\.9\.9"), (None, "none")])
def test_another_audit_as_the_latest_blocks_naming_it(latest: Any, named: str) -> None:
    with pytest.raises(StepBlocked, match=named) as caught:
        check(latest_audit=latest)

    assert "`mprelease versions wx0123456789abcdef`" in caught.value.remedy


@pytest.mark.parametrize("status", [1, 3, 9])
def test_an_approval_that_was_taken_back_blocks(status: int) -> None:
    with pytest.raises(StepBlocked, match=str(PASSED.auditid)):
        check(latest_audit=replace(PASSED, status=status))


@pytest.mark.parametrize("status", [2, 4])
def test_an_approved_audit_that_is_shown_as_running_is_waited_for_an_hour(status: int) -> None:
    running = replace(PASSED, status=status)
    with pytest.raises(NotShownYet):
        check(latest_audit=running, late_s=3599)

    with pytest.raises(StepBlocked, match="approved before"):
        check(latest_audit=running, late_s=3600)


@pytest.mark.parametrize("status", [1, 2])
def test_a_gray_release_that_runs_blocks(status: int) -> None:
    with pytest.raises(StepBlocked, match="gray release to 20 %") as caught:
        check(gray_plan=GrayPlan(status, 20, 900.0))

    assert "`mprelease gray wx0123456789abcdef stop`" in caught.value.remedy


@pytest.mark.parametrize(
    "answer",
    [GrayPlan(0, 0, 0.0), GrayPlan(3, 100, 900.0), GrayPlan(4, 20, 900.0), refused(40097), unanswered()],
)
def test_one_that_is_over_or_a_refused_question_for_it_blocks_nothing(answer: Any) -> None:
    assert check(gray_plan=answer)[0] == ""


def test_a_domain_that_is_not_configured_any_more_blocks_by_name() -> None:
    with pytest.raises(StepBlocked) as caught:
        check(get={"requestdomain": LISTS["requestdomain"]})

    assert caught.value.domains == {"uploaddomain": ["https://up.example.com"]}
    assert "esume" in caught.value.remedy


def test_a_configured_domain_that_the_platform_has_not_published_blocks_by_name() -> None:
    with pytest.raises(StepBlocked) as caught:
        check(hosts=("api.example.com",))

    assert caught.value.domains == {"uploaddomain": ["https://up.example.com"]}
    assert "`mprelease platform domains add`" in caught.value.remedy
    assert "resume" in caught.value.remedy


def test_where_the_pool_is_not_known_what_will_hold_decides_and_the_history_says_so() -> None:
    note, mini_program = check(hosts=None, effective_domains=WANTED)
    assert note == POOL_UNKNOWN
    assert mini_program.calls == ["latest_audit", "gray_plan", "effective_domains"]

    with pytest.raises(StepBlocked) as caught:
        check(hosts=None, effective_domains=Domains.wanted({"uploaddomain": LISTS["uploaddomain"]}))
    assert caught.value.domains == {"requestdomain": ["https://api.example.com"]}


def test_of_a_domain_below_a_published_one_wechat_is_asked() -> None:
    above = ("example.com", "up.example.com")
    assert check(hosts=above, effective_domains=WANTED)[0] == ""

    with pytest.raises(StepBlocked) as caught:
        check(hosts=above, effective_domains=Domains.wanted({}))
    assert caught.value.domains == {"requestdomain": ["https://api.example.com"]}


def test_without_any_wanted_domain_nothing_is_published() -> None:
    with pytest.raises(StepBlocked, match="no server domain is configured"):
        check(wanted=Domains.wanted({}))


PAGES = ["https://m.example.com"]
WITH_PAGES = WANTED | Domains.wanted({"webviewdomain": PAGES})


def test_business_domains_have_to_be_configured_and_in_their_own_pool() -> None:
    _, mini_program = check(wanted=WITH_PAGES, jump_hosts=["m.example.com"], web_view_domains=PAGES)
    assert mini_program.calls == ["latest_audit", "gray_plan", "get", "web_view_domains"]

    with pytest.raises(StepBlocked, match="does not have these domains any more") as gone:
        check(wanted=WITH_PAGES, jump_hosts=["m.example.com"], web_view_domains=[])
    assert gone.value.domains == {"webviewdomain": PAGES}

    with pytest.raises(StepBlocked, match="would drop") as caught:
        check(hosts=(*HOSTS, "m.example.com"), wanted=WITH_PAGES, web_view_domains=PAGES)
    assert caught.value.domains == {"webviewdomain": PAGES}


def test_where_the_pool_of_business_domains_is_not_known_what_will_hold_decides() -> None:
    note, _ = check(wanted=WITH_PAGES, jump_hosts=None, effective_web_view_domains=PAGES)
    assert note == POOL_UNKNOWN

    with pytest.raises(StepBlocked) as caught:
        check(wanted=WITH_PAGES, jump_hosts=None, effective_web_view_domains=[])
    assert caught.value.domains == {"webviewdomain": PAGES}


def test_business_domains_alone_are_not_enough_to_publish() -> None:
    with pytest.raises(StepBlocked, match="no server domain is configured"):
        check(wanted=WITH_PAGES.web_view)
