from __future__ import annotations

from collections import defaultdict

import pytest

from tests.support.bilingual import is_chinese, named_in, unnamed
from wechat.errcodes.chinese import CHINESE, chinese_of
from wechat.errcodes.table import TABLE, Verdict, verdict_of

#: As wide on a screen as twice as many Latin letters.
LONGEST_TEXT = 130
NOT_LISTED = 123456789
CODES = (*TABLE, NOT_LISTED)


def test_every_row_of_the_table_is_there_in_chinese_and_no_other() -> None:
    assert set(CHINESE) == set(TABLE)


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


@pytest.mark.parametrize("code", CODES)
def test_a_row_reads_well(code: int) -> None:
    chinese = chinese_of(code)
    for text in chinese:
        assert is_chinese(text)
        assert text == " ".join(text.split())
        assert len(text) <= LONGEST_TEXT
        # A terminal of an older Chinese system can show it, and a cell of a table holds it.
        assert text.encode("gb2312")
        assert "|" not in text
    assert chinese.remedy.endswith("。")
    assert not chinese.meaning.endswith("。")


@pytest.mark.parametrize("code", CODES)
def test_what_concerns_the_platform_ends_with_the_command_for_the_platform(code: int) -> None:
    is_platforms = verdict_of(code).verdict is Verdict.PLATFORM and "resume" in verdict_of(code).remedy

    assert ("resume --platform" in chinese_of(code).remedy) == is_platforms


def test_one_english_remedy_is_one_in_chinese_so_that_the_text_alone_finds_it() -> None:
    by_english: defaultdict[str, set[str]] = defaultdict(set)
    for code in CODES:
        by_english[verdict_of(code).remedy].add(chinese_of(code).remedy)

    assert [english for english, chinese in by_english.items() if len(chinese) > 1] == []
    assert len(set().union(*by_english.values())) == len(by_english)
