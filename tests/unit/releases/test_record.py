from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from releases.doors import Door
from releases.record import MAX_HISTORY, By, Progress, Release, counts
from releases.states import Status, Step
from releases.store.known import dump, parse
from tests.support.examples import NOW, a_problem, a_release, a_request

CONTRACT = [
    "id",
    "appid",
    "label",
    "template_id",
    "user_version",
    "user_desc",
    "ext",
    "audit",
    "wave",
    "domains",
    "urgent",
    "publish",
    "step",
    "status",
    "attempts",
    "auditid",
    "block",
    "failure",
    "wait",
    "review",
    "publication",
    "next_attempt_at",
    "created_at",
    "updated_at",
    "history",
]


def stored_and_loaded(release: Release) -> Release:
    return parse(dump(release), 1).release


def test_public_has_the_fields_of_the_contract_in_their_order() -> None:
    assert list(a_release().public()) == CONTRACT


def test_a_new_release_is_queued_at_its_first_step() -> None:
    public = a_release().public()

    assert (public["status"], public["step"], public["attempts"]) == ("queued", "ensure_domains", {})
    assert (public["auditid"], public["block"], public["failure"], public["wait"]) == (None, None, None, None)
    assert [event["what"] for event in public["history"]] == ["enqueued"]


def test_two_releases_have_two_ids() -> None:
    assert a_release().id != a_release().id


@pytest.mark.parametrize("name", ["block", "failure", "wait"])
def test_a_problem_has_exactly_the_fields_of_the_contract(name: str) -> None:
    problem = a_problem(errcode=85018, rid="1-2", domains={"requestdomain": ["https://a.example.com"]})

    public = a_release().model_copy(update={name: problem}).public()[name]

    assert public == {
        "step": "ensure_domains",
        "errcode": 85018,
        "errmsg": "domain not registered",
        "rid": "1-2",
        "domains": {"requestdomain": ["https://a.example.com"]},
        "remedy": "Register it.",
    }
    assert list(public) == ["step", "errcode", "errmsg", "rid", "domains", "remedy"]


def test_a_line_of_history_has_what_the_contract_says() -> None:
    names = ["time", "step", "what", "by", "reason"]
    assert [list(event) for event in a_release().public()["history"]] == [names]


def test_who_came_in_by_one_door_can_not_pass_for_one_of_another() -> None:
    assert By.through(Door.CELERY, "key:ci").actor == "celery:key:ci"
    assert By.through(Door.CELERY, None).actor is None
    cancelled = a_release().changed("cancelled", NOW, By.through(Door.KEY, "ci", "not wanted"))
    assert cancelled.public()["history"][-1]["by"] == "key:ci"
    assert cancelled.public()["history"][-1]["reason"] == "not wanted"


def test_times_are_utc_in_iso_8601() -> None:
    public = a_release(next_attempt_at=datetime.fromtimestamp(1_700_000_000.5, UTC)).public()

    assert public["created_at"] == public["updated_at"] == "2026-03-14T09:26:53Z"
    assert public["history"][0]["time"] == "2026-03-14T09:26:53Z"
    assert public["next_attempt_at"] == "2023-11-14T22:13:20.500000Z"


def test_the_history_keeps_the_newest_40() -> None:
    release = a_release()
    for n in range(50):
        release = release.changed(f"event {n}", NOW)

    assert [event.what for event in release.history] == [f"event {n}" for n in range(10, 50)]
    assert len(release.history) == MAX_HISTORY == 40


def test_what_somebody_did_is_dropped_last_and_never_merged() -> None:
    release = a_release()
    for _ in range(2):
        release = release.changed("resumed", NOW, By(actor="mei", reason="pool mended"))
    for n in range(50):
        release = release.changed(f"event {n}", NOW)

    told = [(event.what, event.by) for event in release.history]
    assert told == [*[("resumed", "mei")] * 2, *[(f"event {n}", None) for n in range(12, 50)]]


def test_of_what_only_people_did_the_newest_are_kept() -> None:
    release = a_release()
    for n in range(50):
        release = release.changed(f"resumed {n}", NOW, By(actor="mei"))
    release = release.changed("waiting", NOW)

    assert [event.what for event in release.history] == [*[f"resumed {n}" for n in range(11, 50)], "waiting"]


def test_the_same_entry_again_takes_the_place_of_the_one_before() -> None:
    later = NOW + timedelta(minutes=1)

    release = a_release().changed("waiting", NOW).changed("waiting", later)

    assert [(event.what, event.time) for event in release.history] == [("enqueued", NOW), ("waiting", later)]


def test_the_same_words_of_another_step_are_another_entry() -> None:
    release = a_release().changed("waiting", NOW)

    release = release.model_copy(update={"step": Step.COMMIT_CODE}).changed("waiting", NOW)

    assert [event.step for event in release.history] == [None, "ensure_domains", "commit_code"]


def test_a_change_tells_when_it_was() -> None:
    later = NOW + timedelta(minutes=1)
    release = a_release().changed("committed", later, status=Status.RUNNING)

    assert (release.created_at, release.updated_at, release.status) == (NOW, later, Status.RUNNING)


def test_fresh_progress_keeps_what_is_known_of_calls_already_made() -> None:
    progress = Progress(commit_at=1.5, submit_at=2.5, failures=3, scans=4, unknowns=1)

    assert progress.fresh(resumed=True) == Progress(commit_at=1.5, submit_at=2.5)


def test_a_release_without_a_problem_has_no_error_to_raise() -> None:
    with pytest.raises(ValueError, match="is queued"):
        a_release().error()


def test_counts_has_every_status_in_order() -> None:
    assert list(counts({"blocked": 2}).items()) == [
        *(("queued", 0), ("running", 0), ("waiting", 0), ("blocked", 2)),
        *(("failed", 0), ("cancelled", 0), ("submitted", 0), ("rejected", 0), ("approved", 0)),
        *(("live", 0), ("replaced", 0), ("reverted", 0)),
    ]


def test_a_64_bit_audit_id_survives_store_and_load() -> None:
    assert stored_and_loaded(a_release(auditid=2**63 - 1)).public()["auditid"] == 2**63 - 1


@pytest.mark.parametrize(
    "ext",
    [
        {"ext": {"big": 2**63, "bigger": 10**40, "negative": -(2**64)}},
        {"ext": {"null": None, "list": [None, [None], {"a": None}]}},
        {"ext": {"float": 0.1, "small": 5e-324, "large": 1.7976931348623157e308, "whole": 1.0}},
        {"ext": {"": "", "版本": "\U0001f680", "quote": '"\\/\b\u2028'}},
        {"ext": {"true": True, "one": 1}},
    ],
)
def test_ext_survives_store_and_load_unchanged(ext: dict[str, Any]) -> None:
    release = a_release(a_request(ext=ext, audit=ext))

    assert repr(stored_and_loaded(release).ext) == repr(ext)
    assert repr(stored_and_loaded(release).audit) == repr(ext)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=12), json_values, max_size=5))
def test_any_ext_survives_store_and_load_unchanged(ext: dict[str, Any]) -> None:
    assert repr(stored_and_loaded(a_release(a_request(ext=ext))).ext) == repr(ext)


def test_a_whole_record_survives_store_and_load_unchanged() -> None:
    release = a_release(
        a_request(wave="spring", domains={"tcpdomain": ["tcp://a.example.com:7000"]}),
        status=Status.BLOCKED,
        step=Step.SUBMIT_AUDIT,
        attempts={"ensure_domains": 1, "commit_code": 3},
        block=a_problem(errcode=-1),
        progress=Progress(commit_at=1_700_000_000.25, scans=3, passes=True),
        next_attempt_at=datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=8))),
    )

    assert stored_and_loaded(release) == release


def test_a_record_of_a_newer_version_of_this_program_can_be_read() -> None:
    document = dump(a_release()).replace('{"id"', '{"new_field": 1, "id"', 1)

    assert parse(document, 1).release.status is Status.QUEUED
