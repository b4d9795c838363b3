"""Where settings are read from besides the environment and .env: a directory of secret files."""

from __future__ import annotations

import os
from pathlib import Path

PREFIX = "MPRELEASE_"
#: These two are no part of `Settings`. This one says where more of them are, as files.
SECRETS_DIR_VARIABLE = PREFIX + "SECRETS_DIR"
#: Read by `config.language`, for commands that need no other setting.
LANGUAGE_VARIABLE = PREFIX + "LANGUAGE"
#: Where Docker puts secrets.
DEFAULT_SECRETS_DIR = "/run/secrets"


def secrets_dir() -> str | None:
    """The directory that is named, or Docker's; None where the name is empty."""
    return os.environ.get(SECRETS_DIR_VARIABLE, DEFAULT_SECRETS_DIR) or None


def our_files(directory: Path) -> list[Path]:
    """The files named like our variables; what else lies in the directory is not even read."""
    found = directory.iterdir() if directory.is_dir() else ()
    return [file for file in found if file.name.upper().startswith(PREFIX) and file.is_file()]
