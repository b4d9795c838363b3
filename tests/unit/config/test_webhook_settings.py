from __future__ import annotations

from base64 import b64encode

import pytest

from config.loading import load_settings
from tests.unit.config.conftest import problems

SECRET = f"whsec_{b64encode(bytes(range(32))).decode()}"
URL, SECRETS = "MPRELEASE_WEBHOOK__URL", "MPRELEASE_WEBHOOK__SECRET"


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "https://hooks.example.com:8443/a?token=b",
        "https://10.0.0.1/a",
        "http://127.0.0.1:8000/a",
        "http://127.8.8.8/",
        "http://[::1]:8000/a",
        "http://localhost:8000",
    ],
)
def test_a_url_that_nobody_else_reads_can_be_used(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, url)
    monkeypatch.setenv(SECRETS, SECRET)
    assert load_settings().webhook.url.get_secret_value() == url


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/hunter2",
        "http://localhost.example.com/hunter2",
        "http://10.0.0.1/hunter2",
        "ftp://hooks.example.com/hunter2",
        "hooks.example.com/hunter2",
        "https:///hunter2",
        "https://user:hunter2@hooks.example.com",
        "https://[hunter2",
        "https://hooks.example.com:hunter2/",
        "https://hooks.example.com:99999/hunter2",
    ],
)
def test_any_other_url_is_refused_and_not_shown(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, url)
    monkeypatch.setenv(SECRETS, SECRET)
    (problem,) = problems()
    assert problem == f"{URL}: must be https://host[:port]/path, or http:// on this machine (127.0.0.1)"


def test_a_url_needs_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, "https://hooks.example.com")
    assert problems() == [f"MPRELEASE_WEBHOOK: {URL} needs {SECRETS} as well"]


@pytest.mark.parametrize("separator", [",", "\n", " , "])
def test_several_secrets_are_keys_in_their_order(separator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = f"whsec_{b64encode(bytes(24)).decode()}"
    monkeypatch.setenv(SECRETS, separator.join([SECRET, other]))
    assert load_settings().webhook.keys == [bytes(range(32)), bytes(24)]


@pytest.mark.parametrize(
    "secret",
    [
        "hunter2",
        SECRET.removeprefix("whsec_"),
        f"whsec_{b64encode(bytes(23)).decode()}",
        f"whsec_{b64encode(bytes(65)).decode()}",
        "whsec_hunter2-hunter2-hunter2-hunter2-hunter2",
        "whsec_",
    ],
)
def test_what_is_no_secret_is_refused_and_not_shown(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRETS, f"{SECRET},{secret}")
    (problem,) = problems()
    assert problem == (
        f"{SECRETS}: number 2 is no secret of Standard Webhooks, which is whsec_ and 24 to 64 bytes in base64"
    )
