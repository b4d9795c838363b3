from __future__ import annotations

from collections import defaultdict

import pytest

from tests.support.bilingual import is_chinese, named_in, unnamed
from wechat.errcodes.chinese import chinese, chinese_of
from wechat.errcodes.chinese.row import GOES_ON
from wechat.errcodes.table import TABLE, verdict_of

#: As wide on a screen as twice as many Latin letters.
LONGEST_TEXT = 130
NOT_LISTED = 123456789
CODES = (*TABLE, NOT_LISTED)


def test_every_row_of_the_table_is_there_in_chinese_and_no_other() -> None:
    assert set(chinese()) == set(TABLE)


def test_what_is_looked_for_in_them_is_found() -> None:
    assert named_in(verdict_of(85018).remedy) == {"modify_wxa_server_domain", "resume"}
    assert named_in(verdict_of(45009).remedy) == {"clear_quota", "/cgi-bin/component/clear_quota/v2", "10"}
    assert unnamed("`mprelease list`, then resume 5 of tabBar", "`mprelease show`，resume") == {
        "`mprelease list`",
        "5",
        "tabBar",
    }


@pytest.mark.parametrize("code", CODES)
def test_a_row_names_what_its_english_one_names(code: int) -> None:
    row, chinese = verdict_of(code), chinese_of(code)

    assert unnamed(row.meaning, chinese.meaning) == set()
    assert unnamed(row.remedy, chinese.remedy) == set()
    assert unnamed(row.waiting, chinese.waiting) == set()


@pytest.mark.parametrize("code", CODES)
def test_a_row_reads_well(code: int) -> None:
    chinese = chinese_of(code)
    for text in filter(None, chinese):
        assert is_chinese(text)
        assert text == " ".join(text.split())
        assert len(text) <= LONGEST_TEXT
        # A terminal of an older Chinese system can show it, and a cell of a table holds it.
        assert text.encode("gb2312")
        assert "|" not in text
    assert chinese.remedy.endswith("。")
    assert not chinese.meaning.endswith("。")


@pytest.mark.parametrize("code", CODES)
def test_where_a_release_waits_it_says_so_first_and_then_what_its_english_says(code: int) -> None:
    row, chinese = verdict_of(code), chinese_of(code)

    assert bool(chinese.waiting) == bool(row.waiting)
    if row.waiting:
        assert chinese.waiting.startswith(GOES_ON + "：")
        assert chinese.waiting.endswith("。")
        assert (chinese.remedy in chinese.waiting) == (row.remedy in row.waiting)


@pytest.mark.parametrize(
    ("code", "how"),
    [
        (45009, "等额度重置"),
        (45040, "下个月"),
        (-1, "间隔逐次加长"),
        (9402202, "一分钟"),
        (45011, "一分钟"),
        (61039, "检测"),
    ],
)
def test_how_it_goes_on_is_that_of_the_rows_kind(code: int, how: str) -> None:
    assert how in chinese_of(code).waiting.partition("。")[0]


@pytest.mark.parametrize("code", CODES)
def test_what_concerns_the_platform_ends_with_the_command_for_the_platform(code: int) -> None:
    command = "mprelease resume --platform"

    assert (command in chinese_of(code).remedy) == (command in verdict_of(code).remedy)


def test_one_english_remedy_is_one_in_chinese_so_that_the_text_alone_finds_it() -> None:
    by_english: defaultdict[str, set[str]] = defaultdict(set)
    for code in CODES:
        by_english[verdict_of(code).remedy].add(chinese_of(code).remedy)
        by_english[verdict_of(code).waiting].add(chinese_of(code).waiting)

    assert [english for english, chinese in by_english.items() if len(chinese) > 1] == []
    assert len(set().union(*by_english.values())) == len(by_english)
