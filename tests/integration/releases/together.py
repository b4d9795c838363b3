"""What the tests of `Releases` share: many at once, and a release brought to a state."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from releases.record import Release
from releases.states import Status
from releases.store.records import ReleaseStore
from tests.support.examples import a_problem

T = TypeVar("T")


def all_at_once(number: int, do: Callable[[int], T]) -> list[T]:
    """Let so many threads do the same at the same moment."""
    together = threading.Barrier(number)

    def _do(n: int) -> T:
        together.wait(30)
        return do(n)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(_do, range(number)))


def brought_to(store: ReleaseStore, release: Release, **state: Any) -> Release:
    stored = store.get(release.id)
    assert stored is not None
    why = {Status.BLOCKED: "block", Status.FAILED: "failure"}.get(state.get("status", stored.release.status))
    reason = {} if why is None else {why: a_problem()}
    return store.save(stored, stored.release.model_copy(update=reason | state)).release


#: The wave of the fixture `ids`.
WAVE = "spring"


def wx(name: str) -> str:
    """The appid of the Mini Program that has the release of this name in the fixture `ids`."""
    return f"wx{name.replace('-', '0'):0<16}"
