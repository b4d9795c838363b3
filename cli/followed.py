"""Many releases, each in the state in which it was seen last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from releases.record import Release
from releases.store.records import ReleaseStore

#: Records read at once. Of more open releases each look takes the next ones: four looks a second read a thousand.
AT_ONCE = 250


class Followed:
    """Reads them again and again, some at a time. Used by one thread."""

    def __init__(self, store: ReleaseStore, release_ids: Iterable[str]) -> None:
        self._store = store
        self._ids = list(dict.fromkeys(release_ids))
        # None where there is no record. The one that was looked at longest ago comes first.
        self._latest: dict[str, Release | None] = dict.fromkeys(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def look_at_all(self) -> None:
        """Read all of them, in pages."""
        for start in range(0, len(self._ids), AT_ONCE):
            self.look_at_some(self._ids[start : start + AT_ONCE])

    def look_at_some(self, release_ids: Sequence[str]) -> None:
        """Read the first so many of these."""
        page = release_ids[:AT_ONCE]
        for release_id, stored in zip(page, self._store.get_many(page), strict=True):
            before = self._latest.pop(release_id)
            self._latest[release_id] = before if stored is None else stored.release

    def still_open(self, leave_alone: Callable[[Release], bool]) -> list[str]:
        """The ids of those that are not to be left alone, the one that was looked at longest ago first."""
        return [
            release_id
            for release_id, release in self._latest.items()
            if release is None or not leave_alone(release)
        ]

    def found(self) -> list[Release]:
        """The releases, in the order in which they were named."""
        releases = (self._latest[release_id] for release_id in self._ids)
        return [release for release in releases if release is not None]
