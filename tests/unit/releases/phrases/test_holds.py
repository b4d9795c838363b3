"""Whatever holds a wave is told in Chinese as well, and names what the English names."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from releases.phrases.finding import sentence as in_chinese
from releases.record import counts
from releases.scope import Scope
from releases.store.pauses import Pause
from releases.store.tally import WaveTally
from releases.waves.brake import (
    WavePolicy,
    being_reverted,
    canary_pause,
    judge,
    judge_publications,
    publication_canary,
)
from releases.waves.standing import holds_of
from tests.support.bilingual import is_chinese, unnamed
from tests.support.examples import a_problem
from wechat.errcodes.chinese import chinese_of

NAME = "spring 85: is braked"


def judged() -> Iterator[str]:
    """What brakes a wave, in all its forms."""
    for canary in (0, 5):
        policy = WavePolicy(canary=canary, max_blocked=12.5)
        pause = canary_pause(NAME, policy) if canary else None
        for bad in ({"blocked": 20}, {"failed": 20}, {"blocked": 20, "failed": 3}):
            found = judge(NAME, policy, counts({**bad, "queued": 9}), pause, held=9, started=40)
            assert isinstance(found, Pause)
            yield found.errmsg
            tally = WaveTally(counts({**bad, "running": 9}), 0, {})
            live = judge_publications(NAME, policy, tally, None, None)
            assert live is not None
            yield live.errmsg
    nobody = judge(NAME, policy, counts({"cancelled": 5, "queued": 9}), pause, held=9, started=5)
    assert isinstance(nobody, Pause)
    yield nobody.errmsg
    for broken in (1, 2):
        live = judge_publications(NAME, None, WaveTally(counts({}), 0, {}, broken), None, a_problem())
        assert live is not None
        yield live.errmsg
    yield being_reverted(NAME).errmsg
    for canary in (1, 5):
        policy = WavePolicy(canary=canary, max_blocked=12.5)
        yield canary_pause(NAME, policy).errmsg
        yield publication_canary(NAME, policy).errmsg
        yield publication_canary(NAME, policy, went_well=True).errmsg


def held() -> Iterator[str]:
    """What else holds it."""
    until = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)
    for scope in Scope:
        for more in ({"errcode": 61004}, {"until": until}, {"by_hand": True}):
            errmsg = "paused by hand: the books" if "by_hand" in more else "access clientip is not registered"
            pause = Pause(step="ensure_domains", errmsg=errmsg, remedy="Ask.", **more)
            yield from (hold.why for hold in holds_of(WaveTally(counts({}), 0, {}), None, {scope: pause}))
    waits = WaveTally(counts({}), 0, {"time": 1, "older": 1})
    yield from (hold.why for hold in holds_of(waits, None, {}))


@pytest.mark.parametrize("why", sorted({*judged(), *held()}))
def test_what_holds_is_told_in_chinese_with_all_that_it_names(why: str) -> None:
    told = in_chinese(why)
    assert is_chinese(told)
    assert unnamed(why, told) == set()


def test_what_is_not_known_is_told_as_it_is() -> None:
    assert in_chinese("a text of nobody's") == "a text of nobody's"


def test_an_errcode_that_holds_the_platform_is_said_with_its_meaning_and_as_wechat_said_it() -> None:
    told = in_chinese("all releases wait: 45035 access clientip 192.0.2.1 is not registered")
    meaning = chinese_of(45035).meaning
    assert told == f"所有发版等待：45035 {meaning} (access clientip 192.0.2.1 is not registered)"
