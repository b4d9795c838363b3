from __future__ import annotations

from pathlib import Path

import pytest

from config.loading import load_settings
from tests.unit.config.conftest import problems

URLS = tuple(f"MPRELEASE_NOTIFY__{name}_URL" for name in ("WECOM", "DINGTALK", "FEISHU"))
URL = "https://robots.example.com/send?key=hunter2"
PAGE = "MPRELEASE_NOTIFY__PAGE_URL"


def test_nobody_is_told_by_default() -> None:
    settings = load_settings().notify
    assert (settings.language, settings.page_url) == ("en", "")
    assert not settings.wecom_url.get_secret_value()


@pytest.mark.parametrize("variable", URLS)
@pytest.mark.parametrize("url", [URL, "http://127.0.0.1:8000/send?key=hunter2"])
def test_a_robot_that_nobody_else_reads_can_be_used(
    variable: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, url)
    settings = load_settings()
    name = variable.partition("__")[2].lower()
    assert getattr(settings.notify, name).get_secret_value() == url
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("variable", URLS)
@pytest.mark.parametrize(
    "url", ["http://robots.example.com/hunter2", "robots.example.com/hunter2", "https://u:hunter2@a.example"]
)
def test_any_other_is_refused_and_not_shown(variable: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, url)
    assert problems() == [
        f"{variable}: must be https://host[:port]/path, or http:// on this machine (127.0.0.1)"
    ]


@pytest.mark.parametrize("name", ["DINGTALK", "FEISHU"])
def test_a_secret_needs_its_url(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"MPRELEASE_NOTIFY__{name}_SECRET", "hunter2")
    (problem,) = problems()
    assert problem == (
        f"MPRELEASE_NOTIFY: MPRELEASE_NOTIFY__{name}_SECRET needs MPRELEASE_NOTIFY__{name}_URL as well"
    )


def test_they_are_read_from_secret_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MPRELEASE_SECRETS_DIR", str(tmp_path))
    (tmp_path / "mprelease_notify__dingtalk_url").write_text(f"{URL}\n")
    (tmp_path / "mprelease_notify__dingtalk_secret").write_text("SEC123\n")
    settings = load_settings().notify
    assert settings.dingtalk_url.get_secret_value() == URL
    assert settings.dingtalk_secret.get_secret_value() == "SEC123"


@pytest.mark.parametrize("url", ["https://releases.example.com/", "http://10.0.0.1:8080/mprelease"])
def test_the_page_may_be_anywhere(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PAGE, url)
    assert load_settings().notify.page_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "releases.example.com",
        "ftp://a.example",
        "https://",
        "https://a.example/?x=1",
        "https://a.example/#x",
        "https://u@a.example",
        "https://a.example/x)",
        "https://发版.example",
        "https://a.example:99999",
        f"https://a.example/{'x' * 200}",
    ],
)
def test_what_can_be_no_link_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PAGE, url)
    (problem,) = problems()
    assert problem.startswith(f"{PAGE}: must be http(s)://host")


def test_there_are_two_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_NOTIFY__LANGUAGE", "fr")
    assert problems() == ["MPRELEASE_NOTIFY__LANGUAGE: Input should be 'en' or 'zh'"]
