from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from config.loading import SettingsError, load_settings

SECRET = "hunter2"


@pytest.fixture(autouse=True)
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to run in, with an empty one for the secret files."""
    monkeypatch.chdir(tmp_path)
    directory = tmp_path / "secrets"
    directory.mkdir()
    monkeypatch.setenv("MPRELEASE_SECRETS_DIR", str(directory))
    trustme.CA().cert_pem.write_to_path("ca.pem")
    return directory


def problems() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)
    return caught.value.problems
