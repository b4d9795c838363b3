"""The rows of the table in Chinese: what a person reads, looked up by errcode when it is shown.

Records, logs and JSON hold the English of the table. The terms are those of WeChat's Chinese pages and console.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from wechat.errcodes.chinese.row import Chinese, unknown, with_waiting
from wechat.errcodes.table import verdict_of

__all__ = ["Chinese", "chinese", "chinese_of"]


@cache
def chinese() -> Mapping[int, Chinese]:
    """A row for each of the table's."""
    # Where nobody reads Chinese, a command starts without them.
    from wechat.errcodes.chinese import auth, code, domains, general, live  # noqa: PLC0415

    rows = {**auth.ROWS, **general.ROWS, **domains.ROWS, **code.ROWS, **live.ROWS}
    return MappingProxyType({number: with_waiting(verdict_of(number), row) for number, row in rows.items()})


def chinese_of(errcode: int) -> Chinese:
    """The Chinese row of an errcode other than 0, listed or not."""
    return chinese().get(errcode) or unknown()
