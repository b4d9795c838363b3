"""What is under audit, as an operator sees it and what can be done about it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
import redis

from cli.commands.live.audits import lasting
from releases.record import Release
from releases.second_half import Review, ReviewStatus
from releases.states import Status
from releases.store import keys
from releases.store.places import Lane, looked_at
from releases.store.records import ReleaseStore
from tests.integration.cli.conftest import Command
from tests.integration.wechat.server import ScriptedWeChat, refusal
from tests.support.examples import APPID as SHOP
from tests.support.examples import a_request
from tests.support.records import at, created

MINUTE = 60
REASON = "1: the category does not fit\n2: see the pictures \x1b[31m"


def reviewed(store: ReleaseStore, appid: str, stands: Status, /, **review: object) -> Release:
    """A release whose audit was submitted; one that is under audit is looked at in an hour."""
    before = created(store, Release.of(a_request(appid=appid, wave="spring"), at(0)))
    facts = {"status": ReviewStatus.IN_REVIEW, **review}
    fields = {"status": stands, "auditid": 4711, "review": Review.model_validate(facts)}
    place = looked_at(at(3600)) if stands is Status.SUBMITTED else None
    return store.save(before, before.release.model_copy(update=fields), place=place).release


@pytest.fixture
def waiting(store: ReleaseStore) -> list[Release]:
    """Three under audit, the longest first."""
    return [
        reviewed(store, SHOP, Status.SUBMITTED, status="delayed", submitted_at=at(-90 * MINUTE)),
        reviewed(store, "wx0000000000000002", Status.SUBMITTED, submitted_at=at(-50 * 3600)),
        reviewed(store, "wx0000000000000003", Status.SUBMITTED, submitted_at=at(-5 * MINUTE)),
    ]


def test_audits_are_listed_the_longest_first(command: Command, waiting: list[Release]) -> None:
    shown = command("audits").stdout.splitlines()
    assert [line.split("  ")[3] for line in shown] == [
        "in review for 2 d 2 h",
        "delayed for 1 h 30 min",
        "in review for 5 min",
    ]
    listed = [json.loads(line)["id"] for line in command("audits", "--json").stdout.splitlines()]
    assert listed == [waiting[1].id, waiting[0].id, waiting[2].id]
    assert command("audits", "--wave", "Sprnig", code=1).stdout == ""


def test_nothing_under_audit_is_no_error(command: Command, store: ReleaseStore) -> None:
    reviewed(store, SHOP, Status.APPROVED)
    ended = command("audits", "--ask")
    assert (ended.stdout, ended.stderr) == ("", "nothing is under audit\n")


def test_asking_has_them_looked_at_next_and_nothing_else(
    command: Command, waiting: list[Release], redis_client: redis.Redis
) -> None:
    command("audits")  # whoever comes first brings the records up to date
    index = keys.due(Lane.LOOKS)
    redis_client.zrem(index, waiting[2].id)  # a worker has taken it at this moment
    assert "2 audits will be read" in command("audits", "--ask").stderr
    now = at(0).timestamp()
    scores = dict(cast("list[tuple[str, float]]", redis_client.zrange(index, 0, -1, withscores=True)))
    assert set(scores) == {release.id for release in waiting[:2]}
    assert max(scores.values()) <= now
    assert "0 audits will be read" in command("audits", "--ask").stderr


@pytest.mark.parametrize(
    ("minutes", "said"), [(-1, "0 min"), (59, "59 min"), (60, "1 h 0 min"), (24 * 60, "1 d 0 h")]
)
def test_how_long_is_said_in_the_two_largest_units(minutes: int, said: str) -> None:
    assert lasting(timedelta(minutes=minutes)) == said


def test_an_audit_is_sped_up_once_and_the_history_says_by_whom(
    command: Command, wechat: ScriptedWeChat, waiting: list[Release], store: ReleaseStore
) -> None:
    wechat.on("/wxa/speedupaudit", {}, refusal(89404), refusal(89405))
    told = command("speed-up", waiting[0].id, "--reason", "a holiday", "--as", "anna", "--json").stdout
    assert json.loads(told)["history"][-1]["what"] == "audit 4711 sped up"
    assert wechat.calls("/wxa/speedupaudit")[0].fields == {"auditid": 4711}
    assert "1 audit sped up" in command("speed-up", waiting[0].id, "--as", "anna").stderr  # it is already
    refused = command("speed-up", waiting[0].id, code=1).stderr
    assert "89405" in refused
    stored = store.get(waiting[0].id)
    assert stored is not None
    assert [event.by for event in stored.release.history][-1] == "cli:anna"


def test_what_is_not_under_audit_is_not_sped_up(
    command: Command, wechat: ScriptedWeChat, store: ReleaseStore
) -> None:
    approved = reviewed(store, SHOP, Status.APPROVED)
    assert "is approved, not under audit" in command("speed-up", approved.id, code=1).stderr
    assert wechat.calls("/wxa/speedupaudit") == []


def test_a_withdrawal_is_ordered_and_left_to_a_worker(
    command: Command, wechat: ScriptedWeChat, waiting: list[Release], store: ReleaseStore
) -> None:
    (told,) = map(
        json.loads, command("withdraw", waiting[0].id, "--as", "anna", "--json").stdout.splitlines()
    )
    assert (told["status"], told["history"][-1]["by"]) == ("submitted", "cli:anna")
    assert wechat.server.requests == []
    approved = reviewed(store, "wx0000000000000004", Status.APPROVED)
    assert f"mprelease publish {approved.id}" in command("withdraw", approved.id, code=1).stderr


@pytest.fixture
def rejected(store: ReleaseStore) -> Release:
    pictures = ("../../evil", "media-2", "media-3")
    return reviewed(store, SHOP, Status.REJECTED, status="rejected", reason=REASON, screenshots=pictures)


def test_a_rejection_is_shown_line_by_line_with_the_next_command(command: Command, rejected: Release) -> None:
    shown = command("show", rejected.id).stdout
    assert "          review  rejected\n" in shown
    assert "                  1: the category does not fit\n" in shown
    assert "                  2: see the pictures [31m\n" in shown
    assert f"3 screenshots: mprelease show {rejected.id} --screenshots DIR" in shown
    (listed,) = command("list").stdout.splitlines()
    for told in (shown, listed):
        assert f"mprelease resume {rejected.id}" in told
    assert "audit 4711 rejected: 1: the category does not fit 2: see" in listed


def test_its_pictures_are_fetched_under_names_of_ours(
    command: Command, wechat: ScriptedWeChat, rejected: Release, tmp_path: Path
) -> None:
    wechat.on("/cgi-bin/material/get_material", b"\x89PNG one", refusal(40007), b"\xff\xd8\xff three")
    folder = tmp_path / "pictures" / "of it"
    ended = command("show", rejected.id, "--json", "--screenshots", str(folder), code=1)
    assert json.loads(ended.stdout)["id"] == rejected.id
    assert "screenshot 2: 40007" in ended.stderr
    assert "2 screenshots fetched" in ended.stderr
    found = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert found == {
        f"pictures/of it/{rejected.id}-1.png": b"\x89PNG one",
        f"pictures/of it/{rejected.id}-3.jpg": b"\xff\xd8\xff three",
    }
    asked = [request.fields for request in wechat.calls("/cgi-bin/material/get_material")]
    assert asked == [{"media_id": name} for name in ("../../evil", "media-2", "media-3")]


def test_a_folder_that_can_not_be_written_is_told(
    command: Command, wechat: ScriptedWeChat, rejected: Release, tmp_path: Path
) -> None:
    wechat.on("/cgi-bin/material/get_material", b"GIF89a")
    (tmp_path / "file").touch()
    assert "file" in command("show", rejected.id, "--screenshots", "file", code=2).stderr


def test_a_release_without_pictures_is_no_error(command: Command, waiting: list[Release]) -> None:
    assert "no screenshots" in command("show", waiting[0].id, "--screenshots", "there").stderr
