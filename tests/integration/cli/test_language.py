"""Commands on records that hold English, in the language of whoever looks at them."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from db.database import Database
from releases.record import Event, Problem, Progress, Release
from releases.remedies import TRIAL_REPLACED
from releases.scope import Scope
from releases.second_half import Review, ReviewStatus
from releases.states import Status, Step
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from tests.support import forks
from tests.support.bilingual import is_chinese
from tests.support.examples import NOW, a_release, a_request
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
    return said(0, url, *typed, **environment)


def said(code: int, url: str, *typed: str, **environment: str) -> str:
    """The same of one that ends so."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    settings = {"MPRELEASE_REDIS__URL": url, "MPRELEASE_SECRETS_DIR": ""}
    ran = forks.run(
        typed, environment={**rest, **settings, **environment}, directory=ROOT, typed="", timeout_s=30
    )
    assert ran.returncode == code, ran
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


def test_what_happened_and_who_ordered_what_is_told_in_chinese(
    blocked: Release, redis_client: redis.Redis, redis_url: str
) -> None:
    store, ids = ReleaseStore(Database(redis_client)), list[str]()
    stands: list[dict[str, Any]] = [
        {"status": Status.SUBMITTED, "auditid": 7, "review": Review(status=ReviewStatus.IN_REVIEW)},
        {"status": Status.CANCELLED, "progress": Progress(cancelled_because="superseded by release abcd")},
        {"status": Status.WAITING, "wait": REPLACED, "next_attempt_at": NOW},
        {"status": Status.WAITING, "wait": REPLACED, "next_attempt_at": NOW + timedelta(days=36500)},
    ]
    for number, fields in enumerate(stands, start=5):
        stored = created(store, a_release(a_request(appid=f"wx{number:016x}")))
        event = Event(time=NOW, step=Step.SUBMIT_AUDIT, what="submitted as audit 7", by="cli:anna")
        happened = stored.release.model_copy(update={"history": (event,)})
        ids.append(store.save(stored, happened.model_copy(update=fields)).release.id)

    shown = run(redis_url, "show", ids[0], MPRELEASE_LANGUAGE="zh")
    assert "已提交审核，编号 7 (cli:anna)" in shown
    listed = run(redis_url, "list", MPRELEASE_LANGUAGE="zh")
    for text in ("审核 7：审核中", "被发版 abcd 取代", "(已到时间，正在等 worker 处理)", "(下次重试：21"):
        assert text in listed
    run(redis_url, "resume", "--status", "blocked", "--errcode", "85018", MPRELEASE_LANGUAGE="zh")
    run(redis_url, "resume", "--wave", "w", "--max-blocked", "5", MPRELEASE_LANGUAGE="zh")
    assert "受阻或失败最多 5%" in run(redis_url, "log", MPRELEASE_LANGUAGE="zh")
    refused = said(1, redis_url, "publish", "--yes", blocked.id, MPRELEASE_LANGUAGE="zh")
    assert is_chinese(refused)
    nobody = said(1, redis_url, "show", "ffff", MPRELEASE_LANGUAGE="zh")
    assert "没有 ID 为 'ffff' 的发版" in nobody
    assert "mprelease list" in nobody


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
