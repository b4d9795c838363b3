"""Words that records hold and people read in their language. Marked here for the catalog, translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from gettext import NullTranslations

from releases.states import Status, Step


def _marked(text: str) -> str:
    """For what collects the texts: it is translated later."""
    return text


N_ = _marked

STATUS: Mapping[Status, str] = {
    Status.QUEUED: N_("queued"),
    Status.RUNNING: N_("running"),
    Status.WAITING: N_("waiting"),
    Status.BLOCKED: N_("blocked"),
    Status.FAILED: N_("failed"),
    Status.SUBMITTED: N_("under audit"),
    Status.REJECTED: N_("rejected"),
    Status.APPROVED: N_("approved"),
    Status.LIVE: N_("live"),
    Status.REPLACED: N_("replaced"),
    Status.REVERTED: N_("reverted"),
    Status.CANCELLED: N_("cancelled"),
}
STEP: Mapping[Step, str] = {
    Step.ENSURE_DOMAINS: N_("domains"),
    Step.COMMIT_CODE: N_("commit"),
    Step.SUBMIT_AUDIT: N_("submission"),
    Step.WATCH_AUDIT: N_("audit"),
    Step.PUBLISH: N_("publication"),
    Step.VERIFY_LIVE: N_("check of what is live"),
    Step.REVERT: N_("revert"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """In one language, by what records and their JSON hold."""

    status: Mapping[str, str]
    step: Mapping[str, str]

    @classmethod
    def of(cls, translations: NullTranslations) -> Words:
        """By a catalog."""
        say = translations.gettext
        return cls(
            status={str(status): say(text) for status, text in STATUS.items()},
            step={str(step): say(text) for step, text in STEP.items()},
        )
