"""Business (web-view) domains in the steps that rely on domains: called as functions, on real Redis."""

from __future__ import annotations

from datetime import timedelta

import pytest

from releases.errors import ReleaseBlocked
from releases.states import Step
from releases.store.records import ReleaseStore
from tests.integration.tasks import test_step_messages
from tests.integration.tasks.running import CONFIGURED, DOMAINS_DONE, At, Run, now
from tests.support.examples import NOW, a_release, a_request
from tests.support.fake_wechat import FakeWeChat, refused
from tests.support.records import created
from wechat.domains import Domains

wechat, run, at = test_step_messages.wechat, test_step_messages.run, test_step_messages.at

PAGES = "https://m.example.com"


@pytest.fixture
def wanted(wanted: Domains) -> Domains:
    return wanted | Domains.wanted({"webviewdomain": [PAGES]})


def test_the_first_step_ensures_business_domains_as_well(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.answers(get=[CONFIGURED], web_view_domains=[[], [PAGES]], add_web_view_domains=[None])
    stored = at(Step.ENSURE_DOMAINS)

    run(Step.ENSURE_DOMAINS, stored.release)

    assert now(store, stored).step is Step.COMMIT_CODE
    assert wechat.scripted.added_web_view == [[PAGES]]


def test_one_that_the_platform_has_not_registered_blocks_before_the_commit(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.jump_hosts = ()
    wechat.answers(get=[CONFIGURED], web_view_domains=[[]], add_web_view_domains=[refused(89021)])
    stored = at(Step.ENSURE_DOMAINS)

    with pytest.raises(ReleaseBlocked):
        run(Step.ENSURE_DOMAINS, stored.release)

    block = now(store, stored).block
    assert block is not None
    assert (block.errcode, block.domains) == (89021, {"webviewdomain": [PAGES]})


def test_a_wave_is_held_against_the_pool_of_business_domains_before_its_first_call(
    run: Run, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.jump_hosts = ("pages.example.com",)
    stored = created(store, a_release(a_request(wave="spring")))

    with pytest.raises(ReleaseBlocked) as caught:
        run(Step.ENSURE_DOMAINS, stored.release)

    assert caught.value.domains == {"webviewdomain": [PAGES]}
    assert wechat.scripted.calls == []


def test_a_request_with_lists_of_its_own_leaves_business_domains_out(
    run: Run, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.jump_hosts = ()
    wechat.answers(get=[CONFIGURED])
    own = {"requestdomain": ["https://api.example.com"]}
    stored = created(store, a_release(a_request(wave="spring", domains=own)))

    run(Step.ENSURE_DOMAINS, stored.release)

    assert wechat.scripted.calls == ["get"]


def test_business_domains_of_a_requests_own_are_ensured_without_a_look_at_the_pool(
    run: Run, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.jump_hosts = ()
    wechat.answers(get=[CONFIGURED], web_view_domains=[[], [PAGES]], add_web_view_domains=[None])
    own = {"requestdomain": ["https://api.example.com"], "webviewdomain": [PAGES]}
    stored = created(store, a_release(a_request(wave="spring", domains=own)))

    run(Step.ENSURE_DOMAINS, stored.release)

    assert now(store, stored).step is Step.COMMIT_CODE


def test_before_a_late_commit_business_domains_are_confirmed_again(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.answers(
        get=[CONFIGURED], web_view_domains=[[], [PAGES]], add_web_view_domains=[None], commit=[None]
    )
    long_ago = DOMAINS_DONE.model_copy(update={"domains_at": (NOW - timedelta(hours=1)).timestamp()})
    stored = at(Step.COMMIT_CODE, progress=long_ago)

    run(Step.COMMIT_CODE, stored.release)

    told = [event.what for event in now(store, stored).history]
    assert f"domains confirmed again: added {PAGES}" in told
