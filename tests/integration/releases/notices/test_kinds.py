"""Each kind of notice: what happened, how many, and where to go on; once."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from releases.notices.texts import Kind
from releases.scope import Scope, live_scope, wave_scope
from releases.second_half import Publication
from releases.states import Status, Step
from releases.store import keys
from releases.store.pauses import Pause, Pauses
from releases.waves.audit_quota import Quota
from releases.waves.brake import WavePolicy, publication_canary
from tests.integration.releases.notices.conftest import PAGE, World
from tests.support.examples import NOW
from wechat.tokens.store import TICKET_KEY

#: `make test` has to be quick.
pytestmark = pytest.mark.long

WAVE_LINK = f"{PAGE}/wave?name=spring"
PUBLISHED = Publication(ordered_at=NOW)


def brake(pauses: Pauses, scope: str, remedy: str = "See `mprelease wave spring`.", **more: Any) -> None:
    pause = Pause(step=Step.ENSURE_DOMAINS, errmsg="wave spring is braked: 3 of 5", remedy=remedy, **more)
    assert pauses.begin(scope, pause)


def only(told: list[str]) -> list[str]:
    """The lines of the only message."""
    (message,) = told
    return [line.removeprefix("> ") for line in message.splitlines()]


def test_a_brake_on_the_way_to_the_audit(world: World, pauses: Pauses) -> None:
    releases = world.wave()
    world.blocked(releases[:3], Step.COMMIT_CODE, errcode=85014, errmsg="too many templates rid: 1")
    brake(pauses, wave_scope("spring"))

    head, counts, cause, link = only(world.told())

    assert head == "**Wave spring is braked on its way to the audit**"
    assert counts == "2 queued, 3 blocked"
    assert cause.startswith("3: 85014 ")
    assert link == f"[Open the page]({WAVE_LINK})"
    assert world.told() == []


def test_a_brake_of_publications(world: World, pauses: Pauses) -> None:
    releases = world.wave()
    world.audited(releases, Status.APPROVED)
    world.told()
    world.come(releases, Status.QUEUED, step=Step.PUBLISH, publication=PUBLISHED)
    world.blocked(releases[:2], Step.PUBLISH, errmsg="the audit has not passed")
    brake(pauses, live_scope("spring"))

    head, counts, cause, _ = only(world.told())

    assert head == "**Publications of wave spring are braked**"
    assert (counts, cause) == ("3 queued, 2 blocked", "2: the audit has not passed")


def test_a_canary_that_is_live_and_asks(world: World, pauses: Pauses) -> None:
    releases = world.wave()
    world.come(releases[:1], Status.LIVE, step=Step.VERIFY_LIVE, publication=PUBLISHED)
    world.come(releases[1:], Status.WAITING, step=Step.PUBLISH, publication=PUBLISHED)
    policy = WavePolicy(canary=1, max_blocked=10)
    pauses.begin(live_scope("spring"), publication_canary("spring", policy))
    assert "ask" not in "".join(world.told())

    canary = pauses.current(live_scope("spring"))
    asks = publication_canary("spring", policy, went_well=True)
    assert pauses.replace(live_scope("spring"), canary, asks)

    head, counts, _ = only(world.told())
    assert head == "**The canary of wave spring is live: may the rest go live?**"
    assert counts == "4 waiting, 1 live"


def test_a_wave_that_is_braked_again_is_told_again(world: World, pauses: Pauses) -> None:
    world.wave()
    brake(pauses, wave_scope("spring"))
    assert len(world.told()) == 1
    pauses.lift(wave_scope("spring"))
    assert world.told() == []

    brake(pauses, wave_scope("spring"))

    assert len(world.told()) == 1


def test_one_that_is_being_cancelled_is_no_news(world: World, pauses: Pauses) -> None:
    world.wave()
    brake(pauses, wave_scope("spring"), "If that was broken off: `mprelease cancel --wave spring` again.")
    assert world.told() == []


def test_a_wave_that_is_over_and_later_decided(world: World) -> None:
    releases = world.wave()
    world.blocked(releases[:1], Step.COMMIT_CODE)
    world.audited(releases[1:], Status.SUBMITTED)

    assert only(world.told()) == [
        "**Wave spring is over**",
        "1 blocked, 4 submitted",
        f"[Open the page]({WAVE_LINK})",
    ]
    world.audited(releases[1:4], Status.APPROVED)
    assert world.told() == []

    world.audited(releases[4:], Status.APPROVED)

    assert only(world.told())[:2] == ["**All audits of wave spring are decided**", "1 blocked, 4 approved"]


def test_a_wave_that_is_live(world: World) -> None:
    releases = world.wave()
    world.audited(releases, Status.APPROVED)
    world.told()
    world.come(releases[:4], Status.LIVE, step=Step.VERIFY_LIVE, publication=PUBLISHED)
    world.blocked(releases[4:], Step.PUBLISH)
    world.come(releases[4:], Status.BLOCKED, publication=PUBLISHED)

    assert only(world.told())[:2] == ["**All publications of wave spring have ended**", "1 blocked, 4 live"]


def test_a_wave_of_one_release_after_the_other_is_over_once(world: World) -> None:
    first, second = world.wave(2)
    for release in (first, second):
        world.audited([release], Status.SUBMITTED)
        world.teller.look()
        world.clock.passes(20)
    assert len(world.told()) == 1


def test_a_pause_by_hand_with_who_and_why(world: World, pauses: Pauses) -> None:
    pauses.begin_by_hand(Scope.ALL, "the pool is wrong", "cli:anna")
    assert only(world.told()) == [
        "**All releases are paused**",
        "by cli:anna",
        "reason: the pool is wrong",
        f"[Open the page]({PAGE}/platform)",
    ]


def test_an_outage_is_told_when_it_lasts(world: World, pauses: Pauses) -> None:
    outage = Pause(
        step=Step.ENSURE_DOMAINS, errmsg="no answer", remedy="Nothing.", is_timed=True, until=NOW, outage=1
    )
    pauses.begin(Scope.ALL, outage)
    world.teller.look()
    world.clock.passes(50)
    world.teller.look()
    assert world.groups.asked == []

    longer = outage.model_copy(update={"errmsg": "HTTP 502", "outage": 2})
    assert pauses.replace(Scope.ALL, outage, longer)
    assert only(world.told())[:2] == ["**All releases are paused**", "HTTP 502"]
    assert world.told() == []

    # Another cause, although the pause goes on.
    used_up = longer.model_copy(update={"errcode": 45009, "errmsg": "reach max api daily quota limit"})
    assert pauses.replace(Scope.ALL, longer, used_up)
    assert only(world.told())[1].startswith("45009 ")


@pytest.mark.parametrize(
    ("age_s", "said"),
    [(3000, None), (3700, "The newest component_verify_ticket is 61 min old"), (None, "no release goes on")],
)
def test_an_old_ticket(world: World, redis_client: redis.Redis, age_s: int | None, said: str | None) -> None:
    if age_s is None:
        redis_client.delete(TICKET_KEY)
    else:
        redis_client.pexpire(TICKET_KEY, (12 * 3600 - age_s) * 1000)
    told = world.told()
    assert [said in message for message in told if said] == ([True] if said else [])
    assert len(told) == (said is not None)


def test_a_new_ticket_ends_it(world: World, redis_client: redis.Redis) -> None:
    for _ in range(2):
        redis_client.delete(TICKET_KEY)
        assert len(world.told()) == 1
        world.tokens.put_ticket("ticket@@@new")
        assert world.told() == []


def test_a_quota_that_is_nearly_used_up(world: World, redis_client: redis.Redis) -> None:
    for rest, news in ((100, 0), (99, 1), (50, 0), (0, 1)):
        quota = Quota(rest=rest, limit=1000, submitted=0)
        redis_client.set(keys.AUDIT_QUOTA, quota.model_dump_json(), ex=3600)
        told = world.told()
        assert len(told) == news
        assert all(f"{rest} of this month's 1000 submissions are left" in message for message in told)


def test_rejections_of_a_wave_are_one_notice(world: World) -> None:
    releases = world.wave(31, label="Anna's")
    world.audited(releases[:20], Status.REJECTED, "1: the category does not fit\n2: no login")
    world.audited(releases[20:25], Status.REJECTED, "the name is wrong")

    lines = only(world.told())

    assert lines == [
        "**Rejected in wave spring: 25**",
        "20: 1: the category does not fit 2: no login (Anna's, Anna's, Anna's, and 17 more)",
        "5: the name is wrong (Anna's, Anna's, Anna's, and 2 more)",
        f"[Open the page]({WAVE_LINK})",
    ]
    # The next ones are told of together, an hour later; those of another wave at once; and nothing twice.
    world.audited(releases[25:30], Status.REJECTED, "the name is wrong")
    assert world.told() == []
    other = world.wave(3, "autumn", start=31)
    world.audited(other[:2], Status.REJECTED, "the name is wrong")
    assert only(world.told())[0] == "**Rejected in wave autumn: 2**"
    assert world.told() == []
    world.clock.passes(3600)
    assert only(world.told())[0] == "**Rejected in wave spring: 5**"
    world.clock.passes(3600)
    assert world.told() == []


def test_a_rejection_of_no_wave_is_told_by_itself(world: World) -> None:
    one, other = world.wave(2, wave=None)
    world.audited([one, other], Status.REJECTED)
    lines = only(world.told())
    assert {line for line in lines if line.startswith("**")} == {
        f"**The release of {release.appid} was rejected**" for release in (one, other)
    }
    assert f"[Open the page]({PAGE}/release/{one.id})" in lines
    assert lines.count("WeChat gave no reason") == 2


def test_many_of_no_wave_are_one_notice(world: World) -> None:
    world.audited(world.wave(8, wave=None), Status.REJECTED, "no")
    assert only(world.told())[0] == "**Rejected, of no wave: 8**"


def test_a_rejection_that_was_resumed_meanwhile_is_no_news(world: World) -> None:
    releases = world.wave(2, wave=None)
    world.audited(releases, Status.REJECTED)
    world.come(releases, Status.QUEUED)
    assert world.told() == []
    world.clock.passes(1000)
    world.audited(releases, Status.REJECTED)
    assert len(world.told()) == 1


def test_what_an_older_worker_left_in_the_index_is_no_news(world: World, redis_client: redis.Redis) -> None:
    (release,) = world.wave(1, wave=None)
    found = {release.id: world.clock().timestamp(), "0" * 32: world.clock().timestamp()}
    redis_client.zadd(keys.since(Status.REJECTED), found)
    redis_client.zadd(keys.BROKEN, found)
    assert world.told() == []


def test_a_release_that_is_live_and_broken(world: World) -> None:
    (alone,) = world.wave(1, wave=None)
    of_wave = world.wave(2, start=1)[1:]
    world.blocked([alone], Step.VERIFY_LIVE, errmsg="WeChat dropped pay.example.com")
    world.blocked(of_wave, Step.VERIFY_LIVE, errmsg="another version is live")

    lines = only(world.told())

    assert lines[:3] == [
        f"**The release of {alone.appid} is live and not as it should be**",
        "WeChat dropped pay.example.com",
        f"[Open the page]({PAGE}/release/{alone.id})",
    ]
    assert lines[4:6] == [
        "**Live and not as it should be, in wave spring: 1**",
        f"1: another version is live ({of_wave[0].appid})",
    ]


def test_every_kind_is_tried_here() -> None:
    assert set(Kind) == {
        Kind.WAVE_BRAKED,
        Kind.WAVE_OVER,
        Kind.WAVE_DECIDED,
        Kind.WAVE_LIVE,
        Kind.PLATFORM_PAUSED,
        Kind.RELEASE_REJECTED,
        Kind.RELEASE_BROKEN,
        Kind.TICKET_OLD,
        Kind.QUOTA_LOW,
    }


def test_without_a_page_the_command_is_told(world: World) -> None:
    releases = world.wave(2, wave="spring sale")
    teller = other(world, page_url="")
    world.audited(releases, Status.SUBMITTED)
    assert only(world.told(teller=teller))[-1] == "\"mprelease wave 'spring sale'\" shows it."
    world.audited(releases, Status.APPROVED)
    plan = "\"mprelease publish --wave 'spring sale' --plan\" shows what would go live."
    assert only(world.told(teller=teller))[-1] == plan


def test_in_chinese(world: World, pauses: Pauses) -> None:
    releases = world.wave()
    world.blocked(releases[:3], Step.COMMIT_CODE, errcode=85014)
    brake(pauses, wave_scope("spring"))
    lines = only(world.told(teller=other(world, language="zh")))
    assert lines[:2] == ["**批次 spring 已刹车（提交审核阶段）**", "排队 2，受阻 3"]
    assert lines[-1] == f"[打开页面]({WAVE_LINK})"
    assert not any(word in "".join(lines[:-1]) for word in ("blocked", "queued", "template"))


def other(world: World, **settings: Any) -> Any:
    """Another worker, with other settings, once the first one has left."""
    world.teller.leave()
    return world.make(**settings)
