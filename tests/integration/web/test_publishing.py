"""Orders to go live and back, by HTTP on a real Redis; no worker takes them here."""

from __future__ import annotations

from typing import Any

import pytest

from releases.record import Release
from releases.states import Status, Step
from releases.store.records import ReleaseStore
from tests.integration.web.test_releases import appid, saved
from tests.support.api import Api
from tests.support.examples import FIELDS


@pytest.fixture
def approved(api: Api, store: ReleaseStore) -> Release:
    return one(api, store, 1)


def one(api: Api, store: ReleaseStore, number: int, status: Status = Status.APPROVED) -> Release:
    """A release that stands so."""
    started = api.post("/releases", {**FIELDS, "appid": appid(number)}, 201)
    return saved(store, started["release_id"], status=status, step=Step.SUBMIT_AUDIT, auditid=4711)


def order(api: Api, path: str, body: object = None, code: int = 202, scope: str = "publish") -> Any:
    answer = api.ask("POST", path, json=body, scope=scope)
    assert answer.status_code == code, answer.text
    return answer.json()


def test_an_order_is_taken_once_and_a_repetition_is_the_same_publication(api: Api, approved: Release) -> None:
    path = f"/releases/{approved.id}/publish"
    taken = order(api, path, {"reason": "the sale begins"})
    assert taken == {"release_id": approved.id, "publication_id": f"{approved.id}.live"}
    assert order(api, path) == taken

    record = api.get(f"/releases/{approved.id}")
    assert (record["status"], record["step"]) == ("queued", "publish")
    assert record["publication"]["ordered_by"] == "key:publish"
    ordered = [event for event in record["history"] if event["step"] == "publish"]
    assert [(event["by"], event["reason"]) for event in ordered] == [("key:publish", "the sale begins")]


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.REJECTED, Status.CANCELLED])
def test_what_is_not_approved_is_in_conflict(api: Api, store: ReleaseStore, status: Status) -> None:
    release = one(api, store, 1, status)
    for what in ("publish", "revert"):
        told = order(api, f"/releases/{release.id}/{what}", code=409)
        assert told["active_id"] == release.id
        assert str(status) in told["problem"]


def test_what_is_live_is_taken_back_once(api: Api, store: ReleaseStore, approved: Release) -> None:
    saved(store, approved.id, status=Status.LIVE, step=Step.VERIFY_LIVE)
    taken = order(api, f"/releases/{approved.id}/revert")
    assert taken == {"release_id": approved.id, "publication_id": None}
    assert order(api, f"/releases/{approved.id}/revert") == taken
    assert api.get(f"/releases/{approved.id}")["step"] == "revert"


def test_an_audit_is_withdrawn_by_who_operates(api: Api, store: ReleaseStore) -> None:
    release = one(api, store, 1, Status.SUBMITTED)
    record = order(api, f"/releases/{release.id}/withdraw", code=200, scope="operate")
    assert (record["status"], record["history"][-1]["by"]) == ("submitted", "key:operate")


def test_a_time_is_not_before_it_and_has_an_offset(api: Api, store: ReleaseStore, approved: Release) -> None:
    path = f"/releases/{approved.id}/publish"
    for wrong in ("2036-12-01T02:00:00", "tomorrow", 5, True):
        assert order(api, path, {"at": wrong}, code=422)["field"] == "at"
    assert order(api, path, {"at": None, "canary": 1}, code=422)["field"] == "canary"
    assert api.get(f"/releases/{approved.id}")["status"] == "approved"

    order(api, path, {"at": "2036-12-01T02:00:00+08:00"})
    stored = store.get(approved.id)
    assert stored is not None
    assert stored.release.progress.not_before == 2_111_680_800


def test_who_only_operates_orders_no_publication_by_a_request_either(api: Api) -> None:
    request = {**FIELDS, "publish": "auto"}
    told = api.ask("POST", "/releases", json=request, scope="operate")
    assert told.status_code == 403
    assert "--scope publish" in told.json()["detail"]
    for body in (
        {"requests": [request]},
        {"requests": [FIELDS], "publish": "auto"},
        {"requests": [FIELDS, {**FIELDS, "appid": appid(2), "publish": "auto"}]},
    ):
        assert api.ask("POST", "/waves/spring", json=body, scope="operate").status_code == 403
    assert api.get("/releases")["releases"] == []
    assert order(api, "/releases", request, code=201)["release"]["publish"] == "auto"


@pytest.fixture
def wave(api: Api, store: ReleaseStore) -> list[Release]:
    """Of `spring`: two approved, one rejected."""
    requests = [{**FIELDS, "appid": appid(number)} for number in range(3)]
    made = api.post("/waves/spring", {"requests": requests}, 201)["releases"]
    stands = (Status.APPROVED, Status.APPROVED, Status.REJECTED)
    return [
        saved(store, one["release_id"], status=status, step=Step.SUBMIT_AUDIT, auditid=4711)
        for one, status in zip(made, stands, strict=True)
    ]


def test_a_wave_is_planned_then_ordered_once(api: Api, wave: list[Release]) -> None:
    plan = api.get("/waves/spring/plan", publish=1)
    assert (plan["wave"], plan["approved"], plan["next"]) == ("spring", 2, None)
    assert [(one["release_id"], one["goes_live"], one["obstacles"]) for one in plan["releases"]] == [
        (wave[2].id, False, ["it is rejected"]),
        (wave[1].id, True, []),
        (wave[0].id, True, []),
    ]

    taken = order(api, "/waves/spring/publish", {"canary": 1, "max_blocked": 5.5, "reason": "the sale"})
    assert taken["wave"] == "spring"
    assert {one["release_id"] for one in taken["releases"]} == {wave[0].id, wave[1].id}
    assert order(api, "/waves/spring/publish") == taken

    published = api.get("/waves/spring")["publication"]
    assert (published["state"], published["ordered"], published["max_blocked"]) == ("canary", 2, 5.5)
    plan = api.get("/waves/spring/plan", publish=1, limit=2)
    assert plan["releases"][1]["obstacles"] == ["it is ordered already"]
    assert len(api.get("/waves/spring/plan", publish=1, cursor=plan["next"])["releases"]) == 1


def test_a_wave_in_which_nothing_is_approved_or_live_is_in_conflict(
    api: Api, store: ReleaseStore, wave: list[Release]
) -> None:
    assert "no release of wave spring is live" in order(api, "/waves/spring/revert", code=409)["problem"]
    for release in wave[:2]:
        saved(store, release.id, status=Status.SUBMITTED)
    assert "is approved" in order(api, "/waves/spring/publish", code=409)["problem"]
    assert order(api, "/waves/autumn/publish", code=404)
    assert order(api, "/waves/spring/publish", {"canary": "1"}, code=422)["field"] == "canary"


def test_what_is_live_of_a_wave_is_taken_back(api: Api, store: ReleaseStore, wave: list[Release]) -> None:
    saved(store, wave[0].id, status=Status.LIVE, step=Step.VERIFY_LIVE)
    taken = order(api, "/waves/spring/revert", {"reason": "broken"})
    assert [one["release_id"] for one in taken["releases"]] == [wave[0].id]
    assert order(api, "/waves/spring/revert") == taken


def test_there_is_no_other_plan(api: Api, wave: list[Release]) -> None:
    for query in ({"publish": "0"}, {"publish": "1", "nonsense": "1"}):
        assert api.ask("GET", "/waves/spring/plan", params=query).status_code == 422, query
    assert api.ask("GET", "/waves/autumn/plan", params={"publish": "1"}).status_code == 404
