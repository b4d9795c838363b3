from __future__ import annotations

import pytest

from config.loading import load_settings
from tests.unit.config.conftest import problems

URL, KEY, SOURCE = (f"MPRELEASE_TOKENS__{name}" for name in ("URL", "KEY", "SOURCE"))
RIGHT = "https://backend.example.com/tokens/{appid}"
SECRET = "sk-0123456789abcdef"


@pytest.mark.parametrize(
    ("given", "lacking"),
    [({}, (URL, KEY)), ({URL: RIGHT}, (KEY,)), ({KEY: SECRET}, (URL,))],
    ids=["neither", "no key", "no url"],
)
def test_who_borrows_needs_an_address_and_a_key(
    given: dict[str, str], lacking: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {SOURCE: "http", **given}.items():
        monkeypatch.setenv(name, value)
    (said,) = problems()
    assert [name for name in (URL, KEY) if name in said] == list(lacking)
    assert SECRET not in said


@pytest.mark.parametrize(
    "url",
    [
        RIGHT,
        "https://h:8443/?of={appid}",
        "http://127.0.0.1:8100/api/v1/tokens/{appid}",
        "http://[::1]/{appid}",
        "http://localhost/{appid}",
    ],
)
def test_an_address_that_can_be_asked_is_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, url)
    assert load_settings().tokens.url == url


@pytest.mark.parametrize(
    "url",
    [
        "backend/{appid}",
        "ftp://backend/{appid}",
        "https://backend/tokens",
        "https://{appid}.example.com/",
        "https://backend/#{appid}",
        "https:///{appid}",
        "http://backend.example.com/{appid}",
        "http://localhost.example.com/{appid}",
        "http://10.0.0.1/{appid}",
        f"https://user:{SECRET}@backend/{{appid}}",
        f"https://{SECRET}@backend/{{appid}}",
        "https://backend:port/{appid}",
        "https://backend:99999/{appid}",
        "https://[backend/{appid}",
        "https://bäckend/{appid}",
    ],
)
def test_an_address_that_can_not_be_asked_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, url)
    (said,) = problems()
    assert said.startswith(f"{URL}: ")
    assert SECRET not in said


def test_a_key_that_fits_into_no_header_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "schlüssel")
    assert problems() == [f"{KEY}: has a character that is not ASCII: copy it again"]


@pytest.mark.parametrize(
    ("source", "lacking"),
    [
        ("own", ["MPRELEASE_PLATFORM__APPID", "MPRELEASE_PLATFORM__APPSECRET"]),
        ("http", ["MPRELEASE_PLATFORM__APPID"]),
    ],
)
def test_who_borrows_needs_no_secret_of_the_platform(
    source: str, lacking: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {SOURCE: source, URL: RIGHT, KEY: SECRET}.items():
        monkeypatch.setenv(name, value)
    assert load_settings().lacking == lacking
