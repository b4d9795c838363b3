from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest

from releases.problems import NotShownYet, StepBlocked, Undone
from releases.second_half import Review, ReviewStatus
from releases.states import Step
from releases.steps.live.verify_live import verify_live as do_verify
from tests.support.fake_wechat import FakeMiniProgram
from tests.support.live import INTENT, LISTS, NOTHING_LIVE, OLD, WANTED, NotedSteps, ordered, shown
from wechat.domains import Domains
from wechat.mini_program import Versions

EMPTY = shown(version="", desc="")


def verify(
    found: Versions, *, effective: Domains = WANTED, late_s: float = 0.0, **progress: Any
) -> tuple[str, NotedSteps]:
    intents = NotedSteps(late_s)
    release = ordered(Step.VERIFY_LIVE, **{"publish_at": INTENT, **progress})
    mini_program = FakeMiniProgram(versions=[found], effective_domains=[effective])
    return do_verify(mini_program, release, intents, WANTED), intents


def test_our_version_with_all_its_domains_is_live() -> None:
    what, intents = verify(shown(time=INTENT + 3))

    assert what.startswith("version 1.4.2 (faster), published 1970-01-01 00:16 UTC is live")
    # When that was is WeChat's to say: a revert knows one that was published later by it.
    assert intents.noted == [("published", INTENT + 3), ("dropped", None)]


def test_a_domain_that_was_dropped_blocks_by_name_and_names_both_ways_out() -> None:
    with pytest.raises(StepBlocked) as caught:
        verify(shown(), effective=Domains.wanted({"requestdomain": LISTS["requestdomain"]}))

    assert caught.value.domains == {"uploaddomain": ["https://up.example.com"]}
    for command in ("platform domains add", "resume", "revert"):
        assert f"`mprelease {command}`" in caught.value.remedy


def test_what_was_dropped_is_written_down() -> None:
    intents = NotedSteps()
    mini_program = FakeMiniProgram(versions=[shown()], effective_domains=[Domains.wanted({})])

    with pytest.raises(StepBlocked):
        do_verify(mini_program, ordered(Step.VERIFY_LIVE, publish_at=INTENT), intents, WANTED)

    assert intents.noted == [("published", INTENT), ("dropped", LISTS)]


@pytest.mark.parametrize("found", [NOTHING_LIVE, EMPTY, OLD, shown(time=INTENT - 2)])
def test_what_is_not_shown_yet_is_waited_for_ten_minutes(found: Versions) -> None:
    with pytest.raises(NotShownYet) as caught:
        verify(found, late_s=599)
    assert (caught.value.budget, caught.value.tries) == ("lates", 600)

    with pytest.raises(StepBlocked) as blocked:
        verify(found, late_s=600)
    assert "resume" in blocked.value.remedy


def test_a_call_that_never_took_effect_is_said_to_have_had_none() -> None:
    with pytest.raises(StepBlocked, match=r"had no effect: version 1\.4\.1 \(slower\)"):
        verify(OLD, late_s=600)

    with pytest.raises(StepBlocked, match="does not show which version is live"):
        verify(EMPTY, late_s=600)


@pytest.mark.parametrize("desc", ["", "fas", "put there by WeChat"])
def test_our_version_of_a_time_since_the_intent_is_ours_whatever_its_description(desc: str) -> None:
    noted = verify(shown(desc=desc, time=INTENT - 1))[1].noted

    assert noted == [("published", INTENT - 1), ("dropped", None)]


@pytest.mark.parametrize(("published_at", "is_ours"), [(INTENT - 180, True), (INTENT - 202, False)])
def test_our_version_published_since_its_audit_was_submitted_is_ours_however_wrong_the_date_header_is(
    published_at: float, *, is_ours: bool
) -> None:
    review = Review(status=ReviewStatus.APPROVED, submitted_at=datetime.fromtimestamp(INTENT - 200, UTC))
    release = ordered(Step.VERIFY_LIVE, publish_at=INTENT).model_copy(update={"review": review})
    mini_program = FakeMiniProgram(versions=[shown(time=published_at)], effective_domains=[WANTED])

    with nullcontext() if is_ours else pytest.raises(NotShownYet):
        do_verify(mini_program, release, NotedSteps(), WANTED)

    assert ("effective_domains" in mini_program.calls) is is_ours


def test_without_a_time_the_description_decides() -> None:
    assert verify(shown(time=0))[1].noted == [("dropped", None)]

    with pytest.raises(NotShownYet):
        verify(shown(desc="", time=0))


@pytest.mark.parametrize("found", [shown("9.9.9", "", INTENT), shown("1.4.1", "slower", INTENT + 50)])
def test_another_version_that_was_published_since_blocks_at_once_naming_it(found: Versions) -> None:
    assert found.live is not None

    with pytest.raises(StepBlocked, match=rf"version {found.live.version}.* is live"):
        verify(found)


@pytest.mark.parametrize("found", [NOTHING_LIVE, EMPTY, OLD])
def test_after_a_resume_what_is_not_live_is_published_again(found: Versions) -> None:
    with pytest.raises(Undone, match="published again") as caught:
        verify(found, mend=True)

    assert caught.value.step is Step.PUBLISH


def test_a_business_domain_that_was_dropped_is_written_down_with_the_others_and_blocks_by_name() -> None:
    pages = {"webviewdomain": ["https://m.example.com"]}
    wanted = WANTED | Domains.wanted(pages)
    release, intents = ordered(Step.VERIFY_LIVE, publish_at=INTENT), NotedSteps()
    effective: dict[str, Any] = {
        "effective_domains": [Domains.wanted({})],
        "effective_web_view_domains": [[]],
    }

    with pytest.raises(StepBlocked) as caught:
        do_verify(FakeMiniProgram(versions=[shown()], **effective), release, intents, wanted)

    assert caught.value.domains == {**LISTS, **pages}
    assert intents.noted == [("published", INTENT), ("dropped", {**LISTS, **pages})]
