"""Which releases somebody wants to see or act on, by what can be said of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from releases.record import Release
from releases.states import Status, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """All that is given has to be true of a release; nothing given picks all.

    errcode: of what it is blocked by, failed with, or waits for. label: a part of it, whatever its case.
    """

    status: Status | None = None
    wave: str | None = None
    appid: str | None = None
    errcode: int | None = None
    step: Step | None = None
    label: str | None = None
    unchanged_since: datetime | None = None

    @property
    def is_given(self) -> bool:
        """Whether it says anything."""
        return self != Selection()

    def picks(self, release: Release) -> bool:
        """Whether the release is one of them."""
        problem = release.problem
        return (
            self.status in (None, release.status)
            and self.wave in (None, release.wave)
            and self.appid in (None, release.appid)
            and self.step in (None, release.step)
            and (self.errcode is None or (problem is not None and problem.errcode == self.errcode))
            and (self.unchanged_since is None or release.updated_at <= self.unchanged_since)
            and (self.label is None or self.label.casefold() in (release.label or "").casefold())
        )
