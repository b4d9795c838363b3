import re
from collections import Counter
from itertools import chain

import pytest

from wechat.errcodes.table import FAMILIES, TABLE, Errcode, QuotaReset, Verdict, verdict_of

LONGEST_TEXT = 220
ROWS = tuple(chain.from_iterable(FAMILIES))

# Typed from the fact sheets (wechat-api.md, wechat-live.md) and design.md, not from the table.
EXPECTED: dict[Verdict, tuple[int, ...]] = {
    Verdict.RETRY: (-1, 85090, 89401, 9402202),
    Verdict.SLOW_DOWN: (44991, 45011, 45102, 45501),
    Verdict.TOKEN: (40001, 40014, 40094, 42001, 42006),
    Verdict.QUOTA: (45009, 45040, 45104, 48006, 85085, 86102),
    Verdict.PLATFORM: (
        *(40091, 40125, 40164, 45035, 61004, 61005, 61006, 61011),
        *(86008, 86009, 86010),
    ),
    Verdict.BLOCK: (
        # §1 modify_domain, §3 modify_wxa_server_domain, and what §2 shares with them
        *(85015, 85016, 85017, 85018, 85301, 85302, 85303),
        *(45082, 86100, 86101, 9410016),
        # §4 commit
        *(80066, 80067, 80082, 85013, 85014, 85043, 85044, 85045, 85046, 85047, 85048),
        *(85310, 85311, 85312, 9402203),
        # §5 submit_audit, §6 the reads
        *(61040, 85006, 85007, 85008, 85010, 85011, 85012, 85023, 85051, 85058, 85077),
        *(85087, 85092, 85093, 85094, 86000, 86001, 86002, 86007, 87006, 9400001),
        # §7 tokens, §9 global
        *(40013, 42002, 42007, 48001, 48004, 50001, 50002, 50004),
        *(61003, 61007, 61009, 61010, 61016, 61023, 61028, 61029),
        *(89503, 89504, 89505, 89506, 89507),
        # wechat-live.md: business domains, from the audit to live, by hand
        *(89020, 89021, 89029, 89231),
        *(85019, 85020, 85079, 85080, 85081, 85082, 87011, 87012, 87013, 89402, 89403, 89405),
        *(40007, 61041, 85001, 85002, 85003, 86020, 86074, 89014),
    ),
    Verdict.BUG: (
        *(40033, 40097, 41001, 41002, 41004, 41018, 41021, 43001, 43002, 43003, 44002),
        *(47001, 47002, 61014, 61015, 61024, 76003, 76021, 76022, 85086),
        *(40170, 86071),
    ),
    Verdict.WAIT: (61039,),
    Verdict.ADOPT: (85004, 85009, 85052, 89019, 89404),
    Verdict.UNKNOWN: (-60005, 86011, 86012),
}
#: Met only by what an operator does by hand: no release stops there.
BY_HAND = {
    40007,
    85001,
    85002,
    85003,
    85004,
    85079,
    85080,
    85081,
    85082,
    87011,
    87012,
    89014,
    *range(89402, 89406),
}
EXPECTED_PAIRS = [(code, verdict) for verdict, codes in EXPECTED.items() for code in codes]


def test_every_errcode_of_the_fact_sheet_has_a_row_and_the_table_has_no_other() -> None:
    assert {code for code, _ in EXPECTED_PAIRS} == set(TABLE)


@pytest.mark.parametrize(("code", "verdict"), EXPECTED_PAIRS)
def test_errcode_has_the_verdict_of_the_design(code: int, verdict: Verdict) -> None:
    row = verdict_of(code)

    assert (row.code, row.verdict) == (code, verdict)


def test_no_errcode_has_two_rows() -> None:
    assert [code for code, rows in Counter(row.code for row in ROWS).items() if rows > 1] == []


def test_rows_of_a_family_are_sorted_by_errcode() -> None:
    for family in FAMILIES:
        codes = [row.code for row in family]

        assert codes == sorted(codes)


def test_success_has_no_row() -> None:
    assert 0 not in TABLE


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.code))
def test_row_reads_well(row: Errcode) -> None:
    for text in (row.meaning, row.remedy):
        assert text == " ".join(text.split())
        assert 0 < len(text) <= LONGEST_TEXT
    assert not row.meaning.endswith(".")
    assert row.remedy.endswith(".")
    assert row.remedy[0].isupper()


@pytest.mark.parametrize(
    "row",
    [
        row
        for row in ROWS
        if row.verdict in {Verdict.BLOCK, Verdict.ADOPT, Verdict.WAIT, Verdict.UNKNOWN}
        and row.code not in BY_HAND
    ],
    ids=lambda row: str(row.code),
)
def test_remedy_of_a_stop_tells_how_to_go_on(row: Errcode) -> None:
    assert "resume" in row.remedy


WAITING = (Verdict.RETRY, Verdict.SLOW_DOWN, Verdict.WAIT, Verdict.QUOTA)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.verdict in WAITING], ids=lambda row: str(row.code)
)
def test_a_release_that_waits_is_told_that_it_goes_on_by_itself(row: Errcode) -> None:
    assert row.waiting.startswith("It goes on by itself")
    assert "then resume" not in row.waiting.lower()
    assert row.waiting.count("by itself") == 1


def test_only_what_passes_has_words_for_waiting() -> None:
    assert {row.verdict for row in ROWS if row.waiting} == set(WAITING)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.code))
def test_only_a_wrong_request_is_not_to_be_resumed(row: Errcode) -> None:
    assert row.in_request == ("would send the same again" in row.remedy)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.verdict is Verdict.PLATFORM], ids=lambda row: str(row.code)
)
def test_what_pauses_the_platform_names_what_ends_the_pause(row: Errcode) -> None:
    assert "mprelease resume --platform" in row.remedy or "ticket lifts the pause" in row.remedy


@pytest.mark.parametrize(
    ("code", "reset", "of_submissions"),
    [
        (45009, QuotaReset.DAY, False),
        (45040, QuotaReset.MONTH, False),
        (45104, QuotaReset.MONTH, False),
        (48006, QuotaReset.MONTH, False),
        (85085, QuotaReset.DAY, True),
        (86102, QuotaReset.MONTH, False),
    ],
)
def test_a_used_up_quota_has_a_reset_and_what_it_stops(
    code: int, reset: QuotaReset, of_submissions: bool
) -> None:
    row = verdict_of(code)

    assert (row.quota, row.of_submissions) == (reset, of_submissions)


def test_only_quota_rows_have_a_reset() -> None:
    quotas = {row.code for row in ROWS if row.verdict is Verdict.QUOTA}

    assert {row.code for row in ROWS if row.quota is not None} == quotas
    assert {row.code for row in ROWS if row.of_submissions} <= quotas


def test_only_the_scan_of_a_commit_is_waited_for() -> None:
    assert [row.code for row in ROWS if row.verdict is Verdict.WAIT] == [61039]


@pytest.mark.parametrize(
    ("code", "commands"),
    [
        (85019, {"versions APPID"}),
        (85020, {"versions APPID"}),
        (85052, {"versions APPID"}),
        (85079, {"publish ID"}),
        (87011, {"gray APPID stop", "revert ID"}),
        (87012, {"versions APPID"}),
        (87013, {"withdraw ID"}),
        (89402, {"audits --ask"}),
    ],
)
def test_a_stop_after_the_audit_names_the_command_that_is_next(code: int, commands: set[str]) -> None:
    assert set(re.findall(r"`mprelease ([^`]+)`", verdict_of(code).remedy)) == commands


@pytest.mark.parametrize("code", [123456789, -2, 9001002])
def test_errcode_in_no_table_is_unknown_and_keeps_its_number(code: int) -> None:
    row = verdict_of(code)

    assert (row.code, row.verdict) == (code, Verdict.UNKNOWN)
    assert "rid" in row.remedy
    assert "resume" in row.remedy


def test_unregistered_domain_names_the_call_and_the_console_page() -> None:
    remedy = verdict_of(85018).remedy

    assert "modify_wxa_server_domain" in remedy
    assert "published" in remedy
    assert "development settings" in remedy
