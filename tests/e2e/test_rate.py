"""Limits per minute that two worker processes keep together."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.workers import DOMAINS, Platform, wait_for

pytestmark = pytest.mark.long

TOKEN = "api_authorizer_token"


def shops(platform: Platform, number: int) -> list[str]:
    return [platform.mini_program(domains=DOMAINS) for _ in range(number)]


@contextmanager
def two_workers(platform: Platform, **settings: str) -> Iterator[None]:
    environment = {f"MPRELEASE_RATE__{name.upper()}": value for name, value in settings.items()}
    with (
        platform.worker("--concurrency", "3", "--hostname", "one@%h", **environment),
        platform.worker("--concurrency", "3", "--hostname", "two@%h", **environment),
    ):
        yield


def released(platform: Platform, appids: Sequence[str]) -> list[dict[str, Any]]:
    """Release a wave and return WeChat's calls for it since its begin; a worker asks for the audit quota when it likes."""
    platform.sim("DELETE", "calls")
    with platform.redis() as client:
        before = int(client.zcard("releases:status:submitted"))
        platform.enqueue_only(*map(platform.request, appids))
        wait_for(lambda: int(client.zcard("releases:status:submitted")) >= before + len(appids))
    calls: list[dict[str, Any]] = platform.sim("GET", "calls")["calls"]
    return [call for call in calls if call["endpoint"] != "queryquota"]


def most_within(calls: Sequence[dict[str, Any]], seconds: float) -> int:
    times = [call["at"] for call in calls]
    return max(len([at for at in times if start <= at < start + seconds]) for start in times)


def refusals(calls: Sequence[dict[str, Any]]) -> int:
    return [call["errcode"] for call in calls].count(45011)


def test_the_platforms_limit_is_kept_by_all_workers_together(own_platform: Platform) -> None:
    platform = own_platform
    platform.sim("POST", "platform", {"scan_s": 0})
    with two_workers(platform, platform_per_minute="400"):
        calls = released(platform, shops(platform, 10))
    # 400 a minute: 20 at once, and 6 a second. What a busy machine holds up for a second arrives with what follows.
    assert len(calls) == 10 * 4 + 1
    for seconds in (0.5, 1, 2, 4):
        assert most_within(calls, seconds) <= 20 + 6 * (seconds + 1)
    assert calls[-1]["at"] - calls[0]["at"] >= (len(calls) - 20) / 6 - 0.5


def test_a_mini_programs_limit_makes_its_release_wait_and_uses_up_nothing(own_platform: Platform) -> None:
    platform = own_platform
    platform.sim("POST", "platform", {"scan_s": 0})
    one, other = shops(platform, 2)
    with platform.worker(MPRELEASE_RATE__MINI_PROGRAM_PER_MINUTE="4"), platform.redis() as client:
        held, free = platform.enqueue_only(platform.request(one), platform.request(other))
        wait_for(lambda: int(client.zcard("releases:status:waiting")) == 2)
        waiting = platform.show(held["id"])
    assert waiting["wait"]["errmsg"] == "rate limit of 4 per minute for one Mini Program"
    assert "goes on by itself" in waiting["wait"]["remedy"]
    # Two at once, and the third half a minute later: none is intended and not sent.
    for appid, release in ((one, held), (other, free)):
        assert platform.called(appid) == ["modify_domain:get", "commit"]
        with platform.redis() as client:
            document = client.hget(f"release:{release['id']}", "document") or ""
        assert '"commit_at":' in document
        assert '"submit_at"' not in document
        assert '"failures"' not in document


def test_the_limit_that_wechat_tells_is_kept_after_the_first_refusals(own_platform: Platform) -> None:
    platform = own_platform
    platform.sim("POST", "platform", {"scan_s": 0, "minute_s": 1, "minute_limits": {TOKEN: 5}})
    often = {"MPRELEASE_RETRY__MAX_ATTEMPTS": "100", "MPRELEASE_RATE__LEARN": "false"}
    with platform.worker("--concurrency", "6", **often):
        without = released(platform, shops(platform, 16))
    with two_workers(platform):
        learning = released(platform, shops(platform, 16))
    # Each time that some try for all, one of them is refused.
    assert refusals(without) >= 2
    # Six threads may have been on their way when the first was refused.
    assert 1 <= refusals(learning) <= 6
    assert [call["body"]["cgi_path"] for call in learning if call["endpoint"] == "quota/get"] == [
        f"/cgi-bin/component/{TOKEN}"
    ]
    took_s = learning[-1]["at"] - learning[0]["at"]
    assert took_s < 3 * 16 / 5, "not much longer than the limit makes it"
