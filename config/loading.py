"""Read the settings, and put what is wrong with them into words.

Unknown names are looked for by hand, so that a misspelt variable is an error and not silence.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsError as SourceError

from config.errors import SettingsError
from config.language import language_problems
from config.settings import Settings
from config.sources import (
    DEFAULT_SECRETS_DIR,
    ENCODING,
    LANGUAGE_VARIABLE,
    PREFIX,
    SECRETS_DIR_VARIABLE,
    UnreadableFile,
    our_files,
    secrets_dir,
)

__all__ = ["SettingsError", "load_settings", "set_in_vain", "variable_names"]


def load_settings() -> Settings:
    """Read the settings; raises SettingsError naming every variable that is wrong."""
    try:
        directory = secrets_dir()
        if directory != DEFAULT_SECRETS_DIR and directory and not Path(directory).expanduser().is_dir():
            raise SettingsError([f"{SECRETS_DIR_VARIABLE}: {directory} is no directory here"])
        secret_files = [file.name for file in our_files(Path(directory))] if directory else []
        unknown = _unknown_names([*os.environ, *dotenv_values(".env", encoding=ENCODING), *secret_files])
        if unknown:
            raise SettingsError(unknown)
        settings = Settings()
    except ValidationError as error:
        problems = [_describe(problem) for problem in error.errors()]
        raise SettingsError([*problems, *language_problems()]) from None
    except UnreadableFile as error:
        raise SettingsError([str(error)]) from None
    except (OSError, UnicodeDecodeError, SourceError, RuntimeError) as error:
        # RuntimeError: a directory that begins with ~ and the name of nobody here.
        # Only the kind of error: its text may quote a file that holds a secret.
        raise SettingsError(
            [f"a file of settings in . or {secrets_dir()} can't be read ({type(error).__name__})"]
        ) from None
    if language_problems():
        raise SettingsError(language_problems())
    return settings


def _describe(problem: Any) -> str:
    variable = PREFIX + "__".join(str(part) for part in problem["loc"][:2]).upper()
    message = problem["msg"].removeprefix("Value error, ")
    return f"{variable}: {message}" if problem["loc"] else message


def variable_names() -> list[str]:
    """Every environment variable that means something."""
    return [variable for variable, field in _fields() if not field.deprecated]


def set_in_vain(settings: Settings) -> list[str]:
    """What is set and does nothing any more: a line for each, which says what replaced it."""
    given = {
        _variable(section, name)
        for section in Settings.model_fields
        for name in getattr(settings, section).model_fields_set
    }
    return [
        f"{variable} does nothing any more: {field.deprecated}"
        for variable, field in _fields()
        if field.deprecated and variable in given
    ]


def _fields() -> Iterator[tuple[str, FieldInfo]]:
    for section, of_section in Settings.model_fields.items():
        model: Any = of_section.annotation
        for name, field in model.model_fields.items():
            yield _variable(section, name), field


def _variable(section: str, name: str) -> str:
    return f"{PREFIX}{section}__{name}".upper()


def _unknown_names(names: Iterable[str]) -> list[str]:
    known = {*(variable for variable, _ in _fields()), SECRETS_DIR_VARIABLE, LANGUAGE_VARIABLE}
    ours = sorted({name.upper() for name in names if name.upper().startswith(PREFIX)})
    return [f"{name} is no setting{_meant(name, known)}" for name in ours if name not in known]


def _meant(name: str, known: Iterable[str]) -> str:
    # Without what all begin with, by which they all look alike.
    close = get_close_matches(name.removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in known], n=1)
    return f"; did you mean {PREFIX}{close[0]}?" if close else ""
