"""What WeChat and merchants wrote does nothing in a terminal that shows a CSV, and makes no line of its own."""

from __future__ import annotations

import csv
import io

import pytest

from cli.table import as_csv
from releases.states import Status
from tests.support.examples import a_problem, a_release
from tests.unit.releases.shown.test_printable import EVIL, is_safe


def test_a_cell_holds_no_line_of_its_own_and_no_control_sign(capsys: pytest.CaptureFixture[str]) -> None:
    evil = a_problem(errcode=85018, errmsg=EVIL, remedy=EVIL, domains={"requestdomain": [EVIL]})
    as_csv([a_release(status=Status.BLOCKED, block=evil)] * 2)

    told = capsys.readouterr().out
    assert is_safe(told)
    assert len(told.splitlines()) == 3
    for row in csv.DictReader(io.StringIO(told)):
        assert all("red" in row[name] for name in ("errmsg", "remedy", "domains"))


@pytest.mark.parametrize("sign", "=+-@")
def test_a_text_is_no_formula_whatever_is_said(sign: str, capsys: pytest.CaptureFixture[str]) -> None:
    as_csv([a_release(status=Status.BLOCKED, block=a_problem(errmsg=f"{sign}1+1"))])
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["errmsg"] == f"'{sign}1+1"
