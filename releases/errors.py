"""The errors of the contract: what a Celery client sees.

ReleaseError
├── ReleaseBlocked      stopped until a person acts; can be resumed
├── ReleaseFailed       given up, or a bug; can be resumed
├── ReleaseCancelled    ended by a person, or superseded by another release
├── InvalidRequest      a request that can't be enqueued: which field, and what would be right
├── ReleaseConflict     the Mini Program has another release, or the same one with another payload
└── UnknownRelease      no release has this id

They cross the JSON result backend as `cls(*args)`, so every field is an argument and the text is made
in `__str__`.
"""

from __future__ import annotations

from dataclasses import dataclass


class ReleaseError(Exception):
    """Base of all errors of this package."""


@dataclass(eq=False, repr=False)
class _Stopped(ReleaseError):
    """The fields of a block or a failure, in the order of the record's."""

    step: str
    errcode: int | None
    errmsg: str
    rid: str | None
    domains: dict[str, list[str]]
    remedy: str

    def __str__(self) -> str:
        named = ", ".join(sorted({domain for listed in self.domains.values() for domain in listed}))
        code = "" if self.errcode is None else f"errcode {self.errcode}: "
        return f"{self.step}: {code}{self.errmsg}{f' [{named}]' if named else ''} -- {self.remedy}"

    def __repr__(self) -> str:
        # What Flower shows of it, beside the step: its first words are what fits into a column.
        return f"{type(self).__name__}({str(self).removeprefix(f'{self.step}: ')})"


class ReleaseBlocked(_Stopped):
    """Stopped until a person acts; can be resumed."""


class ReleaseFailed(_Stopped):
    """Given up, or a bug; can be resumed."""


@dataclass(eq=False, repr=False)
class ReleaseCancelled(ReleaseError):
    """Ended by a person, or superseded by another release."""

    release_id: str
    reason: str

    def __str__(self) -> str:
        return f"release {self.release_id}: {self.reason}"


@dataclass(eq=False, repr=False)
class InvalidRequest(ReleaseError):
    """A request that can't be enqueued: which field, and what would be right."""

    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"


@dataclass(eq=False, repr=False)
class ReleaseConflict(ReleaseError):
    """The Mini Program has another release, or the same one with another payload."""

    active_id: str
    problem: str = ""

    def __str__(self) -> str:
        return f"release {self.active_id}: {self.problem}"


@dataclass(eq=False, repr=False)
class UnknownRelease(ReleaseError):
    """No release has this id."""

    release_id: str

    def __str__(self) -> str:
        return f"no release has the id {self.release_id!r}"
