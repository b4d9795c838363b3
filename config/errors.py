"""What is wrong with the settings, in words."""

from __future__ import annotations


class SettingsError(ValueError):
    """Settings that can't be used: one line for each variable."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)
