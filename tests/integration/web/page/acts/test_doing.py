"""What people do on the page, over HTTP on a real Redis: shown first, then done, kept with their name and why."""

from __future__ import annotations

import re
from typing import Any

import pytest
import redis
import requests

from db.database import Database
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.problems import remedy_of
from releases.record import Progress
from releases.scope import Scope
from releases.second_half import Publication
from releases.states import Status, Step
from releases.store.actions import Actions
from releases.store.pauses import Pause, Pauses
from releases.store.places import held
from releases.store.records import ReleaseStore
from releases.waves.halves import FIRST
from releases.waves.halves import LIVE as HALF_LIVE
from releases.waves.waves import Waves
from tests.integration.releases.intake.test_many import some_requests
from tests.integration.web.page.acts.acting import (
    APPROVED,
    BLOCKED,
    LIVE,
    Make,
    act,
    confirm,
    hidden,
    led_to,
    now,
    sent,
    whose,
)
from tests.integration.web.page.conftest import Browser
from tests.support.examples import NOW, a_problem
from tests.support.workers import wait_for

#: `make test` has to be quick.
pytestmark = pytest.mark.long


def test_all_of_one_cause_are_resumed_and_no_other(
    operator: Browser, make: Make, redis_client: redis.Redis, store: ReleaseStore
) -> None:
    ours = [make(**BLOCKED) for _ in range(2)]
    other = make(status=Status.BLOCKED, block=a_problem(errcode=None))
    path = act("resume", wave="spring", errcode=85014)

    told = operator.open(path)
    assert "2 releases are started again." in told
    assert "Resume 2 releases</button>" in told
    assert "Shop 0" in told
    assert "Shop 2" not in told
    assert "1" in re.findall(r'status-blocked">blocked</span> <strong>(\d+)', told)

    answer = confirm(operator, path, reason="registered the domain")
    assert (answer.status_code, led_to(answer)) == (303, "/wave?name=spring&done=resume&n=2")
    for release in ours:
        assert now(store, release).status is Status.QUEUED
        assert whose(now(store, release)) == ("user:olga", "registered the domain")
    assert now(store, other).status is Status.BLOCKED
    (logged,) = Actions(Database(redis_client)).newest(9).actions
    assert (logged.what, logged.by, logged.number) == ("resume", "user:olga", 2)
    assert (logged.wave, logged.detail) == ("spring", "errcode 85014")

    confirm(operator, act("resume", wave="spring", cause="blocked ensure_domains -"))
    assert now(store, other).status is Status.QUEUED


def test_whoever_closes_the_browser_in_the_middle_has_all_of_it_done(
    operator: Browser, releases: Releases, redis_client: redis.Redis, store: ReleaseStore
) -> None:
    many = 1200
    Batch(store=store, releases=releases).enqueue(some_requests(many, wave="spring"))
    path = act("cancel", wave="spring")
    fields = hidden(operator.open(path))
    url, origin = f"{operator.url}{path}", {"Origin": operator.url}
    with pytest.raises(requests.ReadTimeout):
        operator.session.post(url, data=fields, headers=origin, timeout=(5, 0.01))
    operator.session.close()
    assert store.wave_tally("spring").counts[Status.CANCELLED] < many

    wait_for(lambda: store.wave_tally("spring").counts[Status.CANCELLED] == many, 60)

    waves = Waves(Database(redis_client), store=store, pauses=Pauses(Database(redis_client)))
    wait_for(lambda: waves.state("spring", FIRST).pause is None, 10)
    (logged,) = Actions(Database(redis_client)).newest(9, wave="spring", by="olga").actions
    assert (logged.what, logged.number) == ("cancel", many)


def test_a_braked_wave_goes_on_with_what_it_holds(
    operator: Browser, make: Make, redis_client: redis.Redis, store: ReleaseStore
) -> None:
    make(**BLOCKED)
    pauses = Pauses(Database(redis_client))
    pauses.begin(FIRST.scope("spring"), Pause(step=Step.ENSURE_DOMAINS, errmsg="braked", remedy="Look."))
    path = act("resume", wave="spring")
    told = operator.open(path)
    assert "1 release is started again." in told
    assert "The pause that ends with this" in told
    assert confirm(operator, path).status_code == 303
    assert pauses.current(FIRST.scope("spring")) is None


def test_what_is_shown_to_be_touched_is_the_number_that_the_result_tells(
    operator: Browser, make: Make, redis_client: redis.Redis, store: ReleaseStore
) -> None:
    """What the pause holds counts, and is not told to be left as it is."""
    pause = Pause(step=Step.ENSURE_DOMAINS, errmsg="braked", remedy="Resume it.")
    scope = FIRST.scope("spring")
    Pauses(Database(redis_client)).begin(scope, pause)
    for _ in range(3):
        make(**BLOCKED)
        waits = make()
        stored = store.get(waits.id)
        assert stored is not None
        store.save(stored, stored.release.put_off(pause, NOW, held=scope), place=held(scope))
    make(status=Status.SUBMITTED, step=Step.SUBMIT_AUDIT)
    path = act("resume", wave="spring", cause="blocked ensure_domains 85014")
    told = operator.open(path)
    assert "6 releases go on." in told
    assert "3 of them are started again. 3 of them wait for the pause, which ends with this." in told
    assert "Resume 6 releases</button>" in told
    assert "at the step “domains” <code>85014</code> template does not exist" in told
    left = told.partition("What is left as it is")[2]
    assert "status-submitted" in left
    assert "status-waiting" not in left
    assert led_to(confirm(operator, path)).endswith("done=resume&n=6")
    (logged,) = Actions(Database(redis_client)).newest(9).actions
    assert logged.number == 6


def test_whoever_resumes_what_a_resume_does_not_mend_is_told_so(operator: Browser, make: Make) -> None:
    release = make(status=Status.BLOCKED, block=a_problem(errcode=85014, remedy=remedy_of(85014)))
    assert "Resume anyway…</a>" in operator.open(f"/release/{release.id}")
    assert "1 of them will most likely stop again" in operator.open(act("resume", wave="spring"))
    other = make(status=Status.BLOCKED, block=a_problem(errcode=85018, remedy=remedy_of(85018)))
    assert "Resume…</a>" in operator.open(f"/release/{other.id}")
    assert "most likely" not in operator.open(act("resume", release=other.id))


def test_a_wave_is_published_by_who_types_its_name(
    publisher: Browser, make: Make, redis_client: redis.Redis, store: ReleaseStore
) -> None:
    releases = [make(**APPROVED) for _ in range(3)]
    make(status=Status.REJECTED, step=Step.SUBMIT_AUDIT)
    path = act("publish", wave="spring")
    told = publisher.open(path)
    assert "3 releases go live." in told
    assert 'status-rejected">rejected</span> <strong>1</strong>' in told

    for wrong in ("", "Spring", "spring!"):
        answer = confirm(publisher, path, wave=wrong, reason="the sale", canary="1")
        assert answer.status_code == 422
        assert f'name="wave" type="text" value="{wrong}"' in answer.text
        assert 'value="the sale"' in answer.text
        assert "Nothing was done" in answer.text
    assert all(now(store, one).status is Status.APPROVED for one in releases)

    answer = confirm(publisher, path, wave=" spring ", reason="the sale", canary="1", max_blocked="5.5")
    assert (answer.status_code, led_to(answer)) == (303, "/wave?name=spring&done=publish&n=3")
    stands = [now(store, one) for one in releases]
    assert sorted(one.status for one in stands) == [Status.QUEUED, Status.WAITING, Status.WAITING]
    for one in stands:
        (asked,) = (event for event in one.history if event.by is not None)
        assert (asked.by, asked.reason) == ("user:petra", "the sale")
    waves = Waves(Database(redis_client), store=store, pauses=Pauses(Database(redis_client)))
    policy = waves.state("spring", HALF_LIVE).policy
    assert policy is not None
    assert (policy.canary, policy.max_blocked) == (1, 5.5)


def test_the_rest_of_a_publication_goes_on_after_its_canary(
    publisher: Browser, make: Make, redis_client: redis.Redis, store: ReleaseStore
) -> None:
    approved = [make(**APPROVED) for _ in range(3)]
    blocked = make(**BLOCKED)
    confirm(publisher, act("publish", wave="spring"), wave="spring", canary="1")
    (first,) = (one for one in approved if now(store, one).status is Status.QUEUED)
    rest = [one for one in approved if one is not first]
    stored = store.get(first.id)
    assert stored is not None
    store.save(stored, stored.release.model_copy(update={**LIVE, "wait": None}), place=None)
    pauses = Pauses(Database(redis_client))
    Waves(Database(redis_client), store=store, pauses=pauses).look()

    path = act("resume", wave="spring", half="live")
    told = publisher.open(path)
    assert "2 releases wait for this, and go on." in told
    assert "What goes on here goes live to all users." in told
    assert led_to(confirm(publisher, path, reason="it looks well")).endswith("n=2")
    assert pauses.current(HALF_LIVE.scope("spring")) is None
    assert [whose(now(store, one)) for one in rest] == [("user:petra", "it looks well")] * 2
    assert now(store, blocked).status is Status.BLOCKED


def test_a_wave_that_is_live_is_taken_back_by_who_types_its_name(
    publisher: Browser, make: Make, store: ReleaseStore
) -> None:
    live, approved = make(**LIVE), make(**APPROVED)
    path = act("revert", wave="spring")
    assert "1 release is taken back." in publisher.open(path)
    assert confirm(publisher, path).status_code == 422
    assert now(store, live).status is Status.LIVE
    answer = confirm(publisher, path, wave="spring", reason="broken")
    assert led_to(answer).endswith("done=revert&n=1")
    assert now(store, live).step is Step.REVERT
    assert whose(now(store, live)) == ("user:petra", "broken")
    assert now(store, approved).status is Status.APPROVED


def test_what_goes_live_while_it_is_shown_is_taken_back_as_well(
    publisher: Browser, make: Make, store: ReleaseStore
) -> None:
    """Else a wave that goes live quickly could never be taken back."""
    one = make(**LIVE)
    going = {"status": Status.QUEUED, "step": Step.PUBLISH, "progress": Progress(orders=1)}
    make(**going, publication=Publication(ordered_at=NOW))
    path = act("revert", wave="spring")
    told = publisher.open(path)
    assert "what is live by then is taken back as well" in told
    two = make(**LIVE)
    answer = sent(publisher, path, {**hidden(told), "wave": "spring"})
    assert led_to(answer).endswith("done=revert&n=2")
    assert [now(store, release).step for release in (one, two)] == [Step.REVERT] * 2


def test_cancelling_a_wave_asks_nothing(operator: Browser, make: Make, store: ReleaseStore) -> None:
    going, approved = [make(), make(**BLOCKED)], make(**APPROVED)
    path = act("cancel", wave="spring")
    assert "2 releases are cancelled." in operator.open(path)

    wave = operator.open("/wave?name=spring")
    assert "Cancel 2 releases</button>" in wave
    answer = operator.send(path, **hidden(wave), reason="wrong template")
    assert [led_to(one) for one in answer.history] == ["/wave?name=spring&done=cancel&n=2"]
    assert "2 releases were cancelled." in answer.text
    for release in going:
        assert now(store, release).status is Status.CANCELLED
        assert whose(now(store, release)) == ("user:olga", "wrong template")
    assert now(store, approved).status is Status.APPROVED


@pytest.mark.parametrize(
    ("what", "stands", "touched", "status", "who"),
    [
        ("publish", APPROVED, "1 release goes live.", Status.QUEUED, "petra"),
        ("revert", LIVE, "1 release is taken back.", Status.QUEUED, "petra"),
        ("resume", BLOCKED, "1 release is started again.", Status.QUEUED, "petra"),
        ("cancel", {}, "1 release is cancelled.", Status.CANCELLED, "petra"),
        (
            "withdraw",
            {"status": Status.SUBMITTED, "step": Step.SUBMIT_AUDIT, "auditid": 4711},
            "1 audit is withdrawn.",
            Status.SUBMITTED,
            "petra",
        ),
    ],
)
def test_one_release_is_shown_then_done_and_once_more_is_the_same(
    publisher: Browser,
    make: Make,
    store: ReleaseStore,
    what: str,
    stands: dict[str, Any],
    touched: str,
    status: Status,
    who: str,
) -> None:
    release = make(**stands)
    path = act(what, release=release.id)
    told = publisher.open(path)
    assert touched in told
    assert "Shop 0" in told
    fields = {**hidden(told), "reason": "so it has to be"}
    ends = set()
    for _ in range(2):
        answer = sent(publisher, path, fields)
        assert answer.status_code == 303, answer.text
        ends.add(led_to(answer).partition("?")[0])
    assert ends == {f"/release/{release.id}"}
    done = now(store, release)
    assert done.status is status
    asked = [event for event in done.history if event.by == f"user:{who}"]
    assert [event.reason for event in asked] == ["so it has to be"]


def test_several_releases_are_one_order_and_what_can_not_be_is_left(
    operator: Browser, make: Make, redis_client: redis.Redis, store: ReleaseStore
) -> None:
    blocked, live = [make(**BLOCKED) for _ in range(2)], make(**LIVE)
    path = act("resume", release=[one.id for one in (*blocked, live)])
    told = operator.open(path)
    assert "2 releases are started again." in told
    assert 'status-live">live</span> <strong>1</strong>' in told
    answer = confirm(operator, path, reason="mended")
    assert led_to(answer) == "/releases?done=resume&n=2"
    assert [now(store, one).status for one in (*blocked, live)] == [*[Status.QUEUED] * 2, Status.LIVE]
    (logged,) = Actions(Database(redis_client)).newest(9).actions
    assert (logged.what, logged.by, logged.reason, logged.number) == ("resume", "user:olga", "mended", 2)


def test_audits_that_are_read_at_once_are_one_order(
    operator: Browser, make: Make, redis_client: redis.Redis
) -> None:
    first, second = (make(status=Status.SUBMITTED, step=Step.SUBMIT_AUDIT, auditid=n) for n in (1, 2))
    make()
    for target in ({"wave": "spring"}, {"release": second.id}):
        assert confirm(operator, act("look", **target), reason="it was pushed").status_code == 303
    logged = Actions(Database(redis_client)).newest(9).actions[::-1]
    assert [(one.what, one.by, one.reason) for one in logged] == [("look", "user:olga", "it was pushed")] * 2
    assert [(one.wave, one.release_id, one.number) for one in logged] == [
        ("spring", None, 2),
        ("spring", second.id, 1),
    ]
    assert first.id != second.id


def test_what_can_not_be_done_any_more_is_a_conflict_that_says_why(publisher: Browser, make: Make) -> None:
    release = make(status=Status.REJECTED, step=Step.SUBMIT_AUDIT)
    path = act("publish", release=release.id)
    told = publisher.open(path)
    assert "There is nothing to do" in told
    answer = publisher.send(path, form=hidden(publisher.open(act("give-up", release=release.id)))["form"])
    assert answer.status_code == 409
    assert "is rejected" in answer.text
    assert f'href="/release/{release.id}"' in answer.text


def test_the_platform_is_paused_at_once_and_goes_on_when_asked(
    operator: Browser, make: Make, redis_client: redis.Redis
) -> None:
    pauses = Pauses(Database(redis_client))
    path = act("pause", scope="submissions")
    assert "domains and commits go on" in operator.open(path)
    answer = confirm(operator, path, reason="WeChat told us to")
    assert led_to(answer) == "/platform?done=pause&n=0"
    pause = pauses.current(Scope.SUBMISSIONS)
    assert pause is not None
    assert (pause.actor, pause.reason) == ("user:olga", "WeChat told us to")
    pauses.begin_by_hand(Scope.ALL, "all")

    release = make()
    path = act("resume", scope="submissions")
    told = operator.open(path)
    assert "WeChat told us to" in told
    fields = {**hidden(told), "why": hidden(operator.open(act("resume", scope="all")))["why"]}
    again = operator.send(path, **fields)
    assert again.status_code == 409  # another pause was shown
    assert confirm(operator, path, reason="it is over").status_code == 303
    assert pauses.current(Scope.SUBMISSIONS) is None
    assert pauses.current(Scope.ALL) is not None
    assert release.status is Status.QUEUED
