"""The queues that messages of releases go to; their names come from the settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Queues:
    """Their names."""

    urgent: str
    default: str

    def of(self, *, urgent: bool) -> str:
        """The one of an urgent release, or of any other."""
        return self.urgent if urgent else self.default
