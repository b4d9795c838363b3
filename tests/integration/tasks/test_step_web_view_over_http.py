"""Business (web-view) domains on the way to the shop, against the simulator: real HTTP, its own state."""

from __future__ import annotations

import pytest

from releases.errors import ReleaseBlocked
from releases.states import Status, Step
from releases.store.known import Stored
from releases.store.records import ReleaseStore
from tests.integration.tasks import test_step_live_over_http
from tests.integration.tasks.running import Run, now, run
from tests.integration.tasks.test_step_live_over_http import WANTED, live, released
from tests.simulator.client import MINI, Client

#: The fixtures of its neighbours.
__all__ = ["run"]
simulator_url, sim = test_step_live_over_http.simulator_url, test_step_live_over_http.sim
wechat, approved = test_step_live_over_http.wechat, test_step_live_over_http.approved

PAGES = {"webviewdomain": ["https://pages.example.com"]}


@pytest.fixture
def wants_pages(store: ReleaseStore, sim: Client, approved: Stored) -> Stored:
    """The approved release wants a business domain as well, which the Mini Program has."""
    sim.mini("setwebviewdomain", {"action": "add", **PAGES})
    found = store.get(approved.release.id)
    assert found is not None
    return store.save(found, found.release.model_copy(update={"domains": {**WANTED, **PAGES}}))


def test_it_goes_live_with_its_business_domain(
    run: Run, store: ReleaseStore, sim: Client, wants_pages: Stored
) -> None:
    run(Step.PUBLISH, wants_pages.release, MINI)
    run(Step.VERIFY_LIVE, wants_pages.release, MINI)

    assert now(store, wants_pages).status is Status.LIVE
    assert live(sim)[0] == "1.4.2"


def test_a_business_domain_that_has_left_its_pool_is_not_published_without(
    run: Run, sim: Client, wants_pages: Stored
) -> None:
    sim.sim("POST", "platform", {"webview_published": []})

    with pytest.raises(ReleaseBlocked) as caught:
        run(Step.PUBLISH, wants_pages.release, MINI)

    assert caught.value.domains == PAGES
    assert (live(sim)[0], released(sim)) == ("1.4.1", 0)


def test_a_business_domain_that_was_dropped_blocks_and_a_resume_mends_it(
    run: Run, store: ReleaseStore, sim: Client, wants_pages: Stored
) -> None:
    sim.sim("POST", "miniprograms", {"appid": MINI, "loses_at_release": ["pages.example.com"]})
    run(Step.PUBLISH, wants_pages.release, MINI)
    with pytest.raises(ReleaseBlocked) as caught:
        run(Step.VERIFY_LIVE, wants_pages.release, MINI)
    assert caught.value.domains == PAGES
    found = store.get(wants_pages.release.id)
    assert found is not None
    assert found.release.publication is not None
    assert found.release.publication.missing_domains == PAGES

    progress = found.release.progress.fresh().model_copy(update={"mend": True})
    resumed = {"status": Status.QUEUED, "block": None, "progress": progress}
    store.save(found, found.release.model_copy(update=resumed))
    run(Step.VERIFY_LIVE, wants_pages.release, MINI)

    assert now(store, wants_pages).status is Status.LIVE
    assert released(sim) == 1
