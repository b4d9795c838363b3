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
    assert found.startswith("lines 2, 3, 4 and 2 more: colour: unknown field")
