"""Whatever WeChat makes of an audit and of a publication: each Mini Program ends as it should, published once or never."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from simulator.push.messages import Push
from tests.e2e.live.shops import PASSES, Shops, shops
from tests.support.invariants import broken, unrest
from tests.support.looks import Look
from tests.support.workers import wait_for

pytestmark = pytest.mark.long

VERSION = "1.0.0"
DOES_NOTHING = {"kind": "body", "body": '{"errcode": 0, "errmsg": "ok"}'}
NEVER = 0


@dataclass(frozen=True)
class Way:
    """What becomes of the audit, what `release` does and what the Mini Program is like; how it ends, and how often it was published."""

    status: str = "live"
    step: str = "verify_live"
    published: int = 1
    audit: dict[str, Any] = field(default_factory=lambda: PASSES)
    release: dict[str, Any] | None = None
    shop: dict[str, Any] = field(default_factory=dict)

    @property
    def is_approved(self) -> bool:
        return self.audit == PASSES


_NOT_ORDERED: dict[str, Any] = {"step": "submit_audit", "published": NEVER}
WAYS = {
    "passed": Way(),
    "rejected": Way("rejected", **_NOT_ORDERED, audit={"status": 1, "reason": "1:内容<br>(1):&lt;页面&gt;"}),
    "withdrawn": Way("rejected", **_NOT_ORDERED, audit={"status": 3}),
    "applied and cut": Way(release={"kind": "cut_after"}),
    "cut before": Way(release={"kind": "cut_before"}),
    # The second call is answered with 85052, as WeChat shows the first one late.
    "applied, cut and shown late": Way(release={"kind": "cut_after"}, shop={"live_after_s": 2}),
    "answered with 85052": Way(release={"kind": "errcode", "errcode": 85052, "apply": True}),
    "refused with 85020 twice": Way(release={"kind": "errcode", "errcode": 85020, "times": 2}),
    "shown late": Way(shop={"live_after_s": 2}),
    "never shown": Way("waiting", shop={"release_info": "empty"}),
    "a domain lost": Way("blocked", shop={"loses_at_release": ["ws.example.com"]}),
    "answered {} without doing anything": Way(release={"kind": "body", "body": "{}"}),
    "answered well without doing anything": Way("waiting", published=NEVER, release=DOES_NOTHING),
    "a newer audit of somebody else": Way("blocked", "publish", NEVER),
}
ORDERED = [kind for kind, way in WAYS.items() if way.is_approved]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shops]:
    """All ways at once: the tests only wait for their ends."""
    with shops(tmp_path_factory.mktemp("live")) as world:
        world.add(
            {**{kind: way.shop for kind, way in WAYS.items()}, "delayed": {}, "pushed": {}, "taken back": {}}
        )
        # It is signed and encrypted as it has to be, and not true.
        assert world.receiver.push("weapp_audit_success", world.appids["pushed"]).text == "success"
        foreign = {"appid": world.appids["a newer audit of somebody else"], "user_version": "6.6.6"}
        world.platform.sim("POST", "others", {**foreign, "up_to": "submitted"})
        world.decide("delayed", status=4, reason="周末审核较慢", push=False)
        for kind, way in WAYS.items():
            world.decide(kind, **way.audit)
            if way.release:
                world.platform.fault(world.appids[kind], "release", **way.release)
        # WeChat does not push that one was withdrawn.
        world.read_soon("withdrawn")
        world.wait_for_all("approved", ORDERED)
        for kind in ORDERED:
            assert world.order(kind)["value"]["publication_id"] == f"{world.now(kind)['id']}.live"
        yield world


@pytest.mark.parametrize("kind", WAYS)
def test_it_ends_as_it_should_and_is_published_once_or_never(world: Shops, kind: str) -> None:
    way = WAYS[kind]
    release = world.wait_for(kind, way.status, step=way.step)
    assert world.published(kind) == way.published
    assert world.live(kind) == (VERSION if way.published else None)
    assert (release["publication"] is not None) == way.is_approved


def test_a_rejection_says_why_in_plain_text_and_no_order_is_taken(world: Shops) -> None:
    assert world.now("rejected")["review"]["reason"] == "1:内容\n(1):<页面>"
    assert world.now("withdrawn")["review"]["status"] == "withdrawn"
    for kind in ("rejected", "withdrawn"):
        assert world.order(kind)["raised"] == "ReleaseConflict"
        assert world.published(kind) == NEVER


def test_what_we_withdraw_is_withdrawn_once_and_no_order_is_taken(world: Shops) -> None:
    world.platform.run("withdraw", world.now("taken back")["id"])

    assert world.wait_for("taken back", "rejected")["review"]["status"] == "withdrawn"
    assert world.order("taken back")["raised"] == "ReleaseConflict"
    assert world.effects("taken back") == {"submit_audit": 1, "undocodeaudit": 1}


def test_what_is_delayed_is_told_and_passes_later(world: Shops) -> None:
    world.read_soon("delayed")
    wait_for(lambda: world.now("delayed")["review"]["status"] == "delayed")
    assert world.now("delayed")["status"] == "submitted"
    assert world.now("delayed")["review"]["reason"] == "周末审核较慢"

    world.decide("delayed", **PASSES)
    world.wait_for("delayed", "approved")
    world.order("delayed")

    world.wait_for("delayed", "live")
    assert world.published("delayed") == 1


def test_a_pushed_success_is_believed_when_wechat_confirms_it_which_takes_15_s_at_most(world: Shops) -> None:
    wait_for(lambda: world.now("pushed")["review"]["checked_at"])
    before, forged = world.now("pushed"), Push("weapp_audit_success", world.appids["pushed"], {})
    assert (before["status"], before["review"]["status"]) == ("submitted", "in_review")
    assert world.receiver.send(forged, at=time.time(), token="of-somebody-else").status_code == 403
    assert world.published("pushed") == NEVER

    world.decide("pushed", **PASSES)

    wait_for(lambda: world.now("pushed")["status"] == "approved", patience_s=15)


def test_a_domain_that_was_lost_is_named_and_a_resume_mends_it_without_publishing_again(world: Shops) -> None:
    lost = {"wsrequestdomain": ["wss://ws.example.com"]}
    release = world.wait_for("a domain lost", "blocked")
    assert release["block"]["domains"] == lost
    assert {name: one for name, one in release["publication"]["missing_domains"].items() if one} == lost

    world.resume("a domain lost")

    release = world.wait_for("a domain lost", "live")
    assert release["publication"]["missing_domains"] is None
    assert world.published("a domain lost") == 1


def test_what_had_no_effect_is_blocked_after_ten_minutes_and_published_by_a_resume(world: Shops) -> None:
    kind = "answered well without doing anything"
    world.wait_for(kind, "waiting", step="verify_live")
    world.waited_in_vain(kind, minutes=9)
    calls = len(world.platform.calls(world.appids[kind], "getversioninfo"))
    wait_for(lambda: len(world.platform.calls(world.appids[kind], "getversioninfo")) > calls)
    assert world.wait_for(kind, "waiting")["step"] == "verify_live"
    world.waited_in_vain(kind, minutes=1)
    world.wait_for(kind, "blocked", step="verify_live")
    assert world.published(kind) == NEVER

    world.resume(kind)

    world.wait_for(kind, "live")
    assert (world.published(kind), world.live(kind)) == (1, VERSION)


def test_what_wechat_never_shows_is_blocked_after_ten_minutes_and_not_published_again(world: Shops) -> None:
    world.wait_for("never shown", "waiting", step="verify_live")
    world.waited_in_vain("never shown", minutes=10)
    world.wait_for("never shown", "blocked", step="verify_live")
    assert world.published("never shown") == 1


def test_a_newer_audit_of_somebody_else_keeps_ours_from_being_published_also_when_it_has_passed(
    world: Shops,
) -> None:
    kind = "a newer audit of somebody else"
    release = world.wait_for(kind, "blocked", step="publish")
    assert "6.6.6" in release["block"]["errmsg"]
    assert any("somebody else has submitted since" in event["what"] for event in release["history"])

    world.platform.sim(
        "POST", "others", {"appid": world.appids[kind], "user_version": "6.6.6", "up_to": "passed"}
    )
    attempts = release["attempts"]["publish"]
    world.resume(kind)

    wait_for(lambda: world.now(kind)["attempts"]["publish"] > attempts)
    world.wait_for(kind, "blocked", step="publish")
    assert (world.published(kind), world.live(kind)) == (NEVER, None)


def test_all_that_redis_holds_is_as_it_has_to_be(world: Shops) -> None:
    with world.platform.redis() as client:
        # The last ones' results are stored when their records are.
        wait_for(lambda: not unrest(Look.at(client)))
        assert broken(Look.at(client)) == []
