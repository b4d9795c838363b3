"""The work that every contestant does for a Mini Program: three calls, one after the other, as our own steps send them.

Its access token has been fetched beforehand and comes with the Mini Program. What we do besides (records, leases,
retries) is not part of it.
"""

import json
import os
import threading
from dataclasses import dataclass
from typing import Any

import requests

#: Where the simulator is, for the processes that a benchmark starts.
WECHAT_URL = "BENCH_WECHAT_URL"
REDIS_URL = "BENCH_REDIS_URL"

STEPS = ("modify_domain", "commit", "submit_audit")
TEMPLATE_ID, USER_VERSION, USER_DESC = 1, "1.0.0", "新版本 first"
HEADERS = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "benchmark"}
TIMEOUT_S = (5, 60)


@dataclass(frozen=True, slots=True)
class Shop:
    """A Mini Program and its access token."""

    appid: str
    token: str


def ext(appid: str) -> dict[str, Any]:
    """What a release's `ext` is."""
    return {"extAppid": appid, "ext": {"name": "店铺"}}


def body(step: str, appid: str) -> bytes:
    """What a call sends."""
    if step == "modify_domain":
        return _json({"action": "get"})
    if step == "submit_audit":
        return _json({})
    return _json(
        {
            "template_id": TEMPLATE_ID,
            "ext_json": _json(ext(appid)).decode(),
            "user_version": USER_VERSION,
            "user_desc": USER_DESC,
        }
    )


def url(step: str) -> str:
    """Where a call goes."""
    return f"{os.environ[WECHAT_URL]}/wxa/{step}"


def call(step: str, appid: str, token: str) -> None:
    """Make one call with this thread's session; raises if WeChat refuses it."""
    answer = _session().post(
        url(step),
        params={"access_token": token},
        data=body(step, appid),
        timeout=TIMEOUT_S,
        allow_redirects=False,
    )
    check(step, answer.json())


def check(step: str, answer: dict[str, Any]) -> None:
    """Raise unless all is well."""
    if answer.get("errcode") != 0:
        raise RuntimeError(f"{step}: {answer}")


def _session() -> requests.Session:
    """One for each thread, with its connection kept alive: as our own transport has them."""
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
        session.trust_env = False
        session.headers.update(HEADERS)
    return session


_local = threading.local()


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
