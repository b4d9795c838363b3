"""A worker of this version takes over from workers of the version before, whose keys were laid out otherwise."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from releases.store import keys
from releases.store.places import Lane
from releases.store.schema import NEWEST
from tests.support import keys as encryption_keys
from tests.support import old_version, workers
from tests.support.old_version import OldVersion
from tests.support.workers import KEYS, Platform, wait_for

pytestmark = pytest.mark.long

GOING_ON = {"queued", "running", "waiting"}


@pytest.fixture
def old_platform(tmp_path: Path) -> Iterator[Platform]:
    """One that has been left as `old_version.fill` leaves it."""
    with left_by(old_version.REDIS_OF_1, tmp_path, {KEYS: encryption_keys.NEW}) as platform:
        yield platform


@pytest.fixture
def platform_of_2(tmp_path: Path) -> Iterator[Platform]:
    """One that has been left as `old_version.fill_2` leaves it."""
    with left_by(old_version.REDIS_OF_2, tmp_path, {}, age_s=3600.0) as platform:
        yield platform


@contextmanager
def left_by(
    redis_of: Path, directory: Path, settings: dict[str, str], age_s: float = 0.0
) -> Iterator[Platform]:
    """A platform whose Redis is that of an older version, and whose WeChat knows its Mini Programs."""
    with workers.platform(directory, settings=settings) as platform:
        with platform.redis() as client:
            old_version.load(client, redis_of, lease_s=3, age_s=age_s)
            # Those that have a release, and the one for which it has been asked by name.
            appids = [str(key).rpartition(":")[2] for key in client.keys("wechat:refresh-token:*")]
        for appid in appids:
            platform.sim("POST", "miniprograms", {"appid": appid, "refresh_token": f"refreshtoken@@@{appid}"})
        yield platform


@pytest.fixture
def old(tmp_path: Path, own_platform: Platform) -> OldVersion:
    """The old version itself, at work on `own_platform`."""
    if not old_version.is_there():
        pytest.skip(old_version.WHY_NOT)
    return OldVersion(own_platform, old_version.unpacked(tmp_path / "old-tree"))


def by_status(platform: Platform) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for release in platform.releases():
        found.setdefault(release["status"], []).append(release)
    return found


def test_what_the_old_version_left_is_submitted_once(old_platform: Platform) -> None:
    platform = old_platform
    before = {release["id"]: release for release in platform.releases()}
    going_on = {release_id for release_id, one in before.items() if one["status"] in GOING_ON}
    under_audit = {one["appid"] for one in before.values() if one["status"] == "submitted"}
    later = {one["id"] for one in before.values() if one["wait"] and one["wait"]["errcode"] == 45011}
    assert later
    with platform.worker() as worker, platform.redis() as client:
        assert f"Redis has schema {NEWEST} now: {len(going_on) + len(under_audit)} releases" in worker.text()
        platform.run("resume", "--platform")
        platform.run("resume", "--wave", "autumn")

        def are_submitted() -> bool:
            submitted = {one["id"] for one in by_status(platform).get("submitted", ())}
            # Its canary was blocked, and is a release of the wave as the others are.
            return going_on - later <= submitted

        wait_for(are_submitted)
        lanes = {keys.due(Lane.BEGUN), keys.due(Lane.URGENT)}
        assert {client.hget(keys.record(one), "place") for one in later} == lanes
        assert "Traceback" not in worker.text()
        wait_for(lambda: not client.llen("releases") and not client.llen("releases.urgent"))
    after = {release["id"]: release for release in platform.releases()}
    # The one that was asked for by name.
    assert len(after) == len(before) + 1
    assert {one["status"] for one in after.values() if one["id"] not in before} == {"submitted"}
    for release_id, release in after.items():
        if release["status"] != "submitted" or before.get(release_id, {}).get("status") == "submitted":
            continue
        applied = Counter(
            call["endpoint"] for call in platform.calls(release["appid"]) if call.get("applied", True)
        )
        assert applied["submit_audit"] == 1, release
        assert len(platform.mini(release["appid"])["audits"]) == 1


def looked_at_now(platform: Platform, release_id: str) -> None:
    """Somebody looks at its audit as soon as nothing else is to be done."""
    with platform.redis() as client:
        wait_for(lambda: client.zadd(keys.due(Lane.LOOKS), {release_id: 1}, xx=True, ch=True))


def test_what_the_version_before_submitted_is_followed_and_a_newer_release_goes_on_after_it(
    platform_of_2: Platform,
) -> None:
    platform = platform_of_2
    before = {one["id"]: one for one in platform.releases()}
    submitted = {name: one for name, one in before.items() if one["status"] == "submitted"}
    newest = {one["appid"]: one for one in submitted.values()}
    [waiting] = [one for one in before.values() if one["status"] == "waiting"]
    older = newest.pop(waiting["appid"])
    # In this order the new world gives each the id that it has.
    for one in sorted(submitted.values(), key=lambda one: int(one["auditid"])):
        audit = {"new": True, "user_version": one["user_version"], "status": 2 if one is older else 0}
        assert platform.sim("POST", f"audits/{one['appid']}", audit)["auditid"] == one["auditid"]
    with platform.worker() as worker:
        assert f"Redis has schema {NEWEST} now: {len(newest) + 1} releases" in worker.text()
        replaced = {one["id"] for one in by_status(platform)["replaced"]}
        assert replaced == submitted.keys() - {older["id"], *(one["id"] for one in newest.values())}
        platform.run("resume", "--platform")
        wait_for(lambda: older["id"] in (platform.show(waiting["id"])["wait"] or {}).get("errmsg", ""))
        # Nobody had followed that audit: whoever comes to stand behind it has it looked at.
        wait_for(lambda: platform.show(older["id"])["review"]["checked_at"])
        for one in newest.values():
            looked_at_now(platform, one["id"])
        wait_for(lambda: len(by_status(platform).get("approved", ())) == len(newest))

        platform.sim("POST", f"audits/{older['appid']}", {"status": 1})
        looked_at_now(platform, older["id"])
        wait_for(lambda: platform.show(waiting["id"])["status"] == "submitted")
        assert platform.show(older["id"])["status"] == "rejected"
        assert "Traceback" not in worker.text()


def test_while_an_old_worker_answers_nobody_of_the_new_version_begins(
    own_platform: Platform, old: OldVersion
) -> None:
    platform = own_platform
    appids = platform.mini_programs(3)
    with old.worker() as its:
        old.run("pause", "--reason", "upgrade")
        old.enqueue(*appids)
        wait_for(lambda: len(by_status(platform).get("waiting", ())) == len(appids))
        refused = platform.run("list", "--json", code=2)
        assert not refused.stdout
        assert "workers of an older version still answer: celery@" in refused.stderr
        assert "docker compose stop worker" in refused.stderr
        ended = platform.run("worker", code=2)
        assert "this worker ends: workers of an older version still answer" in ended.stdout + ended.stderr
        assert "of an older version" in platform.run("doctor", code=1).stdout
        with platform.redis() as client:
            assert client.get(keys.SCHEMA) is None
            assert client.smembers("releases:held:all") == {one["id"] for one in platform.releases()}
    assert its.process.poll() is not None
    moved = platform.run("resume", "--platform")
    assert f"Redis has schema {NEWEST} now: {len(appids)} releases" in moved.stderr
    with platform.worker() as worker:
        wait_for(lambda: len(by_status(platform).get("submitted", ())) == len(appids))
        assert "Redis has schema" not in worker.text()
        # Nobody is asked again: whoever comes now finds the number.
        assert len(platform.documents("list")) == len(appids)
    for appid in appids:
        assert len(platform.mini(appid)["audits"]) == 1


def test_a_redis_of_a_newer_version_is_left_alone(own_platform: Platform) -> None:
    with own_platform.redis() as client:
        client.set(keys.SCHEMA, NEWEST + 1)
    refused = own_platform.run("list", code=2)
    assert f"a newer version is at work on this Redis: it has schema {NEWEST + 1}" in refused.stderr
    ended = own_platform.run("worker", code=2)
    assert "this worker ends: a newer version is at work" in ended.stdout + ended.stderr
    assert "a newer version" in own_platform.run("doctor", code=1).stdout
