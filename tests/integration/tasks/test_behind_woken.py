"""One that waits behind an older release is woken, whatever else happens in that moment."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from releases.intake.one import Releases
from releases.states import Status, Step
from releases.steps.admission import Admission, admit
from tasks.interim import DROPPED
from tests.integration.tasks.running import Run, run, wechat
from tests.integration.tasks.test_behind import Newer, Older, is_awake, meets, newer, not_live, older
from tests.support.fake_wechat import FakeWeChat

#: The fixtures of its neighbours.
__all__ = ["newer", "older", "run", "wechat"]


def test_a_message_too_many_in_the_moment_in_which_the_older_one_leaves_does_not_let_it_wait(
    run: Run,
    older: Older,
    newer: Newer,
    releases: Releases,
    wechat: FakeWeChat,
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = older(Status.APPROVED), newer()
    meets(run, second, wechat, **not_live())

    def leaves(*given: Any) -> Admission:
        releases.cancel(first.release.id)
        return admit(*given)

    monkeypatch.setattr("releases.steps.run.admit", leaves)
    assert run(Step.SUBMIT_AUDIT, second.release) == DROPPED

    assert is_awake(redis_client, second)
