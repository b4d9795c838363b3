"""The settings of Redis that have rules of their own: the URL, TLS, the encryption keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.loading import load_settings
from tests.support.keys import NEW as KEY
from tests.support.keys import OTHER as OTHER_KEY
from tests.unit.config.conftest import SECRET, problems


@pytest.mark.parametrize(
    "option",
    [
        *("ssl_cert_reqs=none", "ssl_cert_reqs=optional", "ssl_check_hostname=false"),
        *("ssl_ca_cert=ca.pem", "ssl_ca_certs=", "protocol=2", "db=1"),
    ],
)
@pytest.mark.parametrize("scheme", ["redis", "rediss", "sentinel"])
def test_a_url_takes_no_option_but_the_files_of_tls(
    scheme: str, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPRELEASE_REDIS__URL", f"{scheme}://:{SECRET}@h/0?{option}")

    (problem,) = problems()

    assert f"{option} is not taken" in problem
    assert SECRET not in problem


@pytest.mark.parametrize("password", [f"?{SECRET}", f"x?{SECRET}=1", f"1?{SECRET}"])
@pytest.mark.parametrize("scheme", ["redis", "rediss", "sentinel"])
def test_a_password_that_is_not_percent_encoded_is_not_told_as_an_option(
    scheme: str, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPRELEASE_REDIS__URL", f"{scheme}://h:{password}@h/0?protocol=2")

    (problem,) = problems()

    assert "percent-encoded" in problem
    assert SECRET not in problem


def test_tls_options_without_tls_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_REDIS__URL", "redis://h/0?ssl_ca_certs=ca.pem")

    assert "write rediss://" in problems()[0]


def test_tls_by_the_setting_is_for_sentinel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_REDIS__TLS", "true")

    assert "without Sentinel write rediss://" in problems()[0]


@pytest.mark.parametrize(
    ("content", "said"), [(None, "No such file"), ("no certificate", "NO_CERTIFICATE_OR_CRL_FOUND")]
)
def test_a_ca_file_that_holds_no_certificate_is_told_at_the_start(
    content: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        Path("other.pem").write_text(content)
    monkeypatch.setenv("MPRELEASE_REDIS__CA_FILE", "other.pem")

    (problem,) = problems()

    assert problem.startswith("MPRELEASE_REDIS__CA_FILE: can't be read as certificates")
    assert said in problem


@pytest.mark.parametrize(
    "written",
    [
        f"{KEY},{OTHER_KEY}",
        f"{KEY}\n{OTHER_KEY}\n",
        f" {KEY} ,\r\n{OTHER_KEY},",
        f'["{KEY}", "{OTHER_KEY}"]',
    ],
    ids=["commas", "lines", "both", "JSON"],
)
@pytest.mark.parametrize("is_file", [True, False], ids=["file", "variable"])
def test_encryption_keys_are_read_however_they_are_listed(
    written: str, is_file: bool, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_file:
        (secrets / "mprelease_redis__encryption_keys").write_text(written)
    else:
        monkeypatch.setenv("MPRELEASE_REDIS__ENCRYPTION_KEYS", written)

    settings = load_settings().redis

    assert (settings.fernet_keys, settings.encrypts) == ([KEY, OTHER_KEY], True)


@pytest.mark.parametrize(
    ("written", "keys", "encrypts"), [("", [], False), ("plain", [], False), (f"plain,{KEY}", [KEY], False)]
)
def test_nothing_is_sealed_without_a_key_or_where_plain_is_in_its_place(
    written: str, keys: list[str], encrypts: bool, secrets: Path
) -> None:
    (secrets / "mprelease_redis__encryption_keys").write_text(written)

    settings = load_settings().redis

    assert (settings.fernet_keys, settings.encrypts) == (keys, encrypts)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (SECRET, "number 1 is no Fernet key"),
        (f"{KEY},{SECRET}é", "number 2 is no Fernet key"),
        (f"{KEY},{SECRET}{OTHER_KEY}", "number 2 is no Fernet key"),
        (f"{KEY},plain", "`plain` can only stand in the first place"),
        (f'["{KEY}", "{SECRET}"', "must be a JSON array"),
        (f'["{KEY}", 1]', "valid string"),
        (f'{{"{SECRET}": 1}}', "number 1 is no Fernet key"),
    ],
)
def test_what_is_no_encryption_key_is_told_and_not_shown(
    written: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPRELEASE_REDIS__ENCRYPTION_KEYS", written)

    (problem,) = problems()

    assert problem.startswith("MPRELEASE_REDIS__ENCRYPTION_KEYS: ")
    assert said in problem
    assert KEY not in problem


def test_settings_printed_do_not_tell_encryption_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_REDIS__ENCRYPTION_KEYS", KEY)

    assert KEY not in repr(load_settings()) + load_settings().model_dump_json()
