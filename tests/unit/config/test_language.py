from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import SettingsError
from config.language import language
from config.loading import load_settings
from config.sources import LANGUAGE_VARIABLE
from tests.unit.config.conftest import problems

LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")
WRONG = "MPRELEASE_LANGUAGE: Input should be 'en' or 'zh'"


@pytest.fixture(autouse=True)
def _no_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LOCALES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", LOCALES)
@pytest.mark.parametrize(
    "locale", ["zh_CN.UTF-8", "zh_CN", "zh_TW.UTF-8", "zh_HK.Big5", "zh_CN.GB18030@stroke", "zh"]
)
def test_a_chinese_locale_makes_it_chinese(name: str, locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, locale)

    assert language() == "zh"


@pytest.mark.parametrize("locale", ["", "C", "C.UTF-8", "POSIX", "en_US.UTF-8", "de_DE", "ja_JP.UTF-8"])
def test_any_other_locale_leaves_it_english(locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", locale)

    assert language() == "en"


def test_without_a_locale_it_is_english() -> None:
    assert language() == "en"


@pytest.mark.parametrize(
    ("over", "under"), [("LC_ALL", "LC_MESSAGES"), ("LC_MESSAGES", "LANG"), ("LC_ALL", "LANG")]
)
def test_one_locale_is_over_the_other_unless_it_is_empty(
    over: str, under: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(under, "zh_CN.UTF-8")
    monkeypatch.setenv(over, "C")
    assert language() == "en"

    monkeypatch.setenv(over, "")
    assert language() == "zh"


@pytest.mark.parametrize(("said", "locale"), [("en", "zh_CN.UTF-8"), ("zh", "en_US.UTF-8")])
def test_the_setting_is_over_the_locale(said: str, locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setenv(LANGUAGE_VARIABLE, said)

    assert language() == said
    assert load_settings()


@pytest.mark.parametrize("name", [LANGUAGE_VARIABLE, LANGUAGE_VARIABLE.lower()])
def test_it_is_read_from_where_every_setting_is_read_in_the_same_order(
    name: str, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (secrets / name).write_text("zh\n")
    assert language() == "zh"
    Path(".env").write_text(f"{name}='en'\n")
    assert language() == "en"
    monkeypatch.setenv(name, "zh")
    assert language() == "zh"
    monkeypatch.setenv(name, "")
    assert language() == "en"
    assert load_settings()


@pytest.mark.parametrize("wrong", ["fr", "ZH", "zh_CN", "zh_CN.UTF-8", "chinese", "中文"])
@pytest.mark.parametrize("place", ["environment", "dot_env", "file"])
def test_any_other_language_is_an_error_as_of_every_setting(
    wrong: str, place: str, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place == "environment":
        monkeypatch.setenv(LANGUAGE_VARIABLE, wrong)
    elif place == "dot_env":
        Path(".env").write_text(f"{LANGUAGE_VARIABLE}={wrong}\n", encoding="utf-8")
    else:
        (secrets / LANGUAGE_VARIABLE).write_text(wrong, encoding="utf-8")

    assert problems() == [WRONG]
    with pytest.raises(SettingsError) as caught:
        language()
    assert caught.value.problems == [WRONG]


def test_it_is_told_together_with_what_else_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LANGUAGE_VARIABLE, "fr")
    monkeypatch.setenv("MPRELEASE_RETRY__MAX_ATTEMPTS", "none")

    told = problems()
    assert [problem.partition(":")[0] for problem in told] == [
        "MPRELEASE_RETRY__MAX_ATTEMPTS",
        LANGUAGE_VARIABLE,
    ]


def test_files_that_cannot_be_read_are_told_with_the_other_settings_and_not_here(secrets: Path) -> None:
    Path(".env").write_bytes(b"MPRELEASE_LANGUAGE=\xff\xfe")
    (secrets / LANGUAGE_VARIABLE).write_bytes(b"\xff")

    assert language() == "en"
    assert [problem for problem in problems() if "can't be read" in problem]
