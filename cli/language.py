"""The language in which commands tell what an errcode means and what a person has to do."""

from __future__ import annotations

from functools import cache

from config.language import language
from releases.waves.speech import Speech


@cache
def speech() -> Speech:
    """As MPRELEASE_LANGUAGE or the terminal says, for this process; raises SettingsError."""
    return Speech(is_chinese=language() == "zh")
