from __future__ import annotations

import json

import pytest

from config.loading import SettingsError, load_settings

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
