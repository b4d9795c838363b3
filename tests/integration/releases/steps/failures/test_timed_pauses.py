from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import redis

from releases.reading import Reader
from releases.record import Progress
from releases.scope import Scope
from releases.states import Status
from releases.steps.failures.timed_pauses import PROBES, TimedPauses
from releases.store import keys
from releases.store.pauses import Pause, Pauses
from releases.store.places import Lane, held
from releases.store.records import ReleaseStore
from tests.integration.conftest import Clock
from tests.support.examples import NOW, a_problem, a_release, a_request
from tests.support.records import created

CUT = a_problem(errmsg="/wxa/commit: the connection was cut")

Hold = Callable[[int], list[str]]


@pytest.fixture
def hold(store: ReleaseStore) -> Hold:
    """Let so many releases wait for the platform's pause; returns their ids."""

    def _hold(number: int) -> list[str]:
        found = []
        for position in range(number):
            stored = created(store, a_release(a_request(appid=f"wx{position:016x}")))
            progress = Progress(held=Scope.ALL)
            waiting = stored.release.model_copy(update={"status": Status.WAITING, "progress": progress})
            store.save(stored, waiting, place=held(Scope.ALL))
            found.append(stored.release.id)
        return found

    return _hold


def at(seconds: float) -> object:
    return NOW + timedelta(seconds=seconds)


def be_out(timed: TimedPauses) -> None:
    """WeChat answers no call any more."""
    for position in range(20):
        with timed.window.calls_for(f"wx{position % 5}"):
            timed.window.observe("/wxa/commit", None, 0.1)


def on(pauses: Pauses) -> Pause:
    pause = pauses.current(Scope.ALL)
    assert pause is not None
    return pause


@pytest.fixture
def probing(timed_pauses: TimedPauses, pauses: Pauses, hold: Hold, clock: Clock) -> Pause:
    """WeChat is out, the first pause's time has come, and some of seven releases try."""
    be_out(timed_pauses)
    timed_pauses.unanswered("first", CUT, 0)
    hold(7)
    clock.passes(10)
    assert timed_pauses.look() == PROBES
    return on(pauses)


def test_one_call_without_an_answer_pauses_nobody(timed_pauses: TimedPauses, pauses: Pauses) -> None:
    assert timed_pauses.unanswered("first", CUT, 0) is None
    assert pauses.current(Scope.ALL) is None


def test_when_wechat_is_out_all_wait_and_are_told_why_and_until_when(
    timed_pauses: TimedPauses, pauses: Pauses, redis_client: redis.Redis
) -> None:
    be_out(timed_pauses)

    pause = timed_pauses.unanswered("first", CUT, 0)

    assert pause == on(pauses)
    assert (pause.until, pause.outage, pause.errcode) == (at(10), 1, None)
    assert CUT.errmsg in pause.errmsg
    assert "by itself: at 2026-03-14 09:27:03 UTC" in pause.remedy
    # It is over when a probe says so, not when Redis forgets it.
    assert redis_client.pttl(keys.pause(Scope.ALL)) == -1


def test_a_failure_during_the_pause_waits_with_the_others(timed_pauses: TimedPauses, pauses: Pauses) -> None:
    be_out(timed_pauses)
    first = timed_pauses.unanswered("first", CUT, 0)

    assert timed_pauses.unanswered("second", CUT, 0) == first == on(pauses)


def test_before_its_time_nobody_tries(timed_pauses: TimedPauses, hold: Hold, clock: Clock) -> None:
    be_out(timed_pauses)
    timed_pauses.unanswered("first", CUT, 0)
    hold(3)
    clock.passes(9.9)

    assert timed_pauses.look() == 0


def test_at_its_time_a_few_try_and_the_others_wait_on(
    probing: Pause, timed_pauses: TimedPauses, redis_client: redis.Redis
) -> None:
    assert len(probing.probes) == PROBES
    assert sorted(redis_client.zrange(keys.due(Lane.BEGUN), 0, -1)) == sorted(probing.probes)
    assert redis_client.zcard(keys.held(Scope.ALL)) == 2
    assert not probing.holds(probing.probes[0])
    assert probing.holds("another")
    assert timed_pauses.look() == 0, "they have been sent once"


def test_an_answer_ends_the_pause_for_all(
    probing: Pause, timed_pauses: TimedPauses, pauses: Pauses, redis_client: redis.Redis
) -> None:
    timed_pauses.tried(probing.probes[0], answered=True)

    assert pauses.current(Scope.ALL) is None
    assert pauses.let_go(Scope.ALL) == 2


def test_no_answer_to_a_probe_renews_the_pause_for_longer(
    probing: Pause, timed_pauses: TimedPauses, pauses: Pauses, hold: Hold, clock: Clock
) -> None:
    first, second, *_ = probing.probes

    renewed = timed_pauses.unanswered(first, CUT, 0)
    assert renewed == on(pauses)
    assert (renewed.until, renewed.outage, renewed.probes) == (at(10 + 20), 2, ())
    # The others of them come back to that pause, and do not make it longer still.
    assert timed_pauses.unanswered(second, CUT, 0) == renewed

    clock.passes(20)
    assert timed_pauses.look() == 2
    again = timed_pauses.unanswered(on(pauses).probes[0], CUT, 0)
    assert again is not None
    assert (again.until, again.outage) == (at(30 + 40), 3)


def test_a_late_answer_does_not_end_a_pause_that_was_renewed(
    probing: Pause, timed_pauses: TimedPauses, pauses: Pauses
) -> None:
    timed_pauses.unanswered(probing.probes[0], CUT, 0)

    timed_pauses.tried("not a probe", answered=True)

    assert on(pauses).outage == 2


def test_probes_that_made_no_call_are_followed_by_others(
    probing: Pause, timed_pauses: TimedPauses, pauses: Pauses
) -> None:
    for probe in probing.probes:
        assert timed_pauses.look() == 0
        timed_pauses.tried(probe, answered=False)

    assert timed_pauses.look() == 2
    assert on(pauses).outage == 1


def test_probes_that_died_are_followed_by_others(
    probing: Pause, timed_pauses: TimedPauses, pauses: Pauses, clock: Clock
) -> None:
    clock.passes(timed_pauses.patience_s)

    assert timed_pauses.look() == 2
    assert not set(on(pauses).probes) & set(probing.probes)


def test_a_release_that_is_the_only_one_to_try_does_not_speak_for_all(
    timed_pauses: TimedPauses, pauses: Pauses, hold: Hold, clock: Clock
) -> None:
    be_out(timed_pauses)
    timed_pauses.unanswered("first", CUT, 0)
    (alone,) = hold(1)
    clock.passes(10)
    timed_pauses.look()

    # It uses up its own attempts: what it meets may be its own for good.
    assert timed_pauses.unanswered(alone, CUT, 0) is None
    timed_pauses.tried(alone, answered=False)
    timed_pauses.look()
    assert pauses.current(Scope.ALL) is None


def test_a_pause_for_which_nobody_waits_ends(timed_pauses: TimedPauses, pauses: Pauses, clock: Clock) -> None:
    be_out(timed_pauses)
    timed_pauses.unanswered("first", CUT, 0)
    clock.passes(10)

    assert timed_pauses.look() == 0
    assert pauses.current(Scope.ALL) is None


def test_a_pause_by_hand_is_neither_replaced_nor_ended(
    timed_pauses: TimedPauses, pauses: Pauses, hold: Hold, clock: Clock
) -> None:
    pauses.begin_by_hand(Scope.ALL, "maintenance")
    by_hand = on(pauses)
    hold(7)
    be_out(timed_pauses)

    assert timed_pauses.unanswered("first", CUT, 3600) is None
    assert timed_pauses.begin(CUT, NOW + timedelta(hours=1)) is None
    clock.passes(7200)
    assert timed_pauses.look() == 0
    timed_pauses.tried("first", answered=True)
    assert on(pauses) == by_hand


def test_a_pause_by_hand_replaces_a_timed_one(
    probing: Pause, timed_pauses: TimedPauses, pauses: Pauses
) -> None:
    pauses.begin_by_hand(Scope.ALL, "maintenance")

    timed_pauses.tried(probing.probes[0], answered=True)

    assert on(pauses).by_hand


def test_what_needs_a_person_outranks_what_passes(
    probing: Pause, timed_pauses: TimedPauses, pauses: Pauses
) -> None:
    assert pauses.begin(Scope.ALL, Pause(**a_problem(errcode=61004).model_dump()))

    timed_pauses.tried(probing.probes[0], answered=True)
    assert timed_pauses.unanswered(probing.probes[1], CUT, 0) is None
    assert on(pauses).errcode == 61004


def test_a_new_ticket_does_not_end_what_no_ticket_would_help(probing: Pause, pauses: Pauses) -> None:
    assert not pauses.lift_for_ticket()
    assert on(pauses) == probing

    pauses.lift(Scope.ALL)
    pauses.begin(Scope.ALL, Pause(**a_problem(errcode=61006).model_dump()))
    assert pauses.lift_for_ticket()


def test_a_server_that_asks_for_longer_gets_longer(timed_pauses: TimedPauses, pauses: Pauses) -> None:
    timed_pauses.begin(CUT, NOW + timedelta(seconds=60))
    timed_pauses.begin(CUT, NOW + timedelta(seconds=30))
    assert on(pauses).until == at(60)

    timed_pauses.unanswered("another", CUT, 90)
    assert on(pauses).until == at(90)


def test_while_wechat_is_out_a_server_that_asks_for_longer_gets_longer(
    probing: Pause, timed_pauses: TimedPauses, pauses: Pauses
) -> None:
    timed_pauses.unanswered(probing.probes[0], CUT, 600)

    assert on(pauses).until == at(10 + 600)


def test_a_server_that_asks_for_longer_while_some_try_is_not_asked_sooner(
    probing: Pause, timed_pauses: TimedPauses, pauses: Pauses
) -> None:
    assert timed_pauses.unanswered("another", CUT, 0) == probing, "it asked for nothing"

    timed_pauses.unanswered("another", CUT, 30)

    timed_pauses.tried(probing.probes[0], answered=True)
    assert (on(pauses).until, on(pauses).probes) == (at(10 + 30), ())


def test_what_a_server_asks_for_does_not_begin_the_growing_anew(
    probing: Pause, timed_pauses: TimedPauses, pauses: Pauses, clock: Clock
) -> None:
    timed_pauses.unanswered(probing.probes[0], CUT, 0)
    timed_pauses.begin(CUT, clock() + timedelta(seconds=100))
    assert on(pauses).until == at(10 + 100)
    clock.passes(100)
    timed_pauses.look()

    renewed = timed_pauses.unanswered(on(pauses).probes[0], CUT, 0)
    assert renewed is not None
    assert (renewed.until, renewed.outage) == (at(110 + 40), 3)


def test_a_probe_that_is_asked_to_wait_again_uses_up_an_attempt_of_its_own(
    timed_pauses: TimedPauses, pauses: Pauses, hold: Hold, clock: Clock
) -> None:
    timed_pauses.begin(CUT, NOW + timedelta(seconds=60))
    hold(2)
    clock.passes(60)
    timed_pauses.look()

    assert timed_pauses.unanswered(on(pauses).probes[0], CUT, 60) is None
    timed_pauses.begin(CUT, clock() + timedelta(seconds=60))
    assert (on(pauses).until, on(pauses).probes) == (at(120), ())


def test_a_release_shows_the_pause_as_it_is_now(
    probing: Pause, timed_pauses: TimedPauses, pauses: Pauses, store: ReleaseStore, reader: Reader
) -> None:
    waiting = next(stored.release for stored in store.get_many(probing.probes) if stored is not None)
    timed_pauses.unanswered(waiting.id, CUT, 0)

    shown = reader.get(waiting.id)

    assert shown.next_attempt_at == on(pauses).until == at(10 + 20)
    assert shown.wait is not None
    assert shown.wait.remedy == on(pauses).remedy
    assert shown.wait.step is waiting.step


def test_releases_that_no_timed_pause_holds_are_shown_as_they_are(
    timed_pauses: TimedPauses, pauses: Pauses, hold: Hold, store: ReleaseStore, reader: Reader
) -> None:
    (held,) = [stored.release for stored in store.get_many(hold(1)) if stored is not None]
    free = created(store, a_release(a_request(appid="wx00000000000000ff"))).release
    pauses.begin_by_hand(Scope.ALL, "maintenance")
    assert [reader.get(release.id) for release in (held, free)] == [held, free]

    pauses.lift(Scope.ALL)
    timed_pauses.begin(CUT, NOW + timedelta(seconds=60))
    shown = [reader.get(release.id) for release in (held, free)]
    assert [release.next_attempt_at for release in shown] == [at(60), None]


AWAY = a_problem(errmsg="the owner of the tokens: HTTP 503", remedy="See that it runs.")


def test_an_owner_that_is_away_begins_no_pause_here(timed_pauses: TimedPauses, pauses: Pauses) -> None:
    be_out(timed_pauses)

    assert timed_pauses.unanswered("first", AWAY, 0, by_owner=True) is None
    assert pauses.current(Scope.ALL) is None


def test_the_first_pause_is_waited_for_by_all_and_renewed_by_those_that_try(
    timed_pauses: TimedPauses, pauses: Pauses, hold: Hold, clock: Clock
) -> None:
    first = timed_pauses.begin(AWAY, NOW + timedelta(seconds=10), more=AWAY.remedy, outage=1)
    assert first is not None
    assert (first.errmsg, first.outage) == (AWAY.errmsg, 1)
    assert timed_pauses.unanswered("second", AWAY, 0, by_owner=True) == first

    hold(7)
    clock.passes(10)
    assert timed_pauses.look() == PROBES
    renewed = timed_pauses.unanswered(on(pauses).probes[0], AWAY, 0, by_owner=True)

    assert renewed == on(pauses)
    assert (renewed.errmsg, renewed.until, renewed.outage) == (AWAY.errmsg, at(10 + 20), 2)
    assert "by itself: at 2026-03-14 09:27:23 UTC" in renewed.remedy
    assert renewed.remedy.endswith(AWAY.remedy)


def test_one_that_alone_tries_for_a_token_does_not_speak_for_all(
    timed_pauses: TimedPauses, pauses: Pauses, hold: Hold, clock: Clock
) -> None:
    timed_pauses.begin(AWAY, NOW + timedelta(seconds=10), outage=1)
    (alone,) = hold(1)
    clock.passes(10)
    timed_pauses.look()

    assert timed_pauses.unanswered(alone, AWAY, 0, by_owner=True) is None
    # Its own next pause may be everybody's again.
    timed_pauses.begin(AWAY, NOW + timedelta(seconds=30), outage=1)
    assert on(pauses).outage == 1
