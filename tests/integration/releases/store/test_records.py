from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis

from releases.record import Progress, Release, counts
from releases.scope import Scope, wave_scope
from releases.states import ACTIVE, LOOKED_AT, TO_AUDIT, Status
from releases.store import keys, places
from releases.store.known import Known, Stored
from releases.store.leases import Held
from releases.store.pauses import Pause, Paused, Pauses
from releases.store.records import LeaseLost, RecordChanged, ReleaseStore
from tests.support.examples import APPID, NOW, a_problem, a_release, a_request
from tests.support.records import create_in, created, everything, known_in, members, place_of

NOTHING = Known(active=None, same=None)
HELD = places.held(Scope.ALL)


def test_a_created_release_is_found_as_it_was(store: ReleaseStore) -> None:
    release = a_release(a_request(ext={"ext": {"big": 2**63, "null": None}}), auditid=2**63 - 1)

    assert created(store, release) == Stored(release, 1)


def test_an_unknown_id_has_no_record(store: ReleaseStore) -> None:
    assert store.get("nobody") is None


def test_a_created_release_stands_in_all_its_indexes(store: ReleaseStore, redis_client: redis.Redis) -> None:
    release = created(store, a_release(a_request(wave="spring"))).release

    for key in (keys.ALL, keys.by_status(Status.QUEUED), keys.by_appid(APPID), keys.by_wave("spring")):
        assert members(redis_client, key) == [release.id]
    assert store.wave_tally("spring").counts == counts({"queued": 1})
    assert known_in(store, APPID, release.identity) == Known(Stored(release, 1), Stored(release, 1))


def test_a_refused_create_writes_nothing_at_all(store: ReleaseStore, redis_client: redis.Redis) -> None:
    created(store, a_release(a_request(wave="spring")))
    before = everything(redis_client)

    assert not create_in(store, a_release(a_request(user_version="2", wave="summer")), NOTHING)

    assert everything(redis_client) == before


def test_a_create_that_saw_no_submitted_one_of_its_version_is_refused(store: ReleaseStore) -> None:
    first = created(store, a_release())
    store.save(first, first.release.model_copy(update={"status": Status.SUBMITTED}))

    assert not create_in(store, a_release(), NOTHING)


def test_an_id_that_is_taken_is_not_written_over(store: ReleaseStore, redis_client: redis.Redis) -> None:
    first = created(store, a_release())
    store.save(first, first.release.model_copy(update={"status": Status.CANCELLED}))
    before = everything(redis_client)

    assert not create_in(store, first.release, NOTHING)

    assert everything(redis_client) == before


def test_supersede_cancels_and_creates_at_once(store: ReleaseStore, redis_client: redis.Redis) -> None:
    old = created(store, a_release(a_request(wave="spring")))
    new = a_release(a_request(user_version="2", wave="summer"))
    known = known_in(store, APPID, new.identity)

    assert create_in(store, new, known, old.release.changed("superseded", NOW, status=Status.CANCELLED))

    after = known_in(store, APPID, old.release.identity)
    assert after.active is not None
    assert after.active.release == new
    assert after.same is None
    assert members(redis_client, keys.by_status(Status.QUEUED)) == [new.id]
    assert members(redis_client, keys.by_status(Status.CANCELLED)) == [old.release.id]
    assert store.wave_tally("spring").counts == counts({"cancelled": 1})
    assert store.wave_tally("summer").counts == counts({"queued": 1})


def test_supersede_is_refused_when_the_old_one_changed_meanwhile(
    store: ReleaseStore, redis_client: redis.Redis
) -> None:
    old = created(store, a_release())
    new = a_release(a_request(user_version="2"))
    known = known_in(store, APPID, new.identity)
    store.save(old, old.release.model_copy(update={"status": Status.RUNNING}))
    before = everything(redis_client)

    assert not create_in(store, new, known, old.release.changed("superseded", NOW, status=Status.CANCELLED))

    assert everything(redis_client) == before


def test_a_superseded_release_stands_nowhere(store: ReleaseStore, redis_client: redis.Redis) -> None:
    old = created(store, a_release())
    waiting = old.release.model_copy(update={"status": Status.WAITING})
    old = store.save(old, waiting, place=places.due(waiting, NOW))
    new = a_release(a_request(user_version="2"))

    create_in(
        store,
        new,
        known_in(store, APPID, new.identity),
        old.release.model_copy(update={"status": Status.CANCELLED}),
    )

    assert place_of(redis_client, old.release) is None


def test_a_save_counts_the_revision_and_the_next_one_has_to_name_it(store: ReleaseStore) -> None:
    first = created(store, a_release())

    second = store.save(first, first.release.changed("once", NOW))

    assert second.revision == 2
    assert store.get(first.release.id) == second


def test_a_save_of_a_changed_record_is_refused(store: ReleaseStore, redis_client: redis.Redis) -> None:
    stored = created(store, a_release(a_request(wave="spring")))
    store.save(stored, stored.release.changed("by another", NOW))
    before = everything(redis_client)

    with pytest.raises(RecordChanged):
        store.save(stored, stored.release.changed("late", NOW, status=Status.FAILED, failure=a_problem()))

    assert everything(redis_client) == before


def test_a_save_that_heeds_a_pause_writes_nothing_while_it_is_on(
    store: ReleaseStore, pauses: Pauses, redis_client: redis.Redis
) -> None:
    stored = created(store, a_release())
    running = stored.release.changed("begun", NOW, status=Status.RUNNING)
    pauses.begin(Scope.SUBMISSIONS, Pause(**a_problem().model_dump()))
    before = everything(redis_client)
    with pytest.raises(Paused) as paused:
        store.save(stored, running, unless_paused=(Scope.ALL, Scope.SUBMISSIONS))
    assert (paused.value.scope, paused.value.pause.errmsg) == (Scope.SUBMISSIONS, a_problem().errmsg)
    assert everything(redis_client) == before
    store.save(stored, running, unless_paused=(Scope.ALL,))
    assert members(redis_client, "releases:status:running") == [running.id]


def test_an_older_lease_may_not_write_after_a_newer_one_began(
    store: ReleaseStore, redis_client: redis.Redis, begin: Callable[[Release], Held]
) -> None:
    release = created(store, a_release()).release
    old = begin(release)
    redis_client.pexpireat(keys.lease(APPID), 1)
    new = begin(release)

    with pytest.raises(LeaseLost):
        store.save(old.stored, release.changed("late", NOW), lease=old.number)
    store.save(new.stored, release.changed("in time", NOW), lease=new.number)


def test_an_expired_lease_may_write_until_a_newer_one_begins(
    store: ReleaseStore, redis_client: redis.Redis, begin: Callable[[Release], Held]
) -> None:
    release = created(store, a_release()).release
    held = begin(release)
    redis_client.pexpireat(keys.lease(APPID), 1)

    assert store.save(held.stored, release.changed("just in time", NOW), lease=held.number).revision == 2


def test_the_last_write_ends_the_lease_but_never_another_s(
    store: ReleaseStore, redis_client: redis.Redis, begin: Callable[[Release], Held]
) -> None:
    release = created(store, a_release()).release
    held = begin(release)
    redis_client.set(keys.lease(APPID), held.number + 1)

    stored = store.save(held.stored, release.changed("a", NOW), lease=held.number, end_lease=True)
    assert redis_client.get(keys.lease(APPID)) == str(held.number + 1)

    redis_client.set(keys.lease(APPID), held.number)
    store.save(stored, release.changed("b", NOW), lease=held.number, end_lease=True)
    assert redis_client.get(keys.lease(APPID)) is None


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.QUEUED])
def test_the_index_moves_with_the_status_and_keeps_its_place(
    status: Status, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    stored = created(store, a_release(a_request(wave="spring")))
    place = redis_client.zscore(keys.ALL, stored.release.id)

    store.save(stored, stored.release.model_copy(update={"status": status, "block": a_problem()}))

    assert members(redis_client, keys.by_status(Status.QUEUED)) == []
    assert redis_client.zscore(keys.by_status(status), stored.release.id) == place
    assert store.wave_tally("spring").counts == counts({status: 1})


@pytest.mark.parametrize("status", sorted(ACTIVE))
def test_an_active_release_keeps_its_mini_program(status: Status, store: ReleaseStore) -> None:
    stored = created(store, a_release())

    after = store.save(stored, stored.release.model_copy(update={"status": status, "block": a_problem()}))

    assert known_in(store, APPID, stored.release.identity) == Known(active=after, same=after)


def test_a_submitted_release_frees_its_mini_program_and_is_remembered(store: ReleaseStore) -> None:
    stored = created(store, a_release())

    after = store.save(stored, stored.release.model_copy(update={"status": Status.SUBMITTED}))

    assert known_in(store, APPID, stored.release.identity) == Known(active=None, same=after)


def test_a_cancelled_release_frees_its_mini_program_and_is_forgotten(store: ReleaseStore) -> None:
    stored = created(store, a_release())

    store.save(stored, stored.release.model_copy(update={"status": Status.CANCELLED}))

    assert known_in(store, APPID, stored.release.identity) == NOTHING


def test_a_late_write_to_a_cancelled_release_does_not_touch_its_successor(store: ReleaseStore) -> None:
    old = created(store, a_release())
    old = store.save(old, old.release.model_copy(update={"status": Status.CANCELLED}))
    new = created(store, a_release())

    store.save(old, old.release.changed("submitted, after it was cancelled", NOW, auditid=7))

    assert known_in(store, APPID, new.release.identity) == Known(active=new, same=new)


@pytest.fixture
def six(store: ReleaseStore) -> dict[str, Release]:
    """Releases of three Mini Programs and two waves, with several statuses, a second apart."""
    plan = [
        ("a", "wx000000000000000a", "spring", Status.SUBMITTED),
        ("b", "wx000000000000000a", "summer", Status.BLOCKED),
        ("c", "wx000000000000000b", "spring", Status.BLOCKED),
        ("d", "wx000000000000000b", None, Status.QUEUED),
        ("e", "wx000000000000000c", "spring", Status.CANCELLED),
        ("f", "wx000000000000000c", "spring", Status.BLOCKED),
    ]
    found = {}
    for n, (name, appid, wave, status) in enumerate(plan):
        request = a_request(appid=appid, wave=wave, user_version=name)
        release = a_release(request, created_at=NOW + timedelta(seconds=n))
        # The store is told nothing of what is active: how releases come together is not its matter.
        known = known_in(store, appid, release.identity)
        assert create_in(store, release, known)
        stored = store.get(release.id)
        assert stored is not None
        found[name] = store.save(
            stored, release.model_copy(update={"status": status, "block": a_problem()})
        ).release
    return found


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, "abcdef"),
        ({"status": Status.BLOCKED}, "bcf"),
        ({"status": Status.FAILED}, ""),
        ({"wave": "spring"}, "acef"),
        ({"wave": "autumn"}, ""),
        ({"appid": "wx000000000000000a"}, "ab"),
        ({"appid": APPID}, ""),
        ({"status": Status.BLOCKED, "wave": "spring"}, "cf"),
        ({"status": Status.BLOCKED, "appid": "wx000000000000000c"}, "f"),
        ({"wave": "spring", "appid": "wx000000000000000b"}, "c"),
        ({"status": Status.SUBMITTED, "wave": "spring", "appid": "wx000000000000000a"}, "a"),
        ({"status": Status.SUBMITTED, "wave": "summer", "appid": "wx000000000000000a"}, ""),
    ],
)
def test_find_takes_all_that_is_asked_for_together_oldest_first(
    asked: dict[str, Any], expected: str, store: ReleaseStore, six: dict[str, Release]
) -> None:
    assert list(store.find(**asked)) == [six[name] for name in expected]


def test_a_wave_nobody_named_counts_nothing(store: ReleaseStore) -> None:
    assert store.wave_tally("autumn").counts == counts({})


@pytest.mark.parametrize("seed", range(4))
def test_indexes_and_wave_counts_always_add_up(
    seed: int, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    chance = random.Random(seed)
    for n in range(120):
        _some_change(chance, n, store)

    releases = list(store.find())
    for status in Status:
        ids = {release.id for release in releases if release.status is status}
        assert set(members(redis_client, keys.by_status(status))) == ids
    for wave in ("spring", "summer"):
        statuses = Counter(str(release.counted) for release in releases if release.wave == wave)
        assert store.wave_tally(wave).counts == counts(statuses)
        waits = Counter(release.waits_for for release in releases if release.wave == wave)
        assert store.wave_tally(wave).waits == {what: number for what, number in waits.items() if what}
    causes = Counter(release.cause for release in releases if release.cause)
    assert {cause: int(number) for cause, number in redis_client.hgetall(keys.STOPPED).items()} == causes
    for release in releases:
        assert (place_of(redis_client, release) is None) is (release.status not in LOOKED_AT)
    for appid in _APPIDS:
        active = [release for release in releases if release.appid == appid and release.is_active]
        known = known_in(store, appid, "0:none").active
        assert active == ([] if known is None else [known.release])


_APPIDS = ["wx000000000000000a", "wx000000000000000b"]


def _some_change(chance: random.Random, n: int, store: ReleaseStore) -> None:
    """Create, supersede or save, now and then from an outdated view."""
    appid = chance.choice(_APPIDS)
    wave = chance.choice(["spring", "summer", None])
    release = a_release(a_request(appid=appid, wave=wave, user_version=chance.choice(["1", "2", "3"])))
    known = known_in(store, appid, release.identity)
    if known.active is None or chance.random() < 0.2:
        old = known.active
        superseded = None if old is None else old.release.model_copy(update={"status": Status.CANCELLED})
        create_in(store, release, known if chance.random() < 0.9 else NOTHING, superseded)
        return
    status, step = chance.choice([*Status, *[Status.WAITING] * 4]), chance.choice(TO_AUDIT)
    problem = a_problem(step=step, errcode=chance.choice([None, 0, 85018]))
    why = {Status.BLOCKED: {"block": problem}, Status.FAILED: {"failure": problem}}.get(status, {})
    held = chance.choice(["", *Scope, wave_scope(known.active.release.wave or "no wave")])
    waiting = {"wait": problem, "progress": Progress(held=held)}
    unstopped = {"block": None, "failure": None, "status": status, "step": step, **waiting}
    after = known.active.release.model_copy(update={**unstopped, **why})
    before = Stored(known.active.release, known.active.revision - (chance.random() < 0.1))
    try:
        store.save(before, after, place=chance.choice([None, places.due(after, NOW), HELD]))
    except RecordChanged:
        assert before.revision != known.active.revision


def test_a_record_that_is_there_can_be_confirmed_without_changing_it(
    store: ReleaseStore, redis_client: redis.Redis
) -> None:
    release = created(store, a_release()).release
    before = everything(redis_client)

    assert store.confirm(release.id)
    assert everything(redis_client) == before


def test_a_confirmation_is_a_write_that_the_replicas_can_confirm(
    store: ReleaseStore, redis_client: redis.Redis
) -> None:
    release = created(store, a_release()).release
    before = redis_client.info("persistence")["rdb_changes_since_last_save"]
    assert store.confirm(release.id)
    assert redis_client.info("persistence")["rdb_changes_since_last_save"] > before


def test_a_record_that_is_gone_can_not_be_confirmed_and_does_not_come_back(
    store: ReleaseStore, redis_client: redis.Redis
) -> None:
    assert not store.confirm("gone")
    assert everything(redis_client) == {}


def test_overdue_is_what_is_due_for_a_while_in_one_wave_or_in_all(store: ReleaseStore) -> None:
    def stored(
        number: int, wave: str, place: Callable[[Release], places.Place], *, urgent: bool = False
    ) -> str:
        release = created(store, a_release(a_request(appid=f"wx{number:016d}", wave=wave, urgent=urgent)))
        waits = release.release.model_copy(update={"status": Status.WAITING})
        return store.save(release, waits, place=place(waits)).release.id

    late, soon = (lambda of, by=by: places.due(of, NOW + timedelta(seconds=by)) for by in (-1, 1))
    one, another, urgent = (
        stored(1, "spring", late),
        stored(2, "summer", late),
        stored(9, "summer", late, urgent=True),
    )
    for number, elsewhere in enumerate(
        (soon, places.fed, lambda of: places.sent(of, NOW), lambda _: HELD), 3
    ):
        stored(number, "spring", elsewhere)

    assert set(store.overdue(NOW)) == {one, another, urgent}
    assert set(store.overdue(NOW, "summer")) == {another, urgent}
    assert store.overdue(NOW, "spring") == [one]
    assert store.overdue(NOW - timedelta(seconds=2), "spring") == []
