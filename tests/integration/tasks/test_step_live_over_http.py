"""The steps of the second half against the simulator, which shares no code with them: real HTTP, its own state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import redis

from db.database import Database
from releases.errors import ReleaseBlocked
from releases.record import Progress
from releases.second_half import Publication
from releases.states import Status, Step
from releases.store.known import Stored
from releases.store.records import ReleaseStore
from tasks.interim import Parked
from tests.integration.tasks.running import Run, now, run
from tests.simulator.client import MINI, Client
from tests.simulator.process import running
from tests.support.examples import NOW, a_release, a_request
from tests.support.records import created
from tests.support.workers import APPSECRET, PLATFORM_APPID, TICKET
from wechat.api import WeChat
from wechat.component import Credentials
from wechat.http.deadline import Deadline
from wechat.mini_program import AuditQuota, MiniProgram
from wechat.tokens.sealing import Seal

#: The fixtures of its neighbour.
__all__ = ["run"]

WANTED = {"requestdomain": ["https://api.example.com"]}


class Simulated:
    """WeChat as the steps see it."""

    templates = None

    def __init__(self, wechat: WeChat) -> None:
        self._wechat = wechat

    def mini_program(self, appid: str, deadline: Deadline) -> MiniProgram:
        return self._wechat.mini_program(appid, deadline)

    def registered_hosts(self) -> tuple[str, ...] | None:
        return self._wechat.registered_hosts()

    def registered_jump_hosts(self) -> tuple[str, ...] | None:
        return self._wechat.registered_jump_hosts()

    def audit_quota(self, appids: Sequence[str]) -> AuditQuota:
        return self._wechat.audit_quota(appids)


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    with running() as (_, url):
        yield url


@pytest.fixture
def sim(simulator_url: str) -> Iterator[Client]:
    """The simulator, in which the Mini Program has what it needs and version 1.4.1 is live."""
    client = Client(simulator_url)
    with client.session:
        client.sim("POST", "reset")
        client.mini("modify_domain", {"action": "add", **WANTED})
        client.put_live(user_version="1.4.0", user_desc="slow")
        client.put_live(user_version="1.4.1", user_desc="slower")
        yield client


@pytest.fixture
def wechat(sim: Client, redis_client: redis.Redis) -> Simulated:
    wechat = WeChat(
        api_url=sim.url,
        connect_timeout_s=5,
        read_timeout_s=5,
        credentials=Credentials(PLATFORM_APPID, APPSECRET),
        db=Database(redis_client),
        seal=Seal(["0" * 42 + "A="]),
    )
    wechat.store.put_ticket(TICKET)
    wechat.store.put_refresh_tokens({MINI: sim.refresh_token(MINI)})
    return Simulated(wechat)


@pytest.fixture
def approved(sim: Client, store: ReleaseStore) -> Stored:
    """A release that was approved and ordered to go live; the one before is live."""
    before = created(store, a_release(a_request(appid=MINI, user_version="1.4.1", user_desc="slower")))
    live = {"step": Step.VERIFY_LIVE, "status": Status.LIVE, "publication": Publication(ordered_at=NOW)}
    store.save(before, before.release.model_copy(update=live))
    auditid = sim.approve(user_version="1.4.2", user_desc="faster")
    stored = created(store, a_release(a_request(appid=MINI, domains=WANTED)))
    ordered = {"step": Step.PUBLISH, "auditid": auditid, "publication": Publication(ordered_at=NOW)}
    return store.save(stored, stored.release.model_copy(update={**ordered, "progress": Progress(orders=1)}))


def live(sim: Client) -> tuple[str, str]:
    """What is live, and who brought it there."""
    found: dict[str, Any] = sim.live()["live"]
    return found["user_version"], found["by"]


def released(sim: Client) -> int:
    """How often a call to publish was applied since version 1.4.1."""
    times: int = sim.live()["effects"]["release"]
    return times - 2


def again(store: ReleaseStore, stored: Stored) -> None:
    """The time that it waits for has come."""
    waiting = store.get(stored.release.id)
    assert waiting is not None
    assert waiting.release.status is Status.WAITING
    store.save(waiting, waiting.release.model_copy(update={"next_attempt_at": NOW}))


@pytest.mark.parametrize("desc_style", ["plain", "absent", "cut", "replaced"])
def test_from_the_order_to_the_shop_and_back(
    run: Run, store: ReleaseStore, sim: Client, approved: Stored, desc_style: str
) -> None:
    sim.sim("POST", "miniprograms", {"appid": MINI, "desc_style": desc_style})
    run(Step.PUBLISH, approved.release, MINI)
    run(Step.VERIFY_LIVE, approved.release, MINI)

    assert (live(sim), released(sim)) == (("1.4.2", "release"), 1)
    assert now(store, approved).status is Status.LIVE
    before = next(other for other in store.find(appid=MINI) if other.user_version == "1.4.1")
    assert before.status is Status.REPLACED

    found = store.get(approved.release.id)
    assert found is not None
    store.save(found, found.release.model_copy(update={"step": Step.REVERT, "status": Status.QUEUED}))
    run(Step.REVERT, approved.release, MINI)

    assert live(sim)[0] == "1.4.1"
    assert now(store, approved).status is Status.REVERTED
    assert now(store, Stored(before, 0)).status is Status.LIVE


@pytest.mark.parametrize("desc_style", ["plain", "replaced"])
def test_a_call_that_was_applied_and_cut_is_applied_once(
    run: Run, store: ReleaseStore, sim: Client, approved: Stored, desc_style: str
) -> None:
    sim.sim("POST", "miniprograms", {"appid": MINI, "desc_style": desc_style})
    sim.fault("cut_after", endpoint="release")
    assert isinstance(run(Step.PUBLISH, approved.release, MINI), Parked)
    again(store, approved)

    run(Step.PUBLISH, approved.release, MINI)
    run(Step.VERIFY_LIVE, approved.release, MINI)

    assert (now(store, approved).status, released(sim)) == (Status.LIVE, 1)
    # Where the description is not ours, it is sent once more and refused: that costs nothing.
    assert len(sim.calls("release")) == (3 if desc_style == "plain" else 4)


@pytest.mark.parametrize(
    "trouble", [{"live_after_s": 60}, {"release_info": "empty"}, {"release_info": "absent"}]
)
def test_a_live_version_that_shows_up_late_is_waited_for(
    run: Run, store: ReleaseStore, sim: Client, approved: Stored, trouble: dict[str, Any]
) -> None:
    sim.sim("POST", "miniprograms", {"appid": MINI, **trouble})
    run(Step.PUBLISH, approved.release, MINI)
    assert isinstance(run(Step.VERIFY_LIVE, approved.release, MINI), Parked)
    again(store, approved)

    sim.sim("POST", "miniprograms", {"appid": MINI, "live_after_s": 0, "release_info": "whole"})
    run(Step.VERIFY_LIVE, approved.release, MINI)

    assert (now(store, approved).status, released(sim)) == (Status.LIVE, 1)


def test_a_revert_that_was_applied_and_cut_is_sent_once(
    run: Run, store: ReleaseStore, sim: Client, approved: Stored
) -> None:
    run(Step.PUBLISH, approved.release, MINI)
    run(Step.VERIFY_LIVE, approved.release, MINI)
    found = store.get(approved.release.id)
    assert found is not None
    store.save(found, found.release.model_copy(update={"step": Step.REVERT, "status": Status.QUEUED}))
    sim.fault("cut_after", endpoint="revertcoderelease", skip=1)  # the first one lists
    assert isinstance(run(Step.REVERT, approved.release, MINI), Parked)
    again(store, approved)

    run(Step.REVERT, approved.release, MINI)

    assert (now(store, approved).status, live(sim)[0]) == (Status.REVERTED, "1.4.1")
    assert sim.live()["effects"]["revertcoderelease"] == 1


def test_a_host_that_has_left_the_pool_is_not_published_without(
    run: Run, store: ReleaseStore, sim: Client, approved: Stored
) -> None:
    sim.sim("POST", "pool", {"drop": ["api.example.com"]})

    with pytest.raises(ReleaseBlocked) as caught:
        run(Step.PUBLISH, approved.release, MINI)

    assert caught.value.domains == WANTED
    assert (live(sim)[0], released(sim)) == ("1.4.1", 0)


def test_a_newer_audit_of_somebody_elses_is_not_published(run: Run, sim: Client, approved: Stored) -> None:
    sim.sim("POST", "others", {"appid": MINI, "user_version": "9.9.9", "up_to": "passed"})

    with pytest.raises(ReleaseBlocked, match=r"version 9\.9\.9"):
        run(Step.PUBLISH, approved.release, MINI)

    assert (live(sim)[0], released(sim)) == ("1.4.1", 0)


def test_what_somebody_else_has_published_is_taken_as_published(
    run: Run, store: ReleaseStore, sim: Client, approved: Stored
) -> None:
    sim.sim("POST", "others", {"appid": MINI})

    run(Step.PUBLISH, approved.release, MINI)
    run(Step.VERIFY_LIVE, approved.release, MINI)

    release = now(store, approved)
    assert release.status is Status.LIVE
    assert release.told(Step.PUBLISH) == "published already, by somebody else"
    assert (live(sim), released(sim)) == (("1.4.2", "somebody else"), 0)


def test_a_domain_that_was_dropped_blocks_and_a_resume_mends_it(
    run: Run, store: ReleaseStore, sim: Client, approved: Stored
) -> None:
    run(Step.PUBLISH, approved.release, MINI)
    sim.sim("POST", f"domains/{MINI}", {"drop": ["api.example.com"]})
    with pytest.raises(ReleaseBlocked) as caught:
        run(Step.VERIFY_LIVE, approved.release, MINI)
    assert caught.value.domains == WANTED

    found = store.get(approved.release.id)
    assert found is not None
    progress = found.release.progress.fresh().model_copy(update={"mend": True})
    resumed = {"status": Status.QUEUED, "block": None, "progress": progress}
    store.save(found, found.release.model_copy(update=resumed))
    run(Step.VERIFY_LIVE, approved.release, MINI)

    assert now(store, approved).status is Status.LIVE
    assert released(sim) == 1
