"""Commands on records that hold English, in the language of whoever looks at them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import redis

from db.database import Database
from releases.record import Problem, Release
from releases.remedies import TRIAL_REPLACED
from releases.scope import Scope
from releases.states import Status, Step
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from tests.support import forks
from tests.support.bilingual import is_chinese
from tests.support.examples import a_release, a_request
from tests.support.records import created
from wechat.errcodes.chinese import chinese_of

ROOT = Path(__file__).parents[3]
CHINESE = ({"LANG": "zh_CN.UTF-8"}, {"MPRELEASE_LANGUAGE": "zh", "LANG": "en_US.UTF-8"})
ENGLISH = {"MPRELEASE_LANGUAGE": "en", "LANG": "zh_CN.UTF-8"}
UNREGISTERED = Problem(
    step=Step.ENSURE_DOMAINS,
    errcode=85018,
    errmsg="domain is not set",
    domains={"requestdomain": ["https://pay.example.com"]},
    # As a version before wrote it, in other words than those of today's row.
    remedy="Register the domain, then resume.",
)
REPLACED = Problem(step=Step.SUBMIT_AUDIT, errmsg="the trial version is version 2", remedy=TRIAL_REPLACED())
NEWER = Problem(step=Step.SUBMIT_AUDIT, errmsg="odd", remedy="Ask the newer version.")


@pytest.fixture
def blocked(redis_client: redis.Redis) -> Release:
    """The first of three that are blocked for three reasons, all of one wave."""
    store = ReleaseStore(Database(redis_client))
    made = []
    for number, problem in enumerate((UNREGISTERED, REPLACED, NEWER)):
        stored = created(store, a_release(a_request(appid=f"wx{number:016x}", wave="w")))
        made.append(
            stored.release.model_copy(
                update={"status": Status.BLOCKED, "step": problem.step, "block": problem}
            )
        )
        store.save(stored, made[-1])
    return made[0]


def run(url: str, *typed: str, **environment: str) -> str:
    """What a command says, wherever it says it."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    settings = {"MPRELEASE_REDIS__URL": url, "MPRELEASE_SECRETS_DIR": ""}
    ran = forks.run(
        typed, environment={**rest, **settings, **environment}, directory=ROOT, typed="", timeout_s=30
    )
    assert ran.returncode == 0, ran
    return ran.stdout + ran.stderr


@pytest.mark.parametrize("environment", CHINESE)
@pytest.mark.parametrize("command", [("list",), ("wave", "w")])
def test_those_who_read_chinese_are_told_in_chinese(
    command: tuple[str, ...], environment: dict[str, str], blocked: Release, redis_url: str
) -> None:
    told = run(redis_url, *command, **environment)

    row = chinese_of(85018)
    assert f"85018 {row.meaning} (domain is not set) [https://pay.example.com] -- {row.remedy}" in told
    assert f"the trial version is version 2 -- {TRIAL_REPLACED.chinese}" in told
    assert "odd -- Ask the newer version." in told
    assert UNREGISTERED.remedy not in told


@pytest.mark.parametrize("environment", CHINESE)
def test_show_tells_what_to_do_in_chinese(
    environment: dict[str, str], blocked: Release, redis_url: str
) -> None:
    assert chinese_of(85018).remedy in run(redis_url, "show", blocked.id, **environment)


@pytest.mark.parametrize("command", ["list", "wave w", "show"])
def test_others_are_told_in_english(command: str, blocked: Release, redis_url: str) -> None:
    typed = [*command.split(), *([blocked.id] if command == "show" else [])]
    told = run(redis_url, *typed, **ENGLISH)

    assert UNREGISTERED.remedy in told
    assert not is_chinese(told)


@pytest.mark.parametrize("command", ["list --json", "wave w --json", "show --json"])
def test_json_is_english_for_everybody(command: str, blocked: Release, redis_url: str) -> None:
    typed = [*command.split(), *([blocked.id] if command == "show --json" else [])]
    told = run(redis_url, *typed, **CHINESE[1])

    assert UNREGISTERED.remedy in told
    assert not is_chinese(told)
    assert told == run(redis_url, *typed, **ENGLISH)
    assert [json.loads(line) for line in told.splitlines()]


def test_a_pause_that_holds_a_wave_is_kept_in_english_and_shown_in_chinese(
    redis_client: redis.Redis, redis_url: str
) -> None:
    store, pauses = ReleaseStore(Database(redis_client)), Pauses(Database(redis_client))
    created(store, a_release(a_request(wave="w")))
    pauses.begin_by_hand(Scope.ALL, "delayed")
    kept = pauses.current(Scope.ALL)

    assert kept is not None
    assert kept.remedy == "`mprelease resume --platform` ends the pause."
    told = run(redis_url, "wave", "w", MPRELEASE_LANGUAGE="zh")
    assert "所有发版已由人暂停：delayed. 用 `mprelease resume --platform` 解除暂停。" in told
