"""Which release of a version is the same again, when a repetition of it was cancelled or superseded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import redis

from db.database import Database
from releases.record import Release
from releases.states import Status
from releases.store.known import Known, Stored
from releases.store.records import ReleaseStore
from tests.support.examples import APPID, NOW, a_release, a_request
from tests.support.records import create_in, created, known_in


def submitted(store: ReleaseStore, release: Release) -> Stored:
    stored = created(store, release)
    return store.save(stored, stored.release.model_copy(update={"status": Status.SUBMITTED}))


@pytest.fixture
def three_times(store: ReleaseStore) -> tuple[Stored, Stored, Stored]:
    """A version that was submitted twice and begun once more, among many releases of other versions."""

    def at(second: int, **fields: Any) -> Release:
        return a_release(a_request(**fields), created_at=NOW + timedelta(seconds=second))

    first = submitted(store, at(1))
    second = submitted(store, at(2))
    for number in range(45):
        submitted(store, at(3 + number, user_version=f"2.{number}"))
    return first, second, created(store, at(60))


def test_after_a_cancel_the_newest_of_the_version_that_was_not_cancelled_is_the_same(
    store: ReleaseStore, three_times: tuple[Stored, Stored, Stored]
) -> None:
    _, second, third = three_times

    store.save(third, third.release.model_copy(update={"status": Status.CANCELLED}))

    assert known_in(store, APPID, third.release.identity) == Known(active=None, same=second)


def test_the_cancelled_ones_between_are_passed_over(
    store: ReleaseStore, three_times: tuple[Stored, Stored, Stored]
) -> None:
    _, second, third = three_times
    store.save(third, third.release.model_copy(update={"status": Status.CANCELLED}))
    fourth = created(store, a_release())

    store.save(fourth, fourth.release.model_copy(update={"status": Status.CANCELLED}))

    assert known_in(store, APPID, third.release.identity) == Known(active=None, same=second)


@pytest.mark.parametrize("version", ["1.4.2", "3"])
def test_after_a_supersede_the_version_s_submitted_release_is_the_same(
    version: str, store: ReleaseStore, three_times: tuple[Stored, Stored, Stored]
) -> None:
    _, second, third = three_times
    new = a_release(a_request(user_version=version))
    known = known_in(store, APPID, new.identity)
    assert create_in(store, new, known, third.release.model_copy(update={"status": Status.CANCELLED}))
    newest = store.get(new.id)
    assert newest is not None

    same = newest if version == "1.4.2" else second
    assert known_in(store, APPID, third.release.identity) == Known(active=newest, same=same)
    store.save(newest, new.model_copy(update={"status": Status.CANCELLED}))
    assert known_in(store, APPID, third.release.identity) == Known(active=None, same=second)


def test_two_that_are_cancelled_at_once_do_not_leave_each_other(
    store: ReleaseStore, redis_client: redis.Redis
) -> None:
    first, second = submitted(store, a_release()), created(store, a_release())

    class CancelledMeanwhile(ReleaseStore):
        """The first is cancelled after it was found to be the one that the second leaves."""

        def _left_by(self, changed: Sequence[Release]) -> dict[str, str]:
            left = super()._left_by(changed)
            store.save(first, first.release.model_copy(update={"status": Status.CANCELLED}))
            return left

    cancelled = second.release.model_copy(update={"status": Status.CANCELLED})
    CancelledMeanwhile(Database(redis_client)).save(second, cancelled)

    assert known_in(store, APPID, first.release.identity) == Known(active=None, same=None)
