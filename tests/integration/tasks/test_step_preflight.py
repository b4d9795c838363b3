"""What a wave's template stops, and what it does not: the first step called as a function, on real Redis."""

from __future__ import annotations

from typing import Any

import pytest

from releases.errors import ReleaseBlocked
from releases.record import Progress
from releases.states import Step
from releases.store.records import ReleaseStore
from tests.integration.tasks import test_step_messages
from tests.integration.tasks.running import CONFIGURED, At, Run, now
from tests.support.examples import a_release, a_request
from tests.support.fake_wechat import FakeWeChat
from tests.support.records import created

wechat, run, at = test_step_messages.wechat, test_step_messages.run, test_step_messages.at


@pytest.mark.parametrize("templates", [(1, 2), ()])
def test_a_wave_whose_template_does_not_exist_is_blocked_before_its_first_call(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, templates: tuple[int, ...]
) -> None:
    wechat.templates = templates
    stored = created(store, a_release(a_request(wave="spring")))

    with pytest.raises(ReleaseBlocked):
        run(Step.ENSURE_DOMAINS, stored.release)

    release = now(store, stored)
    assert wechat.scripted.calls == []
    assert release.block is not None
    assert (release.step, release.block.errcode) == (Step.ENSURE_DOMAINS, 85014)
    assert "template 12 does not exist" in release.block.errmsg
    assert "--supersede" in release.block.remedy


@pytest.mark.parametrize(
    ("templates", "different"),
    [
        ((1, 2, 12), {"wave": "spring"}),
        # WeChat does not say: the commit will.
        (None, {"wave": "spring"}),
        # One release alone finds out by itself.
        ((1, 2), {}),
    ],
)
def test_a_template_that_may_be_there_stops_nobody(
    run: Run,
    store: ReleaseStore,
    wechat: FakeWeChat,
    templates: tuple[int, ...] | None,
    different: dict[str, Any],
) -> None:
    wechat.answers(get=[CONFIGURED])
    wechat.templates = templates
    stored = created(store, a_release(a_request(**different)))

    run(Step.ENSURE_DOMAINS, stored.release)

    assert now(store, stored).step is Step.COMMIT_CODE


def test_one_that_was_committed_needs_its_template_no_more(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.answers(get=[CONFIGURED])
    wechat.templates = (1, 2)
    stored = at(Step.ENSURE_DOMAINS, wave="spring", progress=Progress(commit_at=1000.0))

    run(Step.ENSURE_DOMAINS, stored.release)

    assert now(store, stored).step is Step.COMMIT_CODE
