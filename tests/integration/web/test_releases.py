"""Releases and waves by HTTP, on a real Redis; no worker takes them here."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
import requests

from releases.record import Release
from releases.states import Status
from releases.store.records import ReleaseStore
from tests.support.api import KEYS, Api
from tests.support.examples import APPID, FIELDS, a_problem


def appid(number: int) -> str:
    return f"wx{number:016x}"


def saved(store: ReleaseStore, release_id: str, **fields: Any) -> Release:
    found = store.get(release_id)
    assert found is not None
    return store.save(found, found.release.model_copy(update=fields)).release


def test_a_release_is_started_once_and_a_repetition_finds_it(api: Api) -> None:
    made = api.post("/releases", FIELDS, 201)
    assert (made["created"], made["release"]["status"]) == (True, "queued")
    again = api.post("/releases", FIELDS)
    assert (again["created"], again["release_id"]) == (False, made["release_id"])
    assert api.get(f"/releases/{made['release_id']}") == made["release"]
    assert made["release"]["history"][0]["by"] == "key:operate"


def test_another_version_is_in_conflict_with_the_active_release(api: Api) -> None:
    made = api.post("/releases", FIELDS, 201)
    told = api.post("/releases", {**FIELDS, "user_version": "2"}, 409)
    assert told["active_id"] == made["release_id"]
    newer = api.post("/releases", {**FIELDS, "user_version": "2", "supersede": True}, 201)
    last = api.get(f"/releases/{made['release_id']}")["history"][-1]
    assert (last["what"], last["by"]) == (f"superseded by release {newer['release_id']}", "key:operate")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, None),
        (b"{", 400, None),
        (b"\xff\xfe", 400, None),
        (b'{"appid": NaN}', 400, None),
        (b'{"appid": "a", "appid": "b"}', 400, None),
        (b"[" * 100_000, 400, None),
        (b"[]", 422, "body"),
        (b"null", 422, "body"),
        (b"{}", 422, "appid"),
        (json.dumps({**FIELDS, "template_id": "12"}).encode(), 422, "template_id"),
        (json.dumps({**FIELDS, "template_id": 10**400}).encode(), 422, "template_id"),
        (json.dumps({**FIELDS, "user_version": "\ud800"}).encode(), 422, "user_version"),
        (json.dumps({**FIELDS, "\ud800": 1}).encode(), 422, "request"),
        (
            json.dumps({**FIELDS, "domains": {"requestdomain": ["nonsense"]}}).encode(),
            422,
            "domains.requestdomain",
        ),
        (json.dumps({**FIELDS, "nonsense": 1}).encode(), 422, "nonsense"),
    ],
)
def test_a_request_that_is_not_right_is_told_by_its_field(
    api: Api, body: bytes, status: int, field: str | None
) -> None:
    answer = api.ask("POST", "/releases", data=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json().get("field") == field
    assert api.get("/releases")["releases"] == []


def test_cancel_and_resume_keep_who_and_why(api: Api, store: ReleaseStore) -> None:
    release_id = api.post("/releases", FIELDS, 201)["release_id"]
    saved(store, release_id, status=Status.BLOCKED, block=a_problem())
    resumed = api.post(f"/releases/{release_id}/resume", {"reason": "registered"})
    assert resumed["status"] == "queued"
    assert (resumed["history"][-1]["by"], resumed["history"][-1]["reason"]) == ("key:operate", "registered")
    cancelled = api.post(f"/releases/{release_id}/cancel")
    assert cancelled["history"][-1]["by"] == "key:operate"
    assert api.post(f"/releases/{release_id}/cancel")["status"] == "cancelled"
    assert "cancelled" in api.post(f"/releases/{release_id}/resume", {}, 409)["problem"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "two\nlines"}, "reason"),
        ({"reason": 1}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"because": "x"}, "because"),
        ([], "body"),
    ],
)
def test_a_reason_is_a_text_on_one_line(api: Api, body: object, field: str) -> None:
    release_id = api.post("/releases", FIELDS, 201)["release_id"]
    for what in ("resume", "cancel"):
        assert api.post(f"/releases/{release_id}/{what}", body, 422)["field"] == field
    assert api.post("/platform/pause", body, 422)["field"] == field
    assert api.get("/platform")["pauses"] == []


def test_pages_are_newest_first_and_stay_while_releases_are_added(api: Api) -> None:
    made = [api.post("/releases", {**FIELDS, "appid": appid(n)}, 201)["release_id"] for n in range(7)]
    seen, cursor, pages = [], None, 0
    while True:
        query = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = api.get("/releases", **query)
        seen += [release["id"] for release in page["releases"]]
        cursor, pages = page["next"], pages + 1
        if cursor is None:
            break
        api.post("/releases", {**FIELDS, "appid": appid(100 + pages)}, 201)
    assert seen == made[::-1]
    assert pages == 3


def test_pages_go_through_releases_of_the_same_instant(
    api: Api, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    wave = {
        "requests": [{"appid": appid(n)} for n in range(25)],
        **{k: FIELDS[k] for k in FIELDS if k != "appid"},
    }
    made = {one["release_id"] for one in api.post("/waves/w", wave, 201)["releases"]}
    for index in ("releases:all", "releases:wave:w", "releases:status:queued"):
        redis_client.zadd(index, dict.fromkeys(made, 1_000_000.123456))
    for query in ({}, {"wave": "w"}, {"status": "queued"}, {"wave": "w", "status": "queued"}):
        seen, cursor = list[str](), None
        for _ in range(9):
            page = api.get("/releases", limit=3, **query, **({"cursor": cursor} if cursor else {}))
            seen += [release["id"] for release in page["releases"]]
            cursor = page["next"]
        assert (len(seen), set(seen), cursor) == (25, made, None)


def test_lists_are_filtered_by_what_can_be_said_of_a_release(api: Api, store: ReleaseStore) -> None:
    ids = [
        api.post("/releases", {**FIELDS, "appid": appid(n), "wave": "ab"[n % 2]}, 201)["release_id"]
        for n in range(6)
    ]
    for release_id in ids[:3]:
        saved(store, release_id, status=Status.BLOCKED, block=a_problem(errcode=85017))
    saved(store, ids[3], status=Status.FAILED, failure=a_problem(errcode=85018))

    def found(**query: Any) -> list[int]:
        return [ids.index(release["id"]) for release in api.get("/releases", **query)["releases"]]

    assert found(status="blocked") == [2, 1, 0]
    assert found(wave="a") == [4, 2, 0]
    assert found(wave="a", status="blocked") == [2, 0]
    assert found(errcode=85017) == [2, 1, 0]
    assert found(errcode=85018) == [3]
    assert found(errcode=85017, status="blocked") == [2, 1, 0]
    assert found(errcode=85017, status="failed") == []
    assert found(appid=appid(5)) == [5]
    assert found(appid="nobody") == []
    page = api.get("/releases", errcode=85017, limit=1)
    assert found(errcode=85017, limit=5, cursor=page["next"]) == [1, 0]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"status": "nonsense"}, "status"),
        ({"errcode": "x"}, "errcode"),
        ({"stauts": "blocked"}, "stauts"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "W10"}, "cursor"),
        ({"cursor": "WzEsMl0"}, "cursor"),
        ({"cursor": "W05hTiwgImEiXQ"}, "cursor"),
        ({"cursor": "ü" * 10}, "cursor"),
        ({"cursor": "A" * 600}, "cursor"),
    ],
)
def test_a_query_that_is_not_right_is_told(api: Api, query: dict[str, Any], field: str) -> None:
    for path in ("/releases", "/waves") if "limit" in query or "cursor" in query else ("/releases",):
        answer = api.ask("GET", path, params=query)
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


COMMON = {name: value for name, value in FIELDS.items() if name != "appid"}


def test_a_wave_is_started_as_a_whole_with_its_canary(api: Api) -> None:
    order = {"requests": [{"appid": appid(n)} for n in range(4)], "canary": 1, "max_blocked": 5, **COMMON}
    made = api.post("/waves/spring/sale", order, 201)
    assert made["wave"] == "spring/sale"
    assert [one["created"] for one in made["releases"]] == [True] * 4
    again = api.post("/waves/spring/sale", order, 201)
    assert [one["created"] for one in again["releases"]] == [False] * 4
    assert [one["release_id"] for one in again["releases"]] == [one["release_id"] for one in made["releases"]]
    wave = api.get("/waves/spring%2Fsale")
    assert (wave["state"], wave["total"], wave["canary"], wave["max_blocked"]) == ("canary", 4, 1, 5)
    assert wave["counts"]["waiting"] == 3
    release = api.get(f"/releases/{made['releases'][0]['release_id']}")
    assert release["history"][0]["by"] == "key:operate"


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({}, "requests"),
        ({"requests": []}, "requests"),
        ({"requests": {}}, "requests"),
        ({"requests": [1]}, "requests.0"),
        ({"requests": [{"appid": appid(1)}, {"appid": "nonsense"}], **COMMON}, "requests.1.appid"),
        ({"requests": [{"appid": appid(1)}]}, "requests.0.template_id"),
        ({"requests": [{"appid": appid(1), "wave": "other"}], **COMMON}, "requests.0.wave"),
        (
            {"requests": [{"appid": appid(1)}, {"appid": appid(1), "user_version": "2"}], **COMMON},
            "requests.1.appid",
        ),
        ({"requests": [{"appid": appid(1)}], "appid": appid(1), **COMMON}, "appid"),
        ({"requests": [{"appid": appid(1)}], "nonsense": 1, **COMMON}, "nonsense"),
        ({"requests": [{"appid": appid(1)}], "canary": 0, **COMMON}, "canary"),
        ({"requests": [{"appid": appid(1)}], "canary": True, **COMMON}, "canary"),
        ({"requests": [{"appid": appid(1)}], "max_blocked": 101, **COMMON}, "max_blocked"),
        ({"requests": [{"appid": appid(n)} for n in range(10_001)], **COMMON}, "requests"),
    ],
)
def test_a_wave_that_is_not_right_is_enqueued_not_at_all(api: Api, order: object, field: str) -> None:
    assert api.post("/waves/w", order, 422)["field"] == field
    assert api.get("/releases")["releases"] == []


def test_a_wave_with_one_conflict_is_enqueued_not_at_all(api: Api) -> None:
    active = api.post("/releases", {**FIELDS, "appid": appid(1), "user_version": "9"}, 201)["release_id"]
    order = {"requests": [{"appid": appid(n)} for n in range(3)], **COMMON}
    told = api.post("/waves/w", order, 409)
    assert told["active_id"] == active
    assert [(one["index"], one["active_id"]) for one in told["conflicts"]] == [(1, active)]
    assert [release["id"] for release in api.get("/releases")["releases"]] == [active]
    assert api.ask("GET", "/waves/w").status_code == 404


def test_waves_are_listed_newest_first_in_pages(api: Api) -> None:
    for number in range(5):
        api.post(f"/waves/w{number}", {"requests": [{"appid": appid(number)}], **COMMON}, 201)
    first = api.get("/waves", limit=3)
    api.post("/waves/later", {"requests": [{"appid": appid(9)}], **COMMON}, 201)
    second = api.get("/waves", limit=3, cursor=first["next"])
    names = [wave["wave"] for page in (first, second) for wave in page["waves"]]
    assert (names, second["next"]) == (["w4", "w3", "w2", "w1", "w0"], None)
    assert all(wave["began_at"].endswith("Z") for wave in first["waves"])


def test_a_wave_is_resumed_and_cancelled_as_a_whole(api: Api, store: ReleaseStore) -> None:
    order = {"requests": [{"appid": appid(n)} for n in range(4)], **COMMON}
    ids = [one["release_id"] for one in api.post("/waves/w", order, 201)["releases"]]
    saved(store, ids[0], status=Status.BLOCKED, block=a_problem(errcode=85017))
    saved(store, ids[1], status=Status.FAILED, failure=a_problem(errcode=47001))
    saved(store, ids[2], status=Status.SUBMITTED, auditid=7)
    assert [cause["errcode"] for cause in api.get("/waves/w")["causes"]] == [85017, 47001]

    assert api.post("/waves/w/resume", {"reason": "mended"})["counts"]["queued"] == 3
    last = api.get(f"/releases/{ids[0]}")["history"][-1]
    assert (last["what"], last["by"], last["reason"]) == ("resumed", "key:operate", "mended")

    wave = api.post("/waves/w/cancel", {"reason": "too early"})
    assert (wave["state"], wave["counts"]["cancelled"], wave["counts"]["submitted"]) == ("over", 3, 1)
    last = api.get(f"/releases/{ids[3]}")["history"][-1]
    assert (last["by"], last["reason"]) == ("key:operate", "too early")


def test_many_at_once_are_all_answered(api: Api) -> None:
    order = {"requests": [{"appid": appid(n)} for n in range(200)], **COMMON}
    ids = [one["release_id"] for one in api.post("/waves/w", order, 201)["releases"]]
    with ThreadPoolExecutor(64) as pool:
        paths = [f"{api.base}/releases/{release_id}/cancel" for release_id in ids]
        headers = {"Authorization": f"Bearer {KEYS['operate']}"}
        answers = list(pool.map(lambda path: requests.post(path, headers=headers, timeout=60), paths))
    assert {answer.status_code for answer in answers} == {200}, [one.text for one in answers if not one.ok][
        :3
    ]
    assert api.get("/waves/w")["counts"]["cancelled"] == len(ids)


def test_a_braked_wave_goes_on_when_it_is_resumed_and_the_history_says_who_wanted_it(
    api: Api, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    order = {"requests": [{"appid": appid(n)} for n in range(2)], "canary": 1, **COMMON}
    ids = [one["release_id"] for one in api.post("/waves/w", order, 201)["releases"]]
    pause = json.loads(str(redis_client.get("platform:pause:wave:w")))
    redis_client.set("platform:pause:wave:w", json.dumps({**pause, "canary": False}))
    assert api.get("/waves/w")["state"] == "braked"

    assert api.post("/waves/w/resume", {"reason": "mended"})["state"] == "running"
    held = api.get(f"/releases/{ids[1]}")["history"][-1]
    assert (held["what"], held["by"], held["reason"]) == ("the wave goes on", "key:operate", "mended")


def test_the_platform_is_paused_and_goes_on_by_whom_the_history_says(api: Api, store: ReleaseStore) -> None:
    release_id = api.post("/releases", {**FIELDS, "appid": APPID}, 201)["release_id"]
    paused = api.post("/platform/pause", {"reason": "holiday"})["pauses"]
    assert [(one["scope"], one["by"], one["reason"]) for one in paused] == [("all", "key:operate", "holiday")]
    found = store.get(release_id)
    assert found is not None
    held = found.release.progress.model_copy(update={"held": "all"})
    saved(store, release_id, status=Status.WAITING, progress=held)
    assert api.post("/platform/resume", {"reason": "it is over"})["pauses"] == []
    last = api.get(f"/releases/{release_id}")["history"][-1]
    assert (last["what"], last["by"]) == ("the platform goes on", "key:operate")
    assert api.post("/platform/pause", {"submissions": True})["pauses"][0]["scope"] == "submissions"
    api.post("/platform/resume")


def test_the_platform_tells_ticket_quota_and_pools(api: Api, redis_client: redis.Redis) -> None:
    nothing = api.get("/platform")
    names = ("ticket_age_s", "audit_quota", "pool", "web_view_pool")
    assert {name: nothing[name] for name in names} == dict.fromkeys(names)
    redis_client.set("wechat:ticket", "sealed", ex=12 * 3600 - 100)
    redis_client.set("platform:pool", json.dumps(["api.example.com"]))
    redis_client.set("platform:jump-pool", json.dumps(["pages.example.com"]))
    redis_client.set(
        "platform:audit-quota", json.dumps({"rest": 5, "limit": 20, "submitted": 0}), ex=86_400 - 30
    )
    api.post("/releases", FIELDS, 201)
    told = api.get("/platform")
    assert told["ticket_age_s"] in (100, 101)
    assert told["pool"] == {"hosts": ["api.example.com"], "missing": []}
    assert told["web_view_pool"] == {"hosts": ["pages.example.com"], "missing": []}
    assert {**told["audit_quota"], "asked_s_ago": 30} == {
        "rest": 5,
        "limit": 20,
        "reserved": 1,
        "asked_s_ago": 30,
    }
