"""Find a release or a wave, by whatever one knows of it."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest

from releases.record import Release
from releases.scope import wave_scope
from releases.states import Status, Step
from releases.store.pauses import Pause, Pauses
from releases.store.records import ReleaseStore
from tests.integration.cli.conftest import Command
from tests.support.examples import NOW, a_problem, a_release, a_request
from tests.support.records import created

APPID = "wx00000000000000a{}"


@pytest.fixture
def releases(store: ReleaseStore) -> list[Release]:
    """Four of two waves, an hour between them; the second is blocked."""
    made = []
    for number, wave in enumerate(("spring", "spring", "autumn", None)):
        request = a_request(appid=APPID.format(number), wave=wave, label=f"Shop {number} 茶")
        release = Release.of(request, NOW + timedelta(hours=number), f"abc{number}" + "0" * 28)
        made.append(created(store, release).release)
    blocked = store.get(made[1].id)
    assert blocked is not None
    problem = a_problem(errcode=85018, step="commit_code", rid="1-2", errmsg="no domain rid: 1-2")
    after = blocked.release.changed(
        "blocked: errcode 85018", NOW, step=Step.COMMIT_CODE, status=Status.BLOCKED, block=problem
    )
    made[1] = store.save(blocked, after).release
    return made


def ids(text: str) -> list[str]:
    return [json.loads(line)["id"] for line in text.splitlines()]


def test_waves_are_listed_newest_first_with_their_counts(command: Command, releases: list[Release]) -> None:
    listed = command("waves").stdout.splitlines()
    assert [line.split("  ")[2:] for line in listed] == [
        ["autumn", "1 release: 1 queued"],
        ["spring", "2 releases: 1 queued, 1 blocked"],
    ]
    assert listed[0].startswith("2026-03-14T11:26:53Z  running")

    limited = command("waves", "--limit", "1", "--json")
    (newest,) = map(json.loads, limited.stdout.splitlines())
    assert (newest["wave"], newest["state"], newest["total"]) == ("autumn", "running", 1)
    assert "1 older wave left out; --limit 2 shows all" in limited.stderr


def test_no_wave_is_no_error(command: Command) -> None:
    none = command("waves")
    assert (none.stdout, "no wave yet" in none.stderr) == ("", True)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), [0, 1, 2, 3]),
        (("--errcode", "85018"), [1]),
        (("--errcode", "85019"), []),
        (("--step", "commit_code"), [1]),
        (("--step", "ensure_domains", "--wave", "spring"), [0]),
        (("--label", "shop 2"), [2]),
        (("--label", "茶", "--status", "queued"), [0, 2, 3]),
        (("--limit", "2"), [2, 3]),
        (("--limit", "4"), [0, 1, 2, 3]),
    ],
)
def test_list_takes_what_one_knows(
    command: Command, releases: list[Release], options: tuple[str, ...], found: list[int]
) -> None:
    assert ids(command("list", "--json", *options).stdout) == [releases[number].id for number in found]


def test_list_says_how_many_a_limit_left_out(command: Command, releases: list[Release]) -> None:
    assert "2 older releases left out; --limit 4 shows all" in command("list", "--limit", "2").stderr
    assert command("list", "--limit", "4").stderr == ""


def test_list_as_csv_is_read_by_a_table_program(command: Command, releases: list[Release]) -> None:
    rows = list(csv.DictReader(io.StringIO(command("list", "--csv").stdout)))

    assert [row["id"] for row in rows] == [release.id for release in releases]
    blocked = rows[1]
    assert (blocked["label"], blocked["status"], blocked["errcode"]) == ("Shop 1 茶", "blocked", "85018")
    assert (blocked["errmsg"], blocked["rid"]) == ("no domain", "1-2")
    assert blocked["created_at"] == "2026-03-14T10:26:53Z"
    command("list", "--csv", "--json", code=2)


def test_a_cell_of_csv_is_no_formula(command: Command, store: ReleaseStore) -> None:
    created(store, a_release(a_request(label='=HYPERLINK("https://evil.example")')))
    (row,) = csv.DictReader(io.StringIO(command("list", "--csv").stdout))
    assert row["label"].startswith("'=")


def test_show_takes_the_beginning_of_an_id_and_an_appid(command: Command, releases: list[Release]) -> None:
    for name in (releases[2].id, "abc2", "ABC20", releases[2].appid):
        assert ids(command("show", name, "--json").stdout) == [releases[2].id]


def test_show_takes_the_newest_release_of_an_appid(
    command: Command, releases: list[Release], store: ReleaseStore
) -> None:
    first = store.get(releases[0].id)
    assert first is not None
    store.save(first, first.release.model_copy(update={"status": Status.SUBMITTED}))
    request = a_request(appid=releases[0].appid, user_version="2")
    newer = created(store, Release.of(request, NOW + timedelta(days=1))).release
    assert ids(command("show", newer.appid, "--json").stdout) == [newer.id]


def test_show_lists_what_a_beginning_can_mean(command: Command, store: ReleaseStore) -> None:
    for number in range(3):
        request = a_request(appid=APPID.format(number))
        created(store, Release.of(request, NOW + timedelta(hours=number), f"beef{number}" + "0" * 27))

    refused = command("show", "beef", code=1)

    assert refused.stdout == ""
    assert refused.stderr.startswith("3 ids begin with beef:")
    assert [line.split()[0][:5] for line in refused.stderr.splitlines()[1:]] == ["beef0", "beef1", "beef2"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("abc", "no release has the id 'abc'"),
        ("abcd", "no release has the id 'abcd'"),
        ("*" * 32, "no release has the id"),
        ("wx" + "9" * 16, "no release belongs to wx9999999999999999"),
    ],
)
def test_show_says_what_is_not_there(command: Command, releases: list[Release], name: str, said: str) -> None:
    assert said in command("show", name, code=1).stderr


@pytest.mark.parametrize(
    "typed",
    [("list", "--wave"), ("list", "--json", "--wave"), ("resume", "--wave"), ("cancel", "--wave"), ("wave",)],
)
def test_the_name_of_no_wave_is_an_error_that_names_near_ones(
    command: Command, releases: list[Release], typed: tuple[str, ...]
) -> None:
    refused = command(*typed, "Sprnig", code=1)

    assert refused.stdout == ""
    assert "no release belongs to a wave 'Sprnig'" in refused.stderr
    assert "Did you mean spring? All waves: mprelease waves" in refused.stderr


def test_a_list_that_is_empty_says_so(command: Command, releases: list[Release]) -> None:
    found = command("list", "--errcode", "85019")
    assert (found.stdout, found.stderr) == ("", "no release matches\n")


@pytest.mark.parametrize("typed", [("resume",), ("cancel",)])
def test_resume_and_cancel_take_an_errcode_and_a_step(
    command: Command, releases: list[Release], typed: tuple[str, ...]
) -> None:
    other = command(*typed, "--errcode", "85019", "--wave", "spring", code=1)
    assert "no release matches" in other.stderr
    assert "no release matches" in command(*typed, "--step", "submit_audit", code=1).stderr
    assert "All releases: mprelease list" in other.stderr
    short = command(*typed, releases[1].id[:8], code=1).stderr
    assert short.splitlines()[1:] == ["Only whole ids are taken here; all of them: mprelease list"]

    done = command(*typed, "--errcode", "85018", "--step", "commit_code", "--json")

    assert ids(done.stdout) == [releases[1].id]


def test_a_part_of_a_braked_wave_that_is_not_there_does_not_let_the_whole_go_on(
    command: Command, pauses: Pauses, releases: list[Release]
) -> None:
    pauses.begin(wave_scope("spring"), Pause(step=Step.ENSURE_DOMAINS, errmsg="braked", remedy="Resume it."))
    command("resume", "--wave", "spring", "--errcode", "1", code=1)
    (spring,) = map(json.loads, command("wave", "spring", "--json").stdout.splitlines())
    assert spring["stopped"] is not None


def test_the_history_keeps_who_and_why(
    command: Command, store: ReleaseStore, releases: list[Release]
) -> None:
    blocked = releases[1]
    command("resume", blocked.id, "--reason", "registered the domain", "--as", "anna")
    command("cancel", blocked.id, "--reason", "no longer wanted", LOGNAME="bo")

    events = json.loads(command("show", blocked.id, "--json").stdout)["history"]
    assert [(event["what"], event["by"], event["reason"]) for event in events] == [
        ("enqueued", None, None),
        ("blocked: errcode 85018", None, None),
        ("resumed", "cli:anna", "registered the domain"),
        ("cancelled by request", "cli:bo", "no longer wanted"),
    ]
    shown = command("show", blocked.id).stdout
    assert "resumed (cli:anna: registered the domain)" in shown
    assert "cancelled by request (cli:bo: no longer wanted)" in shown
    assert "cancelled by request: no longer wanted" in command("list", "--status", "cancelled").stdout
    assert "one line" in command("cancel", blocked.id, "--reason", "a\nb", code=2).stderr


def test_who_ends_a_pause_stands_in_the_history_of_those_that_it_held(
    command: Command, store: ReleaseStore, releases: list[Release]
) -> None:
    held = store.get(releases[3].id)
    assert held is not None
    command("pause", "--reason", "holiday", "--as", "anna")
    progress = held.release.progress.model_copy(update={"held": "all"})
    store.save(held, held.release.model_copy(update={"status": Status.WAITING, "progress": progress}))

    resumed = command("resume", "--platform", "--reason", "it is over", "--as", "bo")

    assert "the platform goes on, 1 release with it" in resumed.stderr
    last = json.loads(command("show", held.release.id, "--json").stdout)["history"][-1]
    assert (last["what"], last["by"], last["reason"]) == ("the platform goes on", "cli:bo", "it is over")


@pytest.mark.parametrize("typed", [("list",), ("show", "abcd"), ("wave", "w"), ("waves",)])
def test_a_command_that_only_reads_does_not_say_that_something_was_not_confirmed(
    command: Command, typed: tuple[str, ...]
) -> None:
    away = {"MPRELEASE_REDIS__URL": "redis://127.0.0.1:1/0"}
    said = command(*typed, code=3, **away).stderr
    assert "This command only reads: nothing was changed." in said
    assert "confirmed" not in said
    assert "confirmed" in command("cancel", "abcd", code=3, **away).stderr


def test_what_holds_a_wave_back_is_said_once(
    command: Command, store: ReleaseStore, pauses: Pauses, releases: list[Release]
) -> None:
    pause = Pause(step=Step.ENSURE_DOMAINS, errmsg="wave spring is braked: too many", remedy="Resume it.")
    pauses.begin(wave_scope("spring"), pause)
    first = store.get(releases[0].id)
    assert first is not None
    progress = first.release.progress.model_copy(update={"held": wave_scope("spring")})
    wait = a_problem(errmsg=pause.errmsg, remedy=pause.remedy)
    held = first.release.model_copy(update={"status": Status.WAITING, "wait": wait, "progress": progress})
    store.save(first, held)

    said = command("wave", "spring").stderr

    assert said.count("too many") == 1
    assert said.count("Resume it.") == 1
    assert "1 held back" in said
    assert "1  blocked at commit_code: 85018" in said
