"""The verdict on an errcode: one table, a row per code.

Sources are named by the modules that hold the rows. Shake-nearby's 9001xxx codes and those of calls that nobody makes
here (uploadmedia, filing, domains set directly) are left out on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wechat.errcodes import auth as errcodes_auth
from wechat.errcodes import code as errcodes_code
from wechat.errcodes import domains as errcodes_domains
from wechat.errcodes import general as errcodes_general
from wechat.errcodes import live as errcodes_live
from wechat.errcodes.row import Errcode, QuotaReset, Verdict, unknown

__all__ = ["FAMILIES", "TABLE", "Errcode", "QuotaReset", "Verdict", "verdict_of"]

#: The rows as written, by API family.
FAMILIES: tuple[tuple[Errcode, ...], ...] = (
    errcodes_auth.ROWS,
    errcodes_general.ROWS,
    errcodes_domains.ROWS,
    errcodes_code.ROWS,
    errcodes_live.ROWS,
)
TABLE: Mapping[int, Errcode] = MappingProxyType({row.code: row for rows in FAMILIES for row in rows})


def verdict_of(errcode: int) -> Errcode:
    """The row of an errcode other than 0; one that is in no table gets the verdict UNKNOWN."""
    return TABLE.get(errcode) or unknown(errcode)
