from __future__ import annotations

from typing import Any

import pytest

from config.settings import Settings
from tests.support.keys import NEW, OTHER
from worker.agreement import differing, fingerprints, new_salt

SECRET = "0123456789abcdef0123456789abcdef"
OURS: dict[str, dict[str, Any]] = {
    "platform": {"appid": "wx1", "appsecret": SECRET},
    "domains": {"requestdomain": ["https://a.cn", "https://b.cn"]},
    "redis": {"encryption_keys": [NEW, OTHER], "url": "redis://:hunter2@h/0"},
}
BORROWED = {"source": "http", "url": "https://h/{appid}", "key": "k" * 32}
SALT = "salt"


def settings(**changes: dict[str, Any]) -> Settings:
    sections = {**OURS, **{name: {**OURS.get(name, {}), **change} for name, change in changes.items()}}
    return Settings.model_validate(sections)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, ()),
        ({"platform": {"appid": "wx2"}}, ("MPRELEASE_PLATFORM__APPID",)),
        ({"platform": {"appsecret": "f" * 32}}, ("MPRELEASE_PLATFORM__APPSECRET",)),
        ({"wechat": {"api_url": "https://gateway.cn"}}, ("MPRELEASE_WECHAT__API_URL",)),
        ({"wechat": {"api_url": "https://api.weixin.qq.com/"}}, ()),
        ({"domains": {"requestdomain": ["https://B.cn/", "https://a.cn"]}}, ()),
        ({"domains": {"requestdomain": ["https://a.cn"]}}, ("MPRELEASE_DOMAINS__REQUESTDOMAIN",)),
        ({"domains": {"udpdomain": ["udp://a.cn"]}}, ("MPRELEASE_DOMAINS__UDPDOMAIN",)),
        (
            {"tokens": BORROWED},
            ("MPRELEASE_PLATFORM__APPSECRET", "MPRELEASE_TOKENS__SOURCE", "MPRELEASE_TOKENS__URL"),
        ),
        # What is only prepared.
        ({"tokens": {**BORROWED, "source": "own"}}, ()),
        # The first key seals, so the order counts.
        ({"redis": {"encryption_keys": [OTHER, NEW]}}, ("MPRELEASE_REDIS__ENCRYPTION_KEYS",)),
        ({"redis": {"replicas": 1}}, ("MPRELEASE_REDIS__REPLICAS",)),
        ({"rate": {"mini_program_per_minute": 9}}, ("MPRELEASE_RATE__MINI_PROGRAM_PER_MINUTE",)),
        # The same server by another name and user, and what is each process' own.
        (
            {
                "redis": {"url": "redis://:other@h2/0"},
                "worker": {"concurrency": 3},
                "log": {"format": "json"},
            },
            (),
        ),
    ],
)
def test_what_differs_is_named(changes: dict[str, dict[str, Any]], named: tuple[str, ...]) -> None:
    ours, theirs = fingerprints(settings(), SALT), fingerprints(settings(**changes), SALT)

    assert differing(ours, theirs) == named


def test_what_only_one_version_knows_does_not_differ() -> None:
    ours = fingerprints(settings(), SALT)

    assert differing(ours, {"MPRELEASE_NEW": "1"}) == ()
    assert differing({**ours, "MPRELEASE_NEW": "1"}, ours) == ()


def test_nothing_of_a_setting_is_told_and_each_question_is_answered_anew() -> None:
    told = fingerprints(settings(), new_salt())

    for value in (SECRET, NEW, OTHER, "hunter2", "a.cn", "wx1"):
        assert value not in str(told)
    assert set(told.values()).isdisjoint(fingerprints(settings(), new_salt()).values())
    # Two settings of the same value do not show that they are.
    assert len(set(told.values())) == len(told)
