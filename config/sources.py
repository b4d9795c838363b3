"""Where settings are read from besides the environment and .env: a directory of secret files."""

from __future__ import annotations

import os
from pathlib import Path

PREFIX = "MPRELEASE_"
#: Of .env and of the secret files: a byte order mark, which Windows' editors write, belongs to no name and no value.
ENCODING = "utf-8-sig"
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


class UnreadableFile(ValueError):
    """A secret file that can't be read; the text names the variable and the kind of error, and quotes nothing."""


def text_of(file: Path) -> str:
    """What a secret file holds; raises UnreadableFile."""
    try:
        return file.read_text(ENCODING)
    except UnicodeDecodeError:
        problem = f"{file} is no text in UTF-8: save it as UTF-8"
    except OSError as error:
        problem = f"{file} can't be read ({error.strerror or type(error).__name__})"
    # Outside the except blocks: an error of decoding holds what it could not decode.
    raise UnreadableFile(f"{file.name.upper()}: {problem}")
