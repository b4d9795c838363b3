"""The log of actions by HTTP: what keys have ordered, newest first."""

from __future__ import annotations

from typing import Any

import pytest

from releases.states import Status, Step
from releases.store.records import ReleaseStore
from tests.integration.web.test_publishing import one, order
from tests.integration.web.test_releases import appid, saved
from tests.support.api import Api
from tests.support.examples import APPID, FIELDS
from web.routes.actions import ActionPage

#: `make test` has to be quick.
pytestmark = pytest.mark.long

REASON = {"reason": "the sale"}


def logged(api: Api, **wanted: Any) -> list[dict[str, Any]]:
    """As it is answered, oldest first, without what is null and what each entry has of its own."""
    page = api.get("/actions", **wanted)
    assert ActionPage.model_validate(page)
    return [
        {name: value for name, value in entry.items() if value is not None and name not in ("id", "time")}
        for entry in page["actions"][::-1]
    ]


def test_each_order_is_an_entry_with_its_key(api: Api, store: ReleaseStore) -> None:
    made = api.post("/releases", FIELDS, 201)
    api.post("/releases", FIELDS)
    api.post(f"/releases/{made['release_id']}/cancel", REASON)
    api.post(f"/releases/{made['release_id']}/resume", REASON, 409)
    alone = {"release_id": made["release_id"], "appid": APPID, "number": 1}
    assert logged(api) == [
        {"by": "key:operate", "what": "enqueue", **alone},
        {"by": "key:operate", "what": "cancel", "reason": "the sale", **alone},
    ]

    requests = [{"appid": appid(n)} for n in range(3)]
    common = {name: value for name, value in FIELDS.items() if name != "appid"}
    wave = api.post("/waves/spring", {"requests": requests, **common}, 201)
    for started in wave["releases"]:
        saved(store, started["release_id"], status=Status.APPROVED, step=Step.SUBMIT_AUDIT, auditid=7)
    order(api, "/waves/spring/publish", {**REASON, "canary": 1})
    api.post("/waves/spring/cancel")
    saved(store, wave["releases"][0]["release_id"], status=Status.LIVE, step=Step.VERIFY_LIVE)
    order(api, "/waves/spring/revert")
    assert logged(api, wave="spring") == [
        {"by": "key:operate", "what": "enqueue", "wave": "spring", "number": 3},
        {
            "by": "key:publish",
            "what": "publish",
            "wave": "spring",
            "number": 3,
            "reason": "the sale",
            "detail": "canary 1",
        },
        {"by": "key:operate", "what": "cancel", "wave": "spring", "number": 3},
        {"by": "key:publish", "what": "revert", "wave": "spring", "number": 1},
    ]

    api.post("/platform/pause", REASON)
    for _ in range(2):
        api.post("/platform/resume")
    paused, resumed = logged(api, limit=2)
    assert paused == {"by": "key:operate", "what": "pause", "scope": "all", "reason": "the sale"}
    assert resumed == {"by": "key:operate", "what": "resume-platform", "scope": "all", "number": 0}


def test_orders_for_one_release_are_found_by_its_wave_and_by_who_gave_them(
    api: Api, store: ReleaseStore
) -> None:
    release = one(api, store, 1)
    order(api, f"/releases/{release.id}/publish", {"at": "2036-12-01T02:00:00+08:00"})
    (entry,) = logged(api, by="publish")
    assert (entry["what"], entry["detail"]) == ("publish", "not before 2036-11-30 18:00:00 UTC")
    assert logged(api, by="key:publish") == [entry]
    assert logged(api, by="nobody") == logged(api, wave="nobody") == []


def test_pages_go_back_to_the_first_order_and_a_wrong_cursor_is_refused(api: Api) -> None:
    for n in range(5):
        api.post("/platform/pause", {"reason": str(n)})
    page, found = api.get("/actions", limit=2), list[str]()
    while True:
        found += [entry["reason"] for entry in page["actions"]]
        if page["next"] is None:
            break
        api.post("/platform/pause", {"reason": "meanwhile"})
        page = api.get("/actions", limit=2, cursor=page["next"])
    assert found == ["4", "3", "2", "1", "0"]

    assert api.ask("GET", "/actions?cursor=x").json()["field"] == "cursor"
    assert api.ask("GET", "/actions?limit=1001").status_code == 422
    assert api.ask("GET", "/actions?what=pause").status_code == 422
