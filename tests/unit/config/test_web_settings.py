from __future__ import annotations

import json

import pytest

from config.loading import SettingsError, load_settings
from tests.unit.config.conftest import problems

WEBHOOK_SECRET, OTHER_SECRET = f"whsec_{'QUFB' * 8}", f"whsec_{'QkJC' * 21}"


def test_keys_of_the_api_are_separated_as_encryption_keys_are(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"a:read:{'0a' * 32}", f"b:operate+tokens:{'0b' * 32}"]
    for text in (",".join(lines), "\n".join(lines), " ".join(lines), json.dumps(lines)):
        monkeypatch.setenv("MPRELEASE_WEB__KEYS", text)
        assert [str(key) for key in load_settings().web.keys] == lines


def test_a_key_in_the_place_of_its_hash_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_WEB__KEYS", f"a:read:{'0a' * 32},b:read:mpr_shown-to-nobody")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    (problem,) = refused.value.problems
    assert problem.startswith("MPRELEASE_WEB__KEYS: number 2: ")
    assert "mpr_" not in problem


def test_a_host_is_a_name_and_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_WEB__HOSTS", "https://release.example.com")
    with pytest.raises(SettingsError, match="names alone"):
        load_settings()


PROXY = {"PROXY_USER_HEADER": "X-Forwarded-User", "TRUSTED_PROXIES": "127.0.0.1"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PASSWORD": "hunter2"}, "MPRELEASE_WEB__PASSWORD: must have at least 12 characters"),
        ({"PASSWORD": "hunter2 hunter2"}, "MPRELEASE_WEB__PASSWORD: has a blank"),
        ({"PASSWORD_ROLE": "hunter2"}, "MPRELEASE_WEB__PASSWORD_ROLE: "),
        ({"PASSWORD_ROLE": "tokens"}, "MPRELEASE_WEB__PASSWORD_ROLE: "),
        ({**PROXY, "PROXY_USER_HEADER": "X-Forwarded-User:hunter2"}, "MPRELEASE_WEB__PROXY_USER_HEADER: "),
        ({**PROXY, "TRUSTED_PROXIES": "hunter2"}, "MPRELEASE_WEB__TRUSTED_PROXIES: must be addresses"),
        ({**PROXY, "TRUSTED_PROXIES": "10.0.0.1/8"}, "MPRELEASE_WEB__TRUSTED_PROXIES: must be addresses"),
        (
            {**PROXY, "TRUSTED_PROXIES": "10.0.0.1,::/0"},
            "MPRELEASE_WEB__TRUSTED_PROXIES: must not be all addresses",
        ),
        (
            {**PROXY, "TRUSTED_PROXIES": "::ffff:0:0/96"},
            "MPRELEASE_WEB__TRUSTED_PROXIES: must not be all addresses",
        ),
        ({**PROXY, "OPERATORS": "anna,hunter2\u202e"}, "MPRELEASE_WEB__OPERATORS: must be names"),
        ({**PROXY, "PUBLISHERS": "h" * 81}, "MPRELEASE_WEB__PUBLISHERS: must be names"),
        ({"PROXY_USER_HEADER": "X-Forwarded-User"}, "MPRELEASE_WEB__TRUSTED_PROXIES: from where"),
        # Whoever writes this without a proxy believes that others may not publish.
        ({"PUBLISHERS": "anna", "PASSWORD": "0123456789ab"}, "MPRELEASE_WEB__PASSWORD_ROLE"),
    ],
)
def test_how_people_come_in_is_said_rightly_or_not_at_all(
    settings: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"MPRELEASE_WEB__{name}", value)
    (problem,) = problems()
    assert said in problem
