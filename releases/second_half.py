"""What a record says of the second half: what became of the audit, and how far the publication got."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class ReviewStatus(StrEnum):
    """How the audit stands."""

    IN_REVIEW = "in_review"
    DELAYED = "delayed"  # WeChat says that it takes longer
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Review(BaseModel):
    """The audit as it was read last, at `checked_at`; `reason` is plain text, `screenshots` are media ids."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: ReviewStatus
    reason: str | None = None
    screenshots: tuple[str, ...] = ()
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    checked_at: datetime | None = None


class Publication(BaseModel):
    """An order. `missing_domains` are those of the lists that WeChat dropped, None where none is known to be."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ordered_at: datetime
    ordered_by: str | None = None
    released_at: datetime | None = None
    verified_at: datetime | None = None
    missing_domains: dict[str, list[str]] | None = None
