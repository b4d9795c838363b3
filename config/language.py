"""The language in which commands tell what an errcode means and what a person has to do.

`errcodes` asks as well, and starts quickly: nothing slow is imported here, so this setting is no part of `Settings`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal

from config.errors import SettingsError
from config.sources import ENCODING, LANGUAGE_VARIABLE, UnreadableFile, our_files, secrets_dir, text_of
from config.texts import trimmed

Language = Literal["en", "zh"]

#: What says it on a terminal, the first that is set.
_OF_TERMINAL = ("LC_ALL", "LC_MESSAGES", "LANG")


def language() -> Language:
    """As MPRELEASE_LANGUAGE says, else the terminal's locale; raises SettingsError for any other language."""
    if language_problems():
        raise SettingsError(language_problems())
    locale = next(filter(None, map(os.environ.get, _OF_TERMINAL)), "")
    return "zh" if (_said() or locale).startswith("zh") else "en"


def language_problems() -> list[str]:
    """What is wrong with the setting, as the other settings' problems are put."""
    return [] if _said() in {"", "en", "zh"} else [f"{LANGUAGE_VARIABLE}: Input should be 'en' or 'zh'"]


def _said() -> str:
    """The setting's value, empty if it is not set: the environment over .env over a file, as of every setting."""
    return next((value for values in _sources() for value in _in(values)), "")


def _sources() -> Iterator[Mapping[str, str | None]]:
    yield os.environ
    # What can't be read is told of where the other settings are loaded.
    with suppress(OSError, UnicodeDecodeError):
        if Path(".env").is_file():
            from dotenv import dotenv_values  # noqa: PLC0415 - most have no such file

            yield dotenv_values(".env", encoding=ENCODING)
    directory = secrets_dir()
    if directory:
        with suppress(OSError, UnreadableFile):
            files = [file for file in our_files(Path(directory)) if file.name.upper() == LANGUAGE_VARIABLE]
            yield {file.name: text_of(file) for file in files}


def _in(values: Mapping[str, str | None]) -> Iterator[str]:
    return (trimmed(value or "") for name, value in values.items() if name.upper() == LANGUAGE_VARIABLE)
