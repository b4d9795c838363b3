"""Right input, from which the near misses are made."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

APPID = "wx0123456789abcdef"

#: A request that says everything that a request can say.
FULL_REQUEST: dict[str, Any] = {
    "appid": APPID,
    "template_id": 12,
    "user_version": "1.4.2",
    "user_desc": "新版本 faster",
    "ext": {"extAppid": APPID, "ext": {"name": "店铺", "rate": 0.5, "tabs": [{"list": [1, True, None]}]}},
    "audit": {"item_list": [{"first_class": "工具", "first_id": 1}], "version_desc": "…"},
    "wave": "spring",
    "domains": {"requestdomain": ["https://api.example.com:8443"], "udpdomain": ["udp://u.example.com"]},
    "supersede": False,
    "again": True,
}
_OPTIONAL = ("ext", "audit", "wave", "domains", "supersede", "again")


def _without(names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in FULL_REQUEST.items() if name not in names}


requests: st.SearchStrategy[dict[str, Any]] = st.builds(_without, st.sets(st.sampled_from(_OPTIONAL)))
