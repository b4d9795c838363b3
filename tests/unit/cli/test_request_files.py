import json

import pytest

from cli.request_files import BadFile, csv_lines, read_requests

COMMON = {"template_id": 12, "user_version": "1.0", "user_desc": "new"}


def problems(rows: list[dict[str, object]], **common: object) -> list[str]:
    with pytest.raises(BadFile) as refused:
        read_requests("\n".join(map(json.dumps, rows)).encode(), common)
    return refused.value.problems


def test_what_is_missing_on_all_lines_is_told_once_and_hides_nothing() -> None:
    rows: list[dict[str, object]] = [{"appid": f"wx{number:016x}"} for number in range(30)]
    rows[20]["appid"] = "wx1"

    first, second = problems(rows, user_version="1.0", user_desc="new")

    assert first.startswith("lines 1, 2, 3 and 26 more: template_id: is missing; ")
    assert second.startswith("line 21: appid: 'wx1' is not right; ")


def test_few_lines_are_all_named() -> None:
    rows: list[dict[str, object]] = [{"appid": "wx1"}, {"appid": "wx1"}, {"appid": "wx1"}]

    assert [found.split(":")[0] for found in problems(rows, **COMMON)] == ["lines 1, 2, 3"]


def test_a_mini_program_with_several_requests_is_told_once() -> None:
    appid = "wx0123456789abcdef"
    rows: list[dict[str, object]] = [{"appid": appid, "user_version": version} for version in "123"]

    (found,) = problems(rows, **COMMON)

    assert found.startswith(f"lines 2, 3: appid: {appid} stands on line 1 already")


def test_a_wrong_name_in_the_first_line_of_csv_is_told_once() -> None:
    raw = b"appid,colour\n" + b"wx0123456789abcdef,red\n" * 5
    with pytest.raises(BadFile) as refused:
        read_requests(raw, COMMON, csv_lines)

    (found,) = refused.value.problems
    assert found.startswith("lines 2, 3, 4 and 2 more: colour: unknown field; the fields are ")


def test_a_misspelt_name_in_the_first_line_of_csv_says_which_was_meant() -> None:
    with pytest.raises(BadFile) as refused:
        read_requests(b"AppID,Template ID\nwx0123456789abcdef,12\n", {}, csv_lines)

    (found,) = refused.value.problems
    assert found.startswith("line 2: AppID: unknown field; did you mean appid? The fields are ")


ROW = "appid,template_id,user_desc\nwx0123456789abcdef,12,新版本\n"


@pytest.mark.parametrize(
    ("raw", "line", "said"),
    [
        (ROW.encode("gb18030"), 2, 'is no UTF-8; save it as "CSV UTF-8'),
        (ROW.encode("utf-16"), 1, 'is UTF-16; save it as "CSV UTF-8'),
        (ROW.encode("utf-16-be"), 1, "is UTF-16, or no text; save it"),
        (b"PK\x03\x04" + bytes(30), 1, "is an Excel workbook"),
        (ROW.replace(",", ";").encode(), 1, "separated by semicolons; separate by commas"),
        (ROW.replace(",", "\t").encode(), 1, "separated by tabs; separate by commas"),
        (ROW.replace(",", "\uff0c").encode(), 1, "separated by full-width commas; separate by commas"),
        (b"sep=;\n" + ROW.encode(), 1, "is for Excel alone; remove it"),
        (b"appid,label,appid \nwx1,a,wx2\n", 1, "names appid twice"),
        (b"appid,\nwx0123456789abcdef,12\n", 2, "column 2 has no name in the first line"),
        (
            ROW.replace(",12,", ",1_2,").encode(),
            2,
            "template_id: can't be read; must be a whole number",
        ),
        (
            ROW.replace(",12,", ",\uff11,").encode(),
            2,
            "template_id: can't be read; must be a whole number",
        ),
        (ROW.replace(",12,", ",+12,").encode(), 2, "template_id: can't be read"),
        (b'appid,ext\nwx0123456789abcdef,"{""a"": 1, ""a"": 2}"\n', 2, "ext: has the name 'a' twice"),
    ],
)
def test_a_table_that_is_not_as_it_has_to_be_is_refused_once_and_says_how_to_mend_it(
    raw: bytes, line: int, said: str
) -> None:
    with pytest.raises(BadFile) as refused:
        read_requests(raw, COMMON, csv_lines)

    (found,) = refused.value.problems
    assert found.startswith(f"line {line}: ")
    assert said in found


def test_a_table_with_the_mark_of_utf_8_empty_columns_and_blanks_around_numbers_is_read() -> None:
    raw = b"\xef\xbb\xbf" + ROW.replace(",12,", ", 12 ,").replace("\n", ",,\r\n").encode()

    (line,) = read_requests(raw, COMMON, csv_lines)

    assert (line.number, line.request.template_id, line.request.user_desc) == (2, 12, "新版本")


@pytest.mark.parametrize(
    "line",
    [
        '{"appid": "wx0123456789abcdef", "appid": "wx0123456789abcdee"}',
        '{"appid": "wx0123456789abcdef", "ext": {"appid": 1, "appid": 1}}',
    ],
)
def test_json_with_a_name_twice_is_refused(line: str) -> None:
    with pytest.raises(BadFile) as refused:
        read_requests(line.encode(), COMMON)

    assert refused.value.problems == [
        "line 1: has the name 'appid' twice in one object; remove one of the two"
    ]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_json_lines_in_another_encoding_say_how_to_mend_them(encoding: str) -> None:
    raw = json.dumps({**COMMON, "appid": "wx0123456789abcdef", "user_desc": "新版本"}, ensure_ascii=False)
    with pytest.raises(BadFile) as refused:
        read_requests(raw.encode(encoding), {})

    (found,) = refused.value.problems
    assert "UTF-8" in found
