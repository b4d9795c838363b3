"""A worker that owns no tokens: another system lends them, over real HTTP, and WeChat counts who refreshes how often."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.demo.redis import embedded_redis
from tests.support import workers
from tests.support.owner import KEY, Owner, digest, owner
from tests.support.workers import APPSECRET, PLATFORM_APPID, TICKET, Platform, wait_for

pytestmark = pytest.mark.long

#: Of a pause while the owner is away: a second, the first time and each that follows.
SHORT = {"MPRELEASE_RETRY__WAIT_INITIAL_S": "0.25", "MPRELEASE_RETRY__WAIT_MAX_S": "1"}


@dataclass
class Borrowing:
    """A platform without ticket, AppSecret and refresh tokens, and the owner that has them."""

    platform: Platform
    owner: Owner

    def mini_programs(self, number: int) -> list[str]:
        """Mini Programs that authorized the platform in the owner's system."""
        appids = self.platform.mini_programs(number)
        with self.platform.redis() as client:
            client.delete(*client.scan_iter("wechat:refresh-token:*"))
        self.owner.wechat.store.put_refresh_tokens({appid: f"refreshtoken@@@{appid}" for appid in appids})
        return appids

    def refreshes(self) -> dict[str, int]:
        """How many tokens WeChat granted, by endpoint."""
        counts: dict[str, int] = self.platform.sim("GET", "calls")["counts"]
        return {name: counts[name] for name in counts if name.endswith("_token")}

    def statuses(self) -> Counter[str]:
        return Counter(str(release["status"]) for release in self.platform.releases())

    def is_paused(self) -> bool:
        with self.platform.redis() as client:
            return bool(client.exists("platform:pause:all"))


@pytest.fixture
def borrowing(tmp_path: Path) -> Iterator[Borrowing]:
    with embedded_redis() as redis_url, workers.platform(tmp_path) as platform:
        with platform.redis() as client:
            client.flushdb()
        del platform.environment["MPRELEASE_PLATFORM__APPSECRET"]
        with owner(redis_url, platform.wechat_url, PLATFORM_APPID, APPSECRET) as lends:
            lends.wechat.store.put_ticket(TICKET)
            platform.environment |= {
                "MPRELEASE_TOKENS__SOURCE": "http",
                "MPRELEASE_TOKENS__URL": lends.url,
                "MPRELEASE_TOKENS__KEY": KEY,
            }
            yield Borrowing(platform, lends)


def test_a_wave_is_released_with_lent_tokens_and_the_owner_refreshes_each_once(borrowing: Borrowing) -> None:
    platform = borrowing.platform
    appids = borrowing.mini_programs(12)
    requests = [platform.request(appid, wave="spring") for appid in appids]
    debug = ("--concurrency", "4", "--loglevel", "debug")
    with platform.worker(*debug) as one, platform.worker(*debug) as another:
        platform.enqueue(*requests)
        assert borrowing.statuses() == {"submitted": 12}
        logs = one.text() + another.text()
        doctor = platform.run("doctor").stdout
    assert borrowing.refreshes() == {"api_component_token": 1, "api_authorizer_token": 12}
    # A token of each, and the component's for preflight; doctor asked for that once more.
    assert Counter(asked.slot for asked in borrowing.owner.asked) == {
        **dict.fromkeys(appids, 1),
        "component": 2,
    }
    assert {(asked.status, asked.rejected) for asked in borrowing.owner.asked} == {(200, None)}
    assert "borrowed from 127.0.0.1" in doctor
    assert "component token borrowed" in doctor

    with platform.redis() as client:
        assert not [*client.scan_iter("wechat:ticket"), *client.scan_iter("wechat:refresh-token:*")]
        there = {str(key): client.dump(key) for key in client.scan_iter() if client.type(key) != "string"}
    tokens = [borrowing.owner.wechat.lender.lend(slot).access_token for slot in (*appids, "component")]
    for secret in (KEY, APPSECRET, TICKET, *tokens):
        assert secret not in logs
        assert secret not in doctor
        assert not [key for key, raw in there.items() if secret.encode() in bytes(raw or b"")]


def test_a_token_that_is_revoked_in_the_middle_costs_one_repeat(borrowing: Borrowing) -> None:
    platform = borrowing.platform
    (appid,) = borrowing.mini_programs(1)
    with platform.worker(**workers.PATIENT):
        platform.hold(appid, "get_code_privacy_info")
        (queued,) = platform.enqueue_only(platform.request(appid))
        wait_for(lambda: platform.calls(appid, "get_code_privacy_info"))
        revoked = borrowing.owner.wechat.lender.lend(appid).access_token
        platform.sim("POST", "tokens/expire", {"appid": appid, "void": True})
        platform.let_go()
        wait_for(lambda: platform.show(queued["id"])["status"] == "submitted")
    assert rejected(platform, appid) == 1
    assert [asked.rejected for asked in borrowing.owner.asked if asked.slot == appid] == [
        None,
        digest(revoked),
    ]
    assert borrowing.refreshes()["api_authorizer_token"] == 2


@pytest.mark.parametrize("status", [401, 503])
def test_while_the_owner_is_away_all_wait_few_ask_and_all_go_on_by_themselves(
    borrowing: Borrowing, status: int
) -> None:
    platform, front = borrowing.platform, borrowing.owner.front
    front.answers[""] = status
    requests = [platform.request(appid) for appid in borrowing.mini_programs(30)]
    with platform.worker("--concurrency", "4", **SHORT), platform.worker("--concurrency", "4", **SHORT):
        platform.enqueue_only(*requests)
        wait_for(lambda: borrowing.is_paused() and borrowing.statuses() == {"waiting": 30})
        held = platform.documents("list")
        assert {release["wait"]["errmsg"].partition(": HTTP")[0] for release in held} == {
            "the owner of the tokens"
        }
        assert "goes on by itself" in held[0]["wait"]["remedy"]
        assert "MPRELEASE_TOKENS__URL" in held[0]["wait"]["remedy"]
        # Both workers at once, at the most; then one of all in five seconds, however often the pause is renewed.
        first = len(borrowing.owner.asked)
        assert first <= 8
        with platform.redis() as client:
            wait_for(lambda: '"outage":4' in str(client.get("platform:pause:all")).replace(" ", ""))
        assert len(borrowing.owner.asked) - first <= 3
        assert f"HTTP {status}" in platform.run("doctor", code=1).stdout

        front.answers.clear()
        wait_for(lambda: borrowing.statuses() == {"submitted": 30})
    assert borrowing.refreshes() == {"api_component_token": 1, "api_authorizer_token": 30}


def test_one_mini_program_for_which_the_owner_fails_holds_the_others_up_and_has_an_end(
    borrowing: Borrowing,
) -> None:
    platform = borrowing.platform
    bad, *good = borrowing.mini_programs(6)
    borrowing.owner.front.answers[bad] = 500
    with platform.worker("--concurrency", "2", **SHORT, MPRELEASE_RETRY__MAX_ATTEMPTS="3"):
        platform.enqueue_only(*map(platform.request, (bad, *good)))
        wait_for(lambda: borrowing.statuses() == {"failed": 1, "submitted": 5})
    assert platform.releases()[0]["appid"] == bad


def test_a_mini_program_that_the_owner_does_not_know_is_blocked_alone(borrowing: Borrowing) -> None:
    platform = borrowing.platform
    unknown, good = borrowing.mini_programs(2)
    borrowing.owner.front.answers[unknown] = 404
    with platform.worker():
        blocked, submitted = platform.enqueue(*map(platform.request, (unknown, good)), code=1)
    assert (blocked["status"], submitted["status"]) == ("blocked", "submitted")
    assert "authorize the platform in the system at" in blocked["block"]["remedy"]


def test_without_a_component_token_pool_and_library_are_unknown_and_nothing_is_missing(
    borrowing: Borrowing,
) -> None:
    platform = borrowing.platform
    borrowing.owner.front.answers["component"] = 404
    (appid,) = borrowing.mini_programs(1)
    request = platform.request(appid, wave="spring")
    planned, *_ = plans(platform, request)
    assert planned["obstacles"] == []
    assert "the template library is unknown: the owner of the tokens lends none for component" in plan_of(
        platform, request
    )
    with platform.worker():
        doctor = platform.run("doctor").stdout
        assert "lends no component token" in doctor
        assert "fail" not in doctor
        (submitted,) = platform.enqueue(request)
    assert submitted["status"] == "submitted"
    assert "`component`" in platform.run("platform", "domains", "get", code=1).stderr


def plans(platform: Platform, request: dict[str, Any]) -> list[dict[str, Any]]:
    path = platform.directory / "plan.jsonl"
    path.write_text(json.dumps(request))
    return platform.documents("enqueue", "--file", str(path), "--plan")


def plan_of(platform: Platform, request: dict[str, Any]) -> str:
    plans(platform, request)
    return platform.run("enqueue", "--file", str(platform.directory / "plan.jsonl"), "--plan").stderr


def test_a_shell_that_would_refresh_what_its_workers_borrow_is_told_so_and_asks_nobody(
    borrowing: Borrowing,
) -> None:
    platform = borrowing.platform
    with platform.worker():
        said = platform.run(
            "doctor",
            code=1,
            MPRELEASE_TOKENS__SOURCE="own",
            MPRELEASE_PLATFORM__APPSECRET=APPSECRET,
        ).stdout
    assert "MPRELEASE_TOKENS__SOURCE is not the same" in said
    assert "api_component_token" not in borrowing.platform.sim("GET", "calls")["counts"]


def test_changing_the_owner_costs_one_repeat_for_each_mini_program_and_nothing_on_the_way_back(
    borrowing: Borrowing,
) -> None:
    platform, store = borrowing.platform, borrowing.owner.wechat.store
    own: dict[str, Any] = {"MPRELEASE_TOKENS__SOURCE": "own", "MPRELEASE_PLATFORM__APPSECRET": APPSECRET}
    appids = borrowing.mini_programs(3)
    file = platform.directory / "refresh-tokens.jsonl"
    file.write_text(
        "\n".join(
            json.dumps({"appid": appid, "refresh_token": store.refresh_token(appid)}) for appid in appids
        )
    )
    # Given a platform that owned its tokens, and a backend that has begun to refresh since
    platform.run("ticket", stdin=TICKET, **own)
    platform.run("authorize", "--file", str(file), **own)
    for appid in appids:
        platform.run("domains", "get", appid, **own)
    platform.sim("POST", "platform", {"token_overlap_s": 0})
    for slot in ("component", *appids):
        borrowing.owner.wechat.lender.lend(slot)
    granted = borrowing.refreshes()

    # When it borrows
    for _ in range(2):
        for appid in appids:
            platform.run("domains", "get", appid)

    # Then each token of before is rejected once, and nobody refreshes for that
    assert [rejected(platform, appid) for appid in appids] == [1, 1, 1]
    assert borrowing.refreshes() == granted
    # And what was lent is good for the owner that it becomes again.
    platform.run("ticket", stdin=TICKET, **own)
    for appid in appids:
        platform.run("domains", "get", appid, **own)
    assert [rejected(platform, appid) for appid in appids] == [1, 1, 1]
    assert borrowing.refreshes() == granted


def rejected(platform: Platform, appid: str) -> int:
    return sum(call["errcode"] == 40001 for call in platform.calls(appid))
