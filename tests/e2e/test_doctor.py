"""`mprelease doctor`: `ok`, `warn` or `fail` before each line; only `fail` ends with 1, and a Redis that is away with 3."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from releases.store import keys
from tests.support.workers import APPSECRET, Platform
from wechat.tokens.store import TICKET_KEY, TICKET_LIFETIME_S

SECRET = "MPRELEASE_PLATFORM__APPSECRET"
REQUESTDOMAIN = "MPRELEASE_DOMAINS__REQUESTDOMAIN"


def lines(
    platform: Platform, environment: Mapping[str, str] | None = None, *, code: int = 0
) -> list[tuple[str, str, str]]:
    """What the doctor says: label, name and text of each line that is no line to be typed."""
    said = platform.run("doctor", code=code, **(environment or {})).stdout.splitlines()
    cells = [(line[:7].strip(), line[9:21].strip(), line[23:]) for line in said if not line.startswith(" ")]
    assert cells
    assert {label for label, _, _ in cells} <= {"ok", "warn", "fail"}
    return cells


def text_of(said: list[tuple[str, str, str]], label: str, name: str) -> str:
    """The text of the lines with this label and name; there is one at least."""
    texts = [text for its_label, its_name, text in said if (its_label, its_name) == (label, name)]
    assert texts, said
    return "\n".join(texts)


def labelled(said: list[tuple[str, str, str]], label: str) -> set[str]:
    return {name for its_label, name, _ in said if its_label == label}


def test_in_the_set_up_of_the_readme_nothing_fails(platform: Platform) -> None:
    said = lines(platform)
    assert labelled(said, "fail") == set()
    # No key to seal tokens with is set there.
    assert labelled(said, "warn") == {"encryption"}
    assert "less than a minute ago" in text_of(said, "ok", "ticket") or "minute" in text_of(
        said, "ok", "ticket"
    )
    assert text_of(said, "ok", "workers").startswith("1 answer")


@pytest.mark.long
def test_what_costs_something_later_is_a_warning(own_platform: Platform) -> None:
    platform = own_platform
    with platform.redis() as client:
        client.config_set("appendonly", "no")
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.expire(TICKET_KEY, TICKET_LIFETIME_S - 31 * 60)
    platform.run("pause", "--reason", "moving")
    with platform.worker():
        said = lines(platform)
    assert "a restart of Redis loses the releases" in text_of(said, "warn", "persistence")
    assert "may drop releases" in text_of(said, "warn", "eviction")
    assert "stored 31 minutes ago" in text_of(said, "warn", "ticket")
    assert "moving" in text_of(said, "warn", "pause")
    assert labelled(said, "fail") == set()


def test_what_keeps_releases_from_being_submitted_fails(own_platform: Platform) -> None:
    platform = own_platform
    platform.sim("POST", "platform", {"published": []})
    said = lines(platform, {"MPRELEASE_REDIS__REPLICAS": "1"}, code=1)
    assert labelled(said, "fail") == {"replicas", "workers", "domain pool"}
    assert "mprelease worker" in text_of(said, "fail", "workers")
    assert "mprelease platform domains add" in text_of(said, "fail", "domain pool")

    with platform.redis() as client:
        client.delete(TICKET_KEY)
    unset = {SECRET: "", REQUESTDOMAIN: "", "MPRELEASE_DOMAINS__WSREQUESTDOMAIN": ""}
    said = lines(platform, unset, code=1)
    assert labelled(said, "fail") == {"platform", "domains", "ticket", "workers"}
    assert "mprelease ticket" in text_of(said, "fail", "ticket")


def test_a_platform_that_was_never_published_is_compared_as_platform_domains_does(
    own_platform: Platform,
) -> None:
    own_platform.sim("POST", "platform", {"is_published": False, "published": []})
    said = lines(own_platform, code=1)
    assert "never published" in text_of(said, "warn", "domain pool")


def test_a_redis_that_is_away_fails_and_ends_with_3(platform: Platform) -> None:
    said = lines(platform, {"MPRELEASE_REDIS__URL": "redis://127.0.0.1:1/0"}, code=3)
    assert "check MPRELEASE_REDIS__URL" in text_of(said, "fail", "Redis")


def test_a_wrong_secret_is_tried_although_a_token_is_stored(platform: Platform) -> None:
    platform.documents("platform", "domains", "get")  # with a token that is stored
    with platform.redis() as client:
        stored = client.get("wechat:token:component")
        assert stored
    shown = platform.run("doctor", code=1, **{SECRET: "wrong-0123456789"}).stdout
    wechat = next(line for line in shown.splitlines() if line.split()[:2] == ["fail", "WeChat"])
    assert "40125" in wechat
    assert "current secret" in wechat
    assert f"{SECRET} is not the same there" in shown
    assert "wrong-0123456789" not in shown
    assert APPSECRET not in shown
    with platform.redis() as client:
        assert client.get("wechat:token:component") == stored


@pytest.mark.long
def test_settings_that_differ_from_the_workers_are_named_without_their_values(platform: Platform) -> None:
    other = {
        REQUESTDOMAIN: "https://ws.example.com",
        "MPRELEASE_RATE__PLATFORM_PER_MINUTE": "600",
        "MPRELEASE_WORKER__CONCURRENCY": "3",  # need not agree
    }
    told = text_of(lines(platform, other), "warn", "workers")
    assert told.startswith("celery@")
    assert f": {REQUESTDOMAIN}, MPRELEASE_RATE__PLATFORM_PER_MINUTE are not the same" in told
    assert "ws.example.com" not in told
    assert "CONCURRENCY" not in told
    # The same domains in another spelling and order are the same.
    spelt = {
        REQUESTDOMAIN: "HTTPS://api.example.com/",
        "MPRELEASE_WECHAT__API_URL": f"{platform.wechat_url}/",
    }
    assert "workers" not in labelled(lines(platform, spelt), "warn")


@pytest.mark.parametrize("variable", ["MPRELEASE_PLATFORM__APPID", "MPRELEASE_WECHAT__API_URL"])
def test_a_shell_with_another_platform_does_not_store_its_token(platform: Platform, variable: str) -> None:
    platform.documents("platform", "domains", "get")  # with a token that is stored
    with platform.redis() as client:
        stored = client.get("wechat:token:component")
        assert stored
        other = {
            "MPRELEASE_PLATFORM__APPID": "wx00000000000000bb",
            "MPRELEASE_WECHAT__API_URL": "http://127.0.0.1:1",
        }
        said = lines(platform, {variable: other[variable]}, code=1)
        assert f"{variable} is not the same there" in text_of(said, "warn", "workers")
        assert text_of(said, "fail", "WeChat")
        assert client.get("wechat:token:component") == stored


@pytest.mark.long
def test_counts_that_somebody_left_wrong_are_made_anew_when_asked(platform: Platform) -> None:
    platform.release(platform.mini_program(), wave="counted")
    with platform.redis() as client:
        client.hset(keys.wave_counts("counted"), "submitted", 7)

    assert "counts" not in {name for _, name, _ in lines(platform)}
    assert json.loads(platform.run("wave", "counted", "--json").stdout)["counts"]["submitted"] == 7

    platform.run("doctor", "--repair")
    said = platform.run("doctor", "--repair").stdout
    assert json.loads(platform.run("wave", "counted", "--json").stdout)["counts"]["submitted"] == 1
    assert "as the records say" in said
    assert "made anew" not in said
