import re
import shlex
import stat
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from config.loading import SettingsError, load_settings, variable_names
from config.settings import Settings
from config.sources import LANGUAGE_VARIABLE, PREFIX, SECRETS_DIR_VARIABLE
from tests.structure.files import VARIABLE, compose, text
from worker.app import create_app

EXAMPLE = text(".env.example")
ASSIGNMENT = re.compile(r"^#?(MPRELEASE_\w+)=(.*)$", re.MULTILINE)
SECRETS = {
    "MPRELEASE_REDIS__URL",
    "MPRELEASE_REDIS__SENTINEL_PASSWORD",
    "MPRELEASE_REDIS__ENCRYPTION_KEYS",
    "MPRELEASE_PLATFORM__APPSECRET",
    "MPRELEASE_WEBHOOK__SECRET",
    "MPRELEASE_NOTIFY__WECOM_URL",
    "MPRELEASE_NOTIFY__DINGTALK_URL",
    "MPRELEASE_NOTIFY__DINGTALK_SECRET",
    "MPRELEASE_NOTIFY__FEISHU_URL",
    "MPRELEASE_NOTIFY__FEISHU_SECRET",
    "MPRELEASE_TOKENS__KEY",
    "MPRELEASE_PLATFORM__PUSH_TOKEN",
    "MPRELEASE_PLATFORM__PUSH_KEYS",
    "MPRELEASE_WEB__PASSWORD",
}
APPSECRET = "pasted-0123456789"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable, no .env and no secret of whoever runs the tests."""
    for name in [*variable_names(), SECRETS_DIR_VARIABLE, LANGUAGE_VARIABLE]:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """The secrets as the example says they are made."""
    lines = [line.removeprefix("#   ") for line in EXAMPLE.splitlines() if line.startswith("#   ")]
    subprocess.run(
        ["sh", "-e", "-c", "\n".join(lines)], cwd=tmp_path, input=APPSECRET + "\n", text=True, check=True
    )
    return tmp_path / "secrets"


def test_every_setting_is_in_it() -> None:
    assert set(VARIABLE.findall(EXAMPLE)) == {*variable_names(), SECRETS_DIR_VARIABLE, LANGUAGE_VARIABLE}


def test_every_setting_but_the_secrets_has_a_line() -> None:
    names = [name for name, _ in ASSIGNMENT.findall(EXAMPLE)]
    assert sorted(names) == sorted({*variable_names(), SECRETS_DIR_VARIABLE, LANGUAGE_VARIABLE} - SECRETS)


def test_every_line_has_a_comment_before_it() -> None:
    lines = EXAMPLE.splitlines()
    for before, line in pairwise(lines):
        if ASSIGNMENT.match(line):
            assert before.startswith("# "), line


def test_a_number_of_seconds_is_said_to_be_one() -> None:
    lines = EXAMPLE.splitlines()
    for before, line in pairwise(lines):
        assignment = ASSIGNMENT.match(line)
        if assignment and assignment[1].endswith("_S"):
            assert before.startswith("# Seconds "), line


def test_what_it_shows_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = Settings()
    for name, value in ASSIGNMENT.findall(EXAMPLE):
        monkeypatch.setenv(name, value)
    assert load_settings() == defaults


def test_it_works_as_a_dot_env_file_as_it_is() -> None:
    defaults = Settings()
    Path(".env").write_text(EXAMPLE)
    assert load_settings() == defaults


def test_what_a_worker_does_not_start_without_is_marked() -> None:
    with pytest.raises(SettingsError) as lacking:
        create_app(load_settings()).check_for_worker()
    names = {VARIABLE.findall(problem)[0] for problem in lacking.value.problems}
    assert names == {"MPRELEASE_PLATFORM__APPID", "MPRELEASE_PLATFORM__APPSECRET"}
    paragraphs = re.findall(
        r"^(?:#(?: .*)?\n)*# REQUIRED(?:.*\n)(?:#.*\n)*(?:\w+=\n)?", EXAMPLE, re.MULTILINE
    )
    marked = "".join(paragraphs)
    for name in [*names, "MPRELEASE_DOMAINS__REQUESTDOMAIN"]:
        assert name in marked or name.lower() in marked, name


def test_the_secrets_it_makes_are_those_of_the_compose_file(secrets: Path) -> None:
    assert {path.name for path in secrets.iterdir()} == set(compose()["secrets"])


def test_the_secrets_it_makes_are_taken_and_agree(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRETS_DIR_VARIABLE, str(secrets))
    settings = load_settings()
    password = (secrets / "redis_password").read_text().strip()
    assert re.fullmatch("[0-9a-f]{48}", password)
    assert settings.redis.url.get_secret_value() == f"redis://:{password}@redis:6379/0"
    assert settings.platform.appsecret.get_secret_value() == APPSECRET
    assert settings.redis.encrypts
    assert re.fullmatch("[0-9a-f]{32}", settings.platform.push_token.get_secret_value())
    assert [len(key.get_secret_value()) for key in settings.platform.push_keys] == [43]


def test_the_secrets_are_readable_in_containers_and_shut_to_others_here(secrets: Path) -> None:
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {0o444}


def test_no_value_in_it_needs_quotes() -> None:
    assert all(
        len(shlex.split(value)) <= 1 for name, value in ASSIGNMENT.findall(EXAMPLE) if name.startswith(PREFIX)
    )
