"""What is live, what was, and who sees what: versions and the plan of a gray release."""

from dataclasses import asdict, dataclass
from typing import Any

#: Who or what brought a version live.
BY_RELEASE, BY_REVERT, BY_OTHERS = "release", "revertcoderelease", "somebody else"
#: So many of the versions before the live one are kept.
MAX_KEPT = 5

RUNNING, DONE, DELETED = 1, 3, 4


@dataclass(slots=True, frozen=True)
class Version:
    """One that went live. Each time has a number of its own, the same code's second time as well."""

    app_version: int
    user_version: str
    user_desc: str
    committed_at: float
    live_at: float
    by: str


@dataclass(slots=True)
class GrayPlan:
    """A version that a part of the users gets."""

    auditid: int
    create_timestamp: int
    gray_percentage: int
    support_debuger_first: bool
    support_experiencer_first: bool
    status: int = RUNNING

    def shown(self) -> dict[str, Any]:
        """Show it as getgrayreleaseplan does."""
        return {name: value for name, value in asdict(self).items() if name != "auditid"}


def revertible(versions: list[Version]) -> list[Version]:
    """Give the versions that may come back, oldest first: the five before the live one; none, when that one did come back."""
    if not versions or versions[-1].by == BY_REVERT:
        return []
    return versions[:-1][-MAX_KEPT:]
