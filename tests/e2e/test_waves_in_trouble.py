"""What is foreseen of a wave, what is said where nobody works on it, and how a wrong one is enqueued again."""

import json
from pathlib import Path

import pytest

from tests.e2e.test_waves import NO_TEMPLATE, WAVE, enqueue, statuses, watching, wave
from tests.support.workers import Platform, wait_for


def a_wave(platform: Platform, directory: Path, number: int) -> tuple[list[str], tuple[str, ...]]:
    """The Mini Programs of a wave, and the options that enqueue it, but for the template."""
    appids = [platform.mini_program() for _ in range(number)]
    path = directory / "wave.csv"
    path.write_text("appid\n" + "\n".join(appids))
    return appids, ("--wave", WAVE, "--user-version", "2.0", "--user-desc", "faster", "--file", str(path))


@pytest.mark.long
def test_a_wave_with_a_wrong_template_is_enqueued_again_with_the_right_one(
    own_platform: Platform, tmp_path: Path
) -> None:
    platform = own_platform
    appids, common = a_wave(platform, tmp_path, 6)
    with platform.worker():
        platform.run("enqueue", *common, "--template-id", "99", "--canary", "2")
        (report,) = platform.documents("wave", WAVE, "--watch", code=1)
        assert report["state"] == "braked"
        (cause,) = [cause for cause in report["causes"] if cause["status"] == "blocked"]
        assert (cause["step"], cause["errcode"]) == ("ensure_domains", NO_TEMPLATE)
        assert "--supersede" in cause["remedy"]
        assert [platform.called(appid) for appid in appids] == [[]] * 6

        refused = platform.run("enqueue", *common, "--template-id", "1", "--canary", "2", code=1)
        assert "supersede" in refused.stderr
        again = ("enqueue", *common, "--template-id", "1", "--supersede")
        platform.run(*again, "--canary", "2")
        (report,) = platform.documents("wave", WAVE, "--watch")
        assert (report["total"], report["counts"]["submitted"], report["state"]) == (6, 6, "over")
        assert report["causes"] == []
        assert len(platform.documents("list", "--wave", WAVE, "--status", "cancelled")) == 6


@pytest.mark.long
def test_without_a_canary_a_braked_wave_says_what_lets_it_go_on(
    own_platform: Platform, tmp_path: Path
) -> None:
    platform = own_platform
    _, common = a_wave(platform, tmp_path, 4)
    with platform.worker():
        platform.run("enqueue", *common, "--template-id", "99", "--canary", "1")
        platform.run("wave", WAVE, "--watch", code=1)

        said = platform.run("enqueue", *common, "--template-id", "1", "--supersede").stderr

        assert f"wave {WAVE} is braked, so its releases wait" in said
        command = f"mprelease resume --wave {WAVE}"
        assert command in said
        wait_for(lambda: statuses(platform) == {"waiting": 4})
        platform.run(*command.split()[1:])
        (report,) = platform.documents("wave", WAVE, "--watch")
        assert (report["total"], report["counts"]["submitted"]) == (4, 4)


@pytest.mark.long
def test_a_plan_foresees_a_template_that_does_not_exist_and_audits_that_run(
    own_platform: Platform, tmp_path: Path
) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(3)]
    with platform.worker():
        platform.enqueue(*(platform.request(appid, user_version="0.9") for appid in appids[:2]))
    path = tmp_path / "wave.jsonl"
    path.write_text("\n".join(json.dumps(platform.request(appid, template_id=99)) for appid in appids))

    planned = platform.run("enqueue", "--file", str(path), "--plan", code=1)

    (template,) = [line for line in planned.stderr.splitlines() if "85014" in line]
    assert template.startswith("      3  85014 template 99 does not exist; the library has 3, 2, 1")
    (audit,) = [line for line in planned.stderr.splitlines() if "0.9" in line]
    assert audit.startswith("      2  version 0.9"), planned.stderr
    assert len(platform.sim("GET", "calls", endpoint="gettemplatelist")["calls"]) == 1

    platform.sim(
        "POST", "faults", {"endpoint": "gettemplatelist", "kind": "errcode", "errcode": 48001, "times": -1}
    )
    path.write_text(json.dumps(platform.request(appids[2], template_id=1)))
    planned = platform.run("enqueue", "--file", str(path), "--plan")
    assert "the template library is unknown" in planned.stderr


@pytest.mark.long
def test_a_wave_that_nobody_works_on_has_no_speed_and_says_what_is_overdue(own_platform: Platform) -> None:
    platform = own_platform
    appids = [platform.mini_program() for _ in range(8)]
    for appid in appids[5:]:
        platform.hold(appid, "commit")
    short = {"MPRELEASE_WORKER__STEP_DEADLINE_S": "10", "MPRELEASE_WECHAT__READ_TIMEOUT_S": "5"}
    with platform.worker(**short) as worker:
        enqueue(platform, appids)
        wait_for(lambda: statuses(platform).get("submitted") == 5)
        assert wave(platform)["workers_answer"] is True
        worker.process.kill()

        report = wave(platform)
        assert (report["workers_answer"], report["estimated_end"], report["per_minute"]) == (False, None, 0)
        assert "No worker answers. Start one: mprelease worker" in platform.run("wave", WAVE).stderr
        wait_for(lambda: wave(platform)["overdue"] == 3, patience_s=60)
        said = platform.run("wave", WAVE).stderr
        assert "3 releases are overdue. No worker answers" in said
        with watching(platform) as watched:
            assert watched.stderr is not None
            lines = iter(watched.stderr.readline, "")
            assert next(line for line in lines if "3 releases are overdue. No worker answers" in line)
        platform.let_go()
