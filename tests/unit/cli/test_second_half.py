"""How releases of the second half are shown: each in a colour of its own, whole words at eighty columns, and what to type next."""

from __future__ import annotations

import csv
import io
import re
import sys
from datetime import timedelta

import pytest
from rich.cells import cell_len

from cli.following import _Waits, to_audit
from cli.printing import COLOURS, detail, listing, next_command, whole
from cli.table import as_csv
from releases.record import Release
from releases.scope import live_scope
from releases.second_half import Publication, Review, ReviewStatus
from releases.states import ACTIVE, Status, Step
from tests.support.examples import NOW, a_problem, a_release
from tests.unit.releases.shown.test_printable import EVIL, is_safe

REASON = "1: 小程序的类目与内容不符，请修改类目后重新提交审核。\n2: the pictures show a page that lacks its content"
DROPPED = {"requestdomain": ["https://pay.example.com"], "wsrequestdomain": []}


def reviewed(status: Status, step: Step = Step.SUBMIT_AUDIT, **fields: object) -> Release:
    decided = {Status.REJECTED: ReviewStatus.REJECTED, Status.SUBMITTED: ReviewStatus.DELAYED}
    review = Review(
        status=decided.get(status, ReviewStatus.APPROVED),
        reason=REASON if status is Status.REJECTED else None,
        screenshots=("one", "two") if status is Status.REJECTED else (),
        submitted_at=NOW,
        decided_at=NOW,
        checked_at=NOW,
    )
    facts = {"status": status, "step": step, "auditid": 4711, "review": review, **fields}
    return a_release().model_copy(update=facts)


def published(status: Status, **fields: object) -> Release:
    publication = Publication(
        ordered_at=NOW,
        ordered_by="cli:anna",
        released_at=NOW + timedelta(minutes=1),
        verified_at=NOW + timedelta(minutes=2) if status is Status.LIVE else None,
        missing_domains=None if status is Status.LIVE else DROPPED,
    )
    return reviewed(status, Step.VERIFY_LIVE, publication=publication, **fields)


def test_every_status_has_a_colour() -> None:
    assert set(COLOURS) == set(Status)


@pytest.mark.parametrize(
    ("release", "said"),
    [
        (reviewed(Status.SUBMITTED), "audit 4711 delayed"),
        (reviewed(Status.SUBMITTED, review=None), "audit 4711"),
        (reviewed(Status.APPROVED), "audit 4711 -- Next: mprelease publish {id}"),
        (published(Status.LIVE), "audit 4711, live since 2026-03-14 09:27 UTC"),
        (reviewed(Status.REPLACED), "audit 4711"),
        (reviewed(Status.REVERTED), "audit 4711"),
        (reviewed(Status.QUEUED, Step.PUBLISH), ""),
    ],
)
def test_what_matters_most_is_said(release: Release, said: str) -> None:
    assert detail(release) == said.format(id=release.id)


def test_a_rejection_says_why_and_both_ways_out() -> None:
    rejected = reviewed(Status.REJECTED)
    assert detail(rejected) == (
        f"audit 4711 rejected: {REASON} -- Next: release a corrected version, or submit this one again: "
        f"mprelease resume {rejected.id}"
    )


@pytest.mark.parametrize("step", [Step.PUBLISH, Step.VERIFY_LIVE, Step.REVERT])
@pytest.mark.parametrize("errcode", [85017, 85014])
def test_what_is_stopped_on_its_way_to_the_shop_is_resumed_whatever_its_request_says(
    step: Step, errcode: int
) -> None:
    stopped = reviewed(Status.BLOCKED, step, block=a_problem(step=step, errcode=errcode))
    assert next_command(stopped) == f" Next: mprelease resume {stopped.id}"
    assert "audit 4711" not in detail(stopped)


def test_an_audit_that_can_not_be_read_says_so() -> None:
    wait = a_problem(step="watch_audit", errmsg="not authorized", remedy="Authorize it.")
    assert (
        detail(reviewed(Status.SUBMITTED, wait=wait)) == "audit 4711 delayed; not authorized -- Authorize it."
    )


@pytest.mark.parametrize("columns", [60, 80])
def test_a_terminal_shows_all_of_it_in_whole_words(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for release in (reviewed(Status.REJECTED), published(Status.BLOCKED, block=a_problem())):
        listing([release])
        whole(release)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert max(map(cell_len, lines)) <= columns
    for name in ("--screenshots", "cli:anna", "https://pay.example.com", "content", "published"):
        assert any(name in line for line in lines), name


def test_a_pipe_gets_a_row_for_each_fact_of_review_and_publication(
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole(reviewed(Status.REJECTED))
    whole(published(Status.BLOCKED, block=a_problem()))
    told = capsys.readouterr().out
    at = "2026-03-14 09:26:53 UTC"
    assert f"          review  rejected, submitted {at}, decided {at}, read {at}\n" in told
    assert "                  2: the pictures show a page that lacks its content\n" in told
    assert f"     publication  ordered {at}, published 2026-03-14 09:27:53 UTC, by cli:anna\n" in told
    assert "                  WeChat dropped https://pay.example.com\n" in told


def test_what_wechat_says_of_an_audit_does_nothing_in_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    evil = Review(status=ReviewStatus.REJECTED, reason=EVIL, screenshots=(EVIL,))
    release = reviewed(Status.REJECTED, review=evil)
    listing([release])
    whole(release)
    as_csv([release])
    assert is_safe(capsys.readouterr().out)


def test_a_table_has_review_and_publication(capsys: pytest.CaptureFixture[str]) -> None:
    as_csv([reviewed(Status.REJECTED), published(Status.LIVE), a_release()])
    rejected, live, new = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (rejected["review"], rejected["review_reason"]) == ("rejected", REASON.replace("\n", " "))
    assert (live["ordered_at"], live["released_at"], live["verified_at"]) == (
        "2026-03-14T09:26:53Z",
        "2026-03-14T09:27:53Z",
        "2026-03-14T09:28:53Z",
    )
    assert (new["publish"], new["review"], new["released_at"]) == ("manual", "", "")


@pytest.mark.parametrize("status", sorted(ACTIVE))
@pytest.mark.parametrize("step", [Step.PUBLISH, Step.VERIFY_LIVE])
def test_who_follows_a_release_to_its_audit_does_not_wait_for_its_publication(
    status: Status, step: Step
) -> None:
    assert _Waits(to_audit).leave_alone(reviewed(status, step))


def test_a_publication_that_its_waves_pause_holds_is_one_of_its_wave() -> None:
    held = reviewed(Status.WAITING, Step.PUBLISH, wave="spring").progressed(held=live_scope("spring"))
    assert _Waits.is_in_wave(held)
