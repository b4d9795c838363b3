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


class ReleaseError(Exception):
    """Base of all errors of this package."""


class _Stopped(ReleaseError):
    """The fields of a block or a failure, in the order of the record's."""

    def __init__(
        self,
        step: str,
        errcode: int | None,
        errmsg: str,
        rid: str | None,
        domains: dict[str, list[str]],
        remedy: str,
    ) -> None:
        super().__init__(step, errcode, errmsg, rid, domains, remedy)
        self.step = step
        self.errcode = errcode
        self.errmsg = errmsg
        self.rid = rid
        self.domains = domains
        self.remedy = remedy

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


class ReleaseCancelled(ReleaseError):
    """Ended by a person, or superseded by another release."""

    def __init__(self, release_id: str, reason: str) -> None:
        super().__init__(release_id, reason)
        self.release_id = release_id
        self.reason = reason

    def __str__(self) -> str:
        return f"release {self.release_id}: {self.reason}"


class InvalidRequest(ReleaseError):
    """A request that can't be enqueued: which field, and what would be right."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"


class ReleaseConflict(ReleaseError):
    """The Mini Program has another release, or the same one with another payload."""

    def __init__(self, active_id: str, problem: str = "") -> None:
        super().__init__(active_id, problem)
        self.active_id = active_id
        self.problem = problem

    def __str__(self) -> str:
        return f"release {self.active_id}: {self.problem}"


class UnknownRelease(ReleaseError):
    """No release has this id."""

    def __init__(self, release_id: str) -> None:
        super().__init__(release_id)
        self.release_id = release_id

    def __str__(self) -> str:
        return f"no release has the id {self.release_id!r}"
