from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from releases import remedies
from releases.problems import describe, going_on
from releases.remedies import OWN, Text, in_chinese
from releases.states import Step
from releases.steps.ours import name_of_audit
from releases.waves.brake import WavePolicy, canary_pause
from tests.support.bilingual import is_chinese, unnamed
from wechat.errcodes.chinese import chinese_of
from wechat.errcodes.table import TABLE, verdict_of
from wechat.errors import (
    AuthorizationPending,
    NotAuthorized,
    RateLimited,
    Refused,
    TicketMissing,
    Unanswered,
    Unreadable,
    WeChatError,
)
from wechat.mini_program import LatestAudit

RELEASES = Path(remedies.__file__).parent
UNLISTED = 123456789

#: Remedies as releases of version 0.1 have them in their records, and their Chinese.
WRITTEN_BEFORE = {
    "Store it with `mprelease authorize wx0123456789abcdef`, then resume the release.": (
        "用 `mprelease authorize wx0123456789abcdef` 保存它，然后恢复发版（resume）。"
    ),
    "`mprelease resume --platform` ends the pause.": "用 `mprelease resume --platform` 解除暂停。",
    "Check the network and WeChat's status, then resume the release: it asks what happened first.": (
        "检查网络和微信的状态，然后恢复发版（resume）：它会先向微信查询上次的结果。"
    ),
    "It goes on by itself: at 2026-03-14 09:26:53 UTC a few releases try again, and once WeChat takes their calls, all "
    "do. To try sooner: `mprelease resume --platform`. Report a bug with the endpoint and the rid.": (
        "会自动继续：2026-03-14 09:26:53 UTC 时先有几个发版重试，微信接受它们的调用后，全部继续。想提前重试："
        "`mprelease resume --platform`。带上接口路径和 rid 报告 bug。"
    ),
    "Goes on by itself when they have ended, at most 10 % of them blocked or failed.": (
        "金丝雀全部结束，且受阻（blocked）或失败（failed）的不超过 10% 时，自动继续。"
    ),
    "Wait until audit 7 has ended, or withdraw it (undocodeaudit, 5 a day and 10 a month) if it is not wanted, then "
    "resume the release.": (
        "等审核 7 结束；不需要它就撤回审核（undocodeaudit，每天 5 次、每月 10 次），然后恢复发版（resume）。"
    ),
    "Wait until audit 7 of version 1.4.1, submitted 2026-03-14 09:26 UTC (in review) has ended, or withdraw it "
    "(undocodeaudit, 5 a day and 10 a month) if it is not wanted, then resume the release.": (
        "等审核 7（版本 1.4.1，提交于 2026-03-14 09:26 UTC，审核中）结束；不需要它就撤回审核（undocodeaudit，每天 5 次、"
        "每月 10 次），然后恢复发版（resume）。"
    ),
    "Register them with `mprelease platform domains add`, then `mprelease resume --wave 'spring 1'`: no call was made "
    "for these Mini Programs.": (
        "用 `mprelease platform domains add` 登记这些域名，然后 `mprelease resume --wave 'spring 1'`："
        "对这些小程序还没有调用过接口。"
    ),
    "See `mprelease wave 1.4.2`; remove the causes, then `mprelease resume --wave 1.4.2` lets it go on, or `mprelease "
    "cancel --wave 1.4.2` ends it.": (
        "用 `mprelease wave 1.4.2` 查看；排除原因后，用 `mprelease resume --wave 1.4.2` 继续，"
        "或用 `mprelease cancel --wave 1.4.2` 结束整个批次。"
    ),
}
ERRORS: tuple[WeChatError, ...] = (
    TicketMissing(),
    NotAuthorized("wx0123456789abcdef"),
    AuthorizationPending("wx0123456789abcdef"),
    Unreadable("wechat:ticket"),
    RateLimited("rate limit of 600 per minute", 5.0),
    Unanswered("/wxa/commit", "cut"),
    *(Refused("/wxa/commit", code, "system error", None, {}) for code in TABLE),
    Refused("/wxa/commit", UNLISTED, "system error", None, {}),
)


def example(text: Text) -> dict[str, str]:
    return {name: f"what-{name}-is" for name in slots(text.english)}


def slots(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_all_of_them_are_walked() -> None:
    assert {name for name, value in vars(remedies).items() if isinstance(value, Text)} >= {
        "TICKET_MISSING",
        "BRAKED",
        "GOES_ON",
    }
    assert len(OWN) == len({text.english for text in OWN}) == len({text.chinese for text in OWN})


@pytest.mark.parametrize("text", OWN, ids=lambda text: text.english[:30])
def test_the_chinese_names_what_the_english_names(text: Text) -> None:
    assert is_chinese(text.chinese)
    assert unnamed(text.english, text.chinese) == set()
    assert slots(text.english) == slots(text.chinese)
    assert text.chinese.encode("gb2312")


@pytest.mark.parametrize("text", OWN, ids=lambda text: text.english[:30])
def test_what_was_made_from_one_is_found_again(text: Text) -> None:
    said = example(text)

    assert in_chinese(text(**said)) == text.chinese.format(**said)


@pytest.mark.parametrize(("english", "chinese"), WRITTEN_BEFORE.items())
def test_what_stands_in_older_records_is_found(english: str, chinese: str) -> None:
    assert in_chinese(english) == chinese


@pytest.mark.parametrize("code", [*TABLE, UNLISTED])
def test_that_of_the_table_is_found_by_its_errcode_and_by_its_text(code: int) -> None:
    row, chinese = verdict_of(code), chinese_of(code).remedy

    assert in_chinese(row.remedy, code) == in_chinese(row.remedy) == chinese
    ends = in_chinese(remedies.GOES_ON_AND_MORE(at="2026-03-14 09:26:53", more=row.remedy), code)
    assert ends.endswith(chinese)
    assert is_chinese(ends.removesuffix(chinese))


@pytest.mark.parametrize("code", [code for code, row in TABLE.items() if row.waiting])
def test_what_a_release_says_that_waits_is_found_by_its_errcode_and_by_its_text(code: int) -> None:
    waiting = verdict_of(code).waiting

    assert in_chinese(waiting, code) == in_chinese(waiting) == chinese_of(code).waiting


@pytest.mark.parametrize("said", ["Goes on by itself next month. Ask them.", "It goes on by itself at noon."])
def test_one_that_waits_since_before_the_words_of_the_row_is_told_that_it_goes_on(said: str) -> None:
    assert in_chinese(said, 45040) == chinese_of(45040).waiting
    assert in_chinese(said, 85018) == chinese_of(85018).remedy
    more = in_chinese(remedies.GOES_ON_AND_MORE(at="2026-03-14 09:26:53", more="Ask them."), 45040)
    assert more.endswith(chinese_of(45040).remedy)


def test_a_release_that_goes_on_says_so_in_chinese() -> None:
    for error in ERRORS:
        waiting = going_on(describe(error, Step.COMMIT_CODE))
        assert in_chinese(waiting.remedy, waiting.errcode).startswith("会自动继续")


@pytest.mark.parametrize("canary", [1, 2])
def test_what_waits_for_a_canary_says_so(canary: int) -> None:
    remedy = canary_pause("w", WavePolicy(canary=canary, max_blocked=12.5)).remedy

    assert remedy.startswith("It goes on by itself when ")
    assert in_chinese(remedy).startswith("会自动继续：等金丝雀")
    assert "12.5%" in in_chinese(remedy)


def test_that_of_a_record_older_than_the_words_of_the_row_is_the_rows() -> None:
    assert in_chinese("Register it.", 85018) == chinese_of(85018).remedy


@pytest.mark.parametrize("code", [None, 0, UNLISTED])
def test_one_that_nobody_knows_is_shown_as_it_is(code: int | None) -> None:
    assert in_chinese("Ask the newer version.", code) == "Ask the newer version."
    assert in_chinese("", code) == ""


def test_our_own_is_over_the_errcodes() -> None:
    assert in_chinese(remedies.UNREGISTERED(wave="w"), 85018) == remedies.UNREGISTERED.chinese.format(
        wave="w"
    )


@pytest.mark.parametrize("wave", ["delayed", "'in review'", "{wave}", "{}", "'a`b'", "'两 周'", "\\1"])
def test_a_command_stays_as_it_is_typed_whatever_is_in_it(wave: str) -> None:
    shown = in_chinese(remedies.BRAKED(wave=wave))

    for command in ("wave", "resume --wave", "cancel --wave"):
        assert f"`mprelease {command} {wave}`" in shown


@pytest.mark.parametrize("status", [0, 1, 2, 3, 4, 9])
@pytest.mark.parametrize("submit_time", [0, 1_773_480_413])
def test_an_audit_that_stands_in_one_is_named_in_chinese(status: int, submit_time: int) -> None:
    audit = LatestAudit(auditid=7, status=status, version="1.4.1", desc="faster", submit_time=submit_time)
    shown = in_chinese(remedies.AUDIT_OF_ANOTHER(audit=name_of_audit(audit)), 85009)

    assert "审核 7（版本 1.4.1，" in shown
    assert ("审核中" in shown) == (status == 2)
    assert ("审核延后" in shown) == (status == 4)
    assert ("提交于 2026-03-14 09:26 UTC" in shown) == bool(submit_time)


@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_whatever_the_client_raises_has_one(error: WeChatError) -> None:
    problem = describe(error, Step.COMMIT_CODE)

    assert is_chinese(in_chinese(problem.remedy, problem.errcode))


def test_a_remedy_is_written_nowhere_else() -> None:
    """A text between quotes that is handed on as a remedy, or that a function called so returns, has no Chinese."""
    found = [
        f"{path.relative_to(RELEASES)}:{value.lineno}"
        for path in sorted(RELEASES.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for value in remedies_in(node)
        if any(
            isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value
            for part in ast.walk(value)
        )
    ]
    assert found == []


def remedies_in(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.keyword) and node.arg == "remedy":
        return [node.value]
    if isinstance(node, ast.Dict):
        return [
            value
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant) and key.value == "remedy"
        ]
    if isinstance(node, ast.FunctionDef) and ("remedy" in node.name or node.name == "_goes_on"):
        returns = [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
        return [value for value in returns if value is not None]
    return []
