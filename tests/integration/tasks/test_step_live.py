"""The steps of the second half: what is in the record, and in those of the Mini Program's other releases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import redis

from releases.errors import ReleaseBlocked
from releases.record import Progress, Release
from releases.scope import live_scope
from releases.second_half import Publication
from releases.states import Status, Step
from releases.store import keys
from releases.store.known import Stored
from releases.store.pauses import Pause, Pauses
from releases.store.records import ReleaseStore
from tasks.interim import BUSY, DROPPED, Parked
from tests.integration.tasks.running import CONFIGURED, WANTED, Run, now, run, wechat
from tests.support.examples import APPID, NOW, a_problem, a_release, a_request
from tests.support.fake_wechat import FakeMiniProgram, FakeWeChat, refused, unanswered
from tests.support.live import AUDIT, INTENT, NOTHING_LIVE, OLD, PASSED, shown
from tests.support.records import created, place_of
from wechat.domains import Domains
from wechat.mini_program import Versions

#: The fixtures of its neighbour.
__all__ = ["run", "wechat"]

HOLDS = Domains.wanted(WANTED)
HOSTS = ("api.example.com",)


def guard() -> dict[str, Any]:
    """What the guard reads, once, and finds well."""
    return {"latest_audit": [PASSED], "gray_plan": [None], "get": [CONFIGURED]}


def one(
    store: ReleaseStore, step: Step, status: Status = Status.QUEUED, wave: str | None = None, **more: Any
) -> Stored:
    """A release of version 1.4.2 that was ordered to go live."""
    progress = {"orders": 1, **({} if step is Step.PUBLISH else {"publish_at": INTENT}), **more}
    release = a_release(a_request(wave=wave))
    return _put(store, release, step=step, status=status, auditid=AUDIT, progress=Progress(**progress))


def before(
    store: ReleaseStore,
    status: Status = Status.LIVE,
    version: str = "1.4.1",
    desc: str = "slower",
    **more: Any,
) -> Stored:
    """An older one, of version 1.4.1."""
    release = a_release(a_request(user_version=version, user_desc=desc))
    return _put(store, release, **{"step": Step.VERIFY_LIVE, "status": status, **more})


def _put(store: ReleaseStore, release: Release, **state: Any) -> Stored:
    stored = created(store, release)
    state = {"publication": Publication(ordered_at=NOW), **state}
    return store.save(stored, stored.release.model_copy(update=state))


def in_shop(client: redis.Redis) -> Any:
    return client.hget(keys.mini_program(APPID), "live")


def test_what_was_ordered_is_published_and_its_check_comes_next(
    run: Run, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.answers(now=INTENT, **guard(), release=[None])
    wechat.hosts = HOSTS
    stored = one(store, Step.PUBLISH)

    run(Step.PUBLISH, stored.release)

    release = now(store, stored)
    assert (release.step, release.status) == (Step.VERIFY_LIVE, Status.QUEUED)
    assert release.told(Step.PUBLISH) == "published"
    assert release.progress.publish_at == INTENT
    assert release.publication is not None
    assert release.publication.released_at is not None
    assert release.publication.released_at.timestamp() == INTENT


def test_after_a_call_that_got_no_answer_the_next_attempt_asks(
    run: Run, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.hosts = HOSTS
    wechat.answers(now=INTENT, **guard(), release=[unanswered()])
    stored = one(store, Step.PUBLISH)
    assert isinstance(run(Step.PUBLISH, stored.release), Parked)
    waiting = now(store, stored)
    assert (waiting.status, waiting.progress.publish_at) == (Status.WAITING, INTENT)

    wechat.answers(versions=[shown()])
    due = store.get(waiting.id)
    assert due is not None
    store.save(due, waiting.model_copy(update={"next_attempt_at": NOW}))
    run(Step.PUBLISH, waiting)

    assert now(store, stored).told(Step.PUBLISH) == "found live at WeChat"
    assert now(store, stored).step is Step.VERIFY_LIVE


def test_what_somebody_else_published_before_is_known_by_that_time(
    run: Run, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.hosts = HOSTS
    earlier = shown(time=INTENT - 500)
    wechat.answers(now=INTENT, **guard(), release=[refused(85052)], versions=[earlier])
    stored = one(store, Step.PUBLISH)
    run(Step.PUBLISH, stored.release)

    wechat.answers(versions=[earlier], effective_domains=[HOLDS])
    run(Step.VERIFY_LIVE, stored.release)

    assert now(store, stored).status is Status.LIVE


def test_what_was_changed_before_the_intent_could_be_written_is_not_published(
    run: Run, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    stored = one(store, Step.PUBLISH)

    class CancelledMeanwhile(FakeMiniProgram):
        def gray_plan(self) -> None:
            found = store.get(stored.release.id)
            assert found is not None
            approved = found.release.model_copy(update={"status": Status.APPROVED, "publication": None})
            store.save(found, approved)

    wechat.hosts = HOSTS
    wechat.scripted = CancelledMeanwhile(latest_audit=[PASSED], get=[CONFIGURED])
    assert run(Step.PUBLISH, stored.release) == DROPPED

    assert "release" not in wechat.scripted.calls
    assert now(store, stored).status is Status.APPROVED


def test_a_domain_that_would_be_dropped_blocks_before_anything_is_published(
    run: Run, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.answers(**guard())
    wechat.hosts = ("other.example.com",)
    stored = one(store, Step.PUBLISH)

    with pytest.raises(ReleaseBlocked) as caught:
        run(Step.PUBLISH, stored.release)

    assert caught.value.domains == WANTED
    release = now(store, stored)
    assert (release.step, release.status, release.progress.publish_at) == (Step.PUBLISH, Status.BLOCKED, None)


def test_a_resumed_publication_holds_its_domains_against_the_pool_as_it_is_now(
    run: Run, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.hosts = ("other.example.com",)
    wechat.answers(
        now=INTENT,
        latest_audit=[PASSED, PASSED],
        gray_plan=[None, None],
        get=3 * [CONFIGURED],
        release=[None],
    )
    stored = one(store, Step.PUBLISH)
    with pytest.raises(ReleaseBlocked):
        run(Step.PUBLISH, stored.release)

    # Seconds later: what was read is not old yet.
    wechat.hosts = HOSTS
    blocked = store.get(stored.release.id)
    assert blocked is not None
    resumed = blocked.release.progressed(mend=True).model_copy(
        update={"status": Status.QUEUED, "block": None}
    )
    run(Step.PUBLISH, store.save(blocked, resumed).release)

    assert now(store, stored).step is Step.VERIFY_LIVE


def test_a_resumed_publication_adds_the_domains_that_somebody_removed(
    run: Run, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.hosts = HOSTS
    wechat.answers(
        now=INTENT,
        latest_audit=[PASSED],
        gray_plan=[None],
        get=[{}, CONFIGURED],
        add=[CONFIGURED],
        release=[None],
    )
    stored = one(store, Step.PUBLISH, mend=True)

    run(Step.PUBLISH, stored.release)

    assert wechat.scripted.added == [WANTED]
    release = now(store, stored)
    assert (release.step, release.progress.mend) == (Step.VERIFY_LIVE, False)
    assert any("added https://api.example.com" in event.what for event in release.history)


def test_what_has_passed_and_may_not_be_published_waits_and_can_be_cancelled_meanwhile(
    run: Run, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.hosts = HOSTS
    wechat.answers(now=INTENT, **guard(), release=[refused(85020)])
    stored = one(store, Step.PUBLISH, failures=3)

    assert isinstance(run(Step.PUBLISH, stored.release), Parked)

    release = now(store, stored)
    assert (release.status, release.next_attempt_at) == (Status.WAITING, NOW + timedelta(seconds=100))
    assert release.wait is not None
    assert release.wait.errcode == 85020
    progress = release.progress
    assert (progress.publish_at, progress.lates, progress.late_since) == (None, 1, NOW.timestamp())
    assert progress.failures == 0  # WeChat has answered


def test_it_blocks_when_it_has_been_so_for_an_hour(run: Run, store: ReleaseStore, wechat: FakeWeChat) -> None:
    wechat.hosts = HOSTS
    wechat.answers(now=INTENT, **guard(), release=[refused(85020)])
    stored = one(store, Step.PUBLISH, lates=40, late_since=NOW.timestamp() - 3600)

    with pytest.raises(ReleaseBlocked):
        run(Step.PUBLISH, stored.release)

    assert now(store, stored).status is Status.BLOCKED


def test_what_is_live_with_all_domains_takes_the_place_of_the_one_before(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    old = before(store)
    stored = one(store, Step.VERIFY_LIVE)
    wechat.answers(versions=[shown()], effective_domains=[HOLDS])

    run(Step.VERIFY_LIVE, stored.release)

    release = now(store, stored)
    assert release.status is Status.LIVE
    assert release.publication is not None
    assert (release.publication.verified_at, release.publication.missing_domains) == (NOW, None)
    assert now(store, old).status is Status.REPLACED
    assert now(store, old).history[-1].what == f"replaced by release {release.id}"
    assert in_shop(redis_client) == release.id


def test_the_brake_of_a_wave_holds_what_is_to_be_published_and_not_the_check_of_what_is(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, pauses: Pauses
) -> None:
    pauses.begin(live_scope("spring"), Pause(**a_problem(errmsg="a shop is broken").model_dump()))
    stored = one(store, Step.PUBLISH, wave="spring")
    assert isinstance(run(Step.PUBLISH, stored.release), Parked)
    held = store.get(stored.release.id)
    assert held is not None
    assert held.release.progress.held == live_scope("spring")
    assert wechat.scripted.calls == []

    published = held.release.progressed(publish_at=INTENT, held="")
    store.save(held, published.model_copy(update={"step": Step.VERIFY_LIVE, "status": Status.QUEUED}))
    wechat.answers(versions=[shown()], effective_domains=[HOLDS])
    run(Step.VERIFY_LIVE, stored.release)

    assert now(store, stored).status is Status.LIVE


def test_the_one_before_is_replaced_first_and_once(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    old = before(store)
    stored = one(store, Step.VERIFY_LIVE)

    class DiesBeforeItWrites(FakeMiniProgram):
        def effective_domains(self) -> Domains:
            """Another attempt has begun: what this one writes of its own release is refused."""
            redis_client.hincrby(keys.record(stored.release.id), "fence", 10**15)
            return super().effective_domains()

    wechat.scripted = DiesBeforeItWrites(versions=[shown()], effective_domains=[HOLDS])
    assert run(Step.VERIFY_LIVE, stored.release) == BUSY
    assert now(store, old).status is Status.REPLACED
    assert now(store, stored).status is not Status.LIVE

    redis_client.delete(keys.lease(APPID))
    redis_client.hset(keys.record(stored.release.id), "fence", 0)
    wechat.answers(versions=[shown()], effective_domains=[HOLDS])
    run(Step.VERIFY_LIVE, stored.release)

    assert now(store, stored).status is Status.LIVE
    replaced = [event.what for event in now(store, old).history if "replaced" in event.what]
    assert replaced == [f"replaced by release {stored.release.id}"]


def test_one_that_was_to_be_taken_back_is_replaced_as_well(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    old = before(store, Status.BLOCKED, step=Step.REVERT, block=a_problem(step=Step.REVERT))
    stored = one(store, Step.VERIFY_LIVE)
    wechat.answers(versions=[shown()], effective_domains=[HOLDS])

    run(Step.VERIFY_LIVE, stored.release)

    assert (now(store, old).status, now(store, old).block) == (Status.REPLACED, None)
    assert in_shop(redis_client) == stored.release.id


def test_dropped_domains_are_in_the_record_until_a_resume_has_mended_them(
    run: Run, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    old = before(store)
    stored = one(store, Step.VERIFY_LIVE)
    wechat.answers(versions=[shown()], effective_domains=[Domains.wanted({})])
    with pytest.raises(ReleaseBlocked) as caught:
        run(Step.VERIFY_LIVE, stored.release)
    assert caught.value.domains == WANTED
    blocked = store.get(stored.release.id)
    assert blocked is not None
    assert blocked.release.publication is not None
    assert blocked.release.publication.missing_domains == WANTED
    assert now(store, old).status is Status.LIVE  # nobody has seen ours to be well

    resumed = blocked.release.model_copy(
        update={
            "status": Status.QUEUED,
            "block": None,
            "progress": blocked.release.progress.fresh().model_copy(update={"mend": True}),
        }
    )
    store.save(blocked, resumed)
    wechat.answers(get=[{}], add=[CONFIGURED], versions=[shown()], effective_domains=[HOLDS])
    run(Step.VERIFY_LIVE, resumed)

    release = now(store, stored)
    assert wechat.scripted.added == [WANTED]
    assert release.status is Status.LIVE
    assert release.publication is not None
    assert release.publication.missing_domains is None


@pytest.mark.parametrize("found", [NOTHING_LIVE, OLD])
def test_what_is_not_live_yet_waits_and_blocks_after_ten_minutes(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, found: Versions
) -> None:
    stored = one(store, Step.VERIFY_LIVE)
    wechat.answers(versions=[found])
    assert isinstance(run(Step.VERIFY_LIVE, stored.release), Parked)
    waiting = store.get(stored.release.id)
    assert waiting is not None
    assert waiting.release.status is Status.WAITING
    assert waiting.release.progress.late_since == NOW.timestamp()

    since = NOW.timestamp() - 600
    store.save(
        waiting, waiting.release.progressed(late_since=since).model_copy(update={"next_attempt_at": NOW})
    )
    wechat.answers(versions=[found])
    with pytest.raises(ReleaseBlocked):
        run(Step.VERIFY_LIVE, stored.release)

    assert now(store, stored).step is Step.VERIFY_LIVE


def test_a_resumed_one_that_had_no_effect_goes_back_to_the_publication(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    stored = one(store, Step.VERIFY_LIVE, mend=True)
    wechat.answers(get=[CONFIGURED], versions=[OLD])

    assert isinstance(run(Step.VERIFY_LIVE, stored.release), Parked)

    release = now(store, stored)
    assert (release.step, release.status) == (Step.PUBLISH, Status.QUEUED)
    assert place_of(redis_client, release) == (keys.sent(urgent=False), NOW.timestamp())
    # It asks before it publishes again.
    assert release.progress.publish_at == INTENT
