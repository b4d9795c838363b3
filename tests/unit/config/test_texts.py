"""What stands around a setting's value in a file or a shell: taken away where it can't be meant, refused where it may be."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from config.loading import load_settings, variable_names
from config.settings import Settings
from tests.unit.config.conftest import SECRET, problems
from tests.unit.config.test_settings import VALUES, plain

APPSECRET = "MPRELEASE_PLATFORM__APPSECRET"
SECRETS = (APPSECRET, "MPRELEASE_PLATFORM__PUSH_TOKEN", "MPRELEASE_REDIS__SENTINEL_PASSWORD")
#: What editors, Windows and shells leave at the ends of a value.
ENDS = {
    "a line end": b"%b\n",
    "line ends of Windows": b"%b\r\n\r\n",
    "a CR alone": b"%b\r",
    "a BOM": b"\xef\xbb\xbf%b",
    "a BOM and blanks": b" \xef\xbb\xbf \t%b\xc2\xa0 ",
}
#: What nobody can tell from a value.
INSIDE = {
    "double quotes": '"{}"',
    "single quotes": "'{}'",
    "quotes of a word processor": "“{}”",
    "a blank": "hun {}",
    "a line end": "hun\n{}",
    "a tab": "hun\t{}",
    "an invisible blank": "hun\u200b{}",
    "a BOM": "hun\ufeff{}",
    "zeros, as in UTF-16": "h\0u\0{}",
}


def loaded(variable: str) -> object:
    section, name = variable.removeprefix("MPRELEASE_").lower().split("__")
    return plain(getattr(getattr(load_settings(), section), name))


@pytest.mark.parametrize("ends", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("variable", [*SECRETS, "MPRELEASE_PLATFORM__APPID", "MPRELEASE_REDIS__URL"])
def test_what_stands_at_the_ends_of_a_secret_file_is_taken_away(
    variable: str, ends: bytes, secrets: Path
) -> None:
    text, _ = VALUES[variable]
    (secrets / variable).write_bytes(ends % text.encode())

    assert loaded(variable) == text


@pytest.mark.parametrize("ends", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("variable", SECRETS)
def test_what_stands_at_the_ends_of_a_variable_is_taken_away(
    variable: str, ends: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, (ends % SECRET.encode()).decode())

    assert loaded(variable) == SECRET


@pytest.mark.parametrize("text", INSIDE.values(), ids=INSIDE)
@pytest.mark.parametrize("variable", [*SECRETS, "MPRELEASE_PLATFORM__APPID"])
def test_what_may_be_meant_or_not_is_refused_under_the_name_of_the_variable(
    variable: str, text: str, secrets: Path
) -> None:
    (secrets / variable).write_text(text.format(SECRET), encoding="utf-8")

    (problem,) = problems()
    assert problem.startswith(f"{variable}: has ")
    assert "write the value alone" in problem


@pytest.mark.parametrize("text", [f'"{SECRET}', f"{SECRET}'", f'"{SECRET}",', f"ｈ{SECRET}"])  # noqa: RUF001
@pytest.mark.parametrize(
    "variable", [APPSECRET, "MPRELEASE_PLATFORM__PUSH_TOKEN", "MPRELEASE_PLATFORM__APPID"]
)
def test_what_wechat_never_issues_is_refused(
    variable: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, text)

    (problem,) = problems()
    assert problem.startswith(f"{variable}: has ")


@pytest.mark.parametrize("variable", variable_names())
def test_quotes_around_any_value_are_refused_under_the_name_of_the_variable(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f'"{VALUES[variable][0]}"')

    assert f"{variable}: has quotes around it: write the value alone" in problems()


@pytest.mark.parametrize("content", [SECRET.encode("utf-16"), SECRET.encode() + b"\xff"])
def test_a_secret_file_in_another_encoding_is_named(content: bytes, secrets: Path) -> None:
    (secrets / APPSECRET).write_bytes(content)

    (problem,) = problems()
    assert problem.startswith(f"{APPSECRET}: ")
    assert "save it as UTF-8" in problem


def test_a_bom_before_the_first_name_of_a_dot_env_file_hides_no_setting() -> None:
    Path(".env").write_bytes(b"\xef\xbb\xbfMPRELEASE_PLATFORM__APPSECRET=pasted\r\n")
    assert loaded(APPSECRET) == "pasted"

    Path(".env").write_bytes(b"\xef\xbb\xbfMPRELEASE_PLATFORM__APPSECRT=pasted\r\n")
    assert "did you mean" in problems()[0]


def test_a_secret_that_is_not_given_is_none() -> None:
    assert load_settings().platform == Settings().platform
    assert load_settings().platform.appsecret == SecretStr("")
