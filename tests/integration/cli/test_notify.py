"""`mprelease notify --test` against robots that check what they are sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.cli.conftest import Command
from tests.support.robots import KEY, PATHS, SECRET, Answer, Groups, telling

pytestmark = pytest.mark.long


@pytest.fixture
def groups() -> Iterator[Groups]:
    with telling() as made:
        yield made


def test_each_group_gets_a_test_message(command: Command, groups: Groups) -> None:
    page = {"MPRELEASE_NOTIFY__PAGE_URL": "https://releases.example.com"}
    ended = command("notify", "--test", **groups.settings(), **page)
    assert ended.stdout.split() == ["WeCom", "taken", "DingTalk", "taken", "Feishu", "taken"]
    for channel in PATHS:
        (text,) = groups.texts(channel)
        assert "This is a test of mprelease's notices" in text
        assert "https://releases.example.com" in text


def test_one_that_refuses_is_told_in_its_words(command: Command, groups: Groups) -> None:
    groups.answers["dingtalk"] = Answer({"errcode": 310000, "errmsg": f"sign not match {SECRET}"})
    settings = {**groups.settings("wecom", "dingtalk"), "MPRELEASE_NOTIFY__LANGUAGE": "zh"}
    ended = command("notify", "--test", code=1, **settings)
    assert ended.stdout.splitlines() == [
        "WeCom     taken",
        "DingTalk  not taken: 310000 sign not match " + chr(0xFF0A) * 3,
    ]
    assert "这是 mprelease 通知的测试消息" in groups.texts("wecom")[0]
    assert KEY not in ended.stdout + ended.stderr


def test_without_any_group_or_without_test_it_is_a_mistake(command: Command, groups: Groups) -> None:
    assert "set MPRELEASE_NOTIFY__WECOM_URL" in command("notify", "--test", code=2).stderr
    assert "`mprelease notify --test`" in command("notify", code=2, **groups.settings()).stderr
    assert groups.asked == []
