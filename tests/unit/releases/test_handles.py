"""What the handle of a publication says of one that was taken back."""

from __future__ import annotations

from datetime import datetime

import pytest

from releases.errors import ReleaseBlocked, ReleaseCancelled
from releases.handles import Outcome, outcomes
from releases.record import Progress
from releases.second_half import Publication
from releases.states import Status, Step
from tests.support.examples import NOW, a_problem, a_release


def of_publication(status: Status, verified_at: datetime | None, step: Step = Step.REVERT) -> Outcome:
    release = a_release(
        status=status,
        step=step,
        block=a_problem(step=step) if status is Status.BLOCKED else None,
        publication=Publication(ordered_at=NOW, released_at=NOW, verified_at=verified_at),
        progress=Progress(orders=1),
    )
    return outcomes(release)[release.publication_id]


@pytest.mark.parametrize("status", [Status.QUEUED, Status.BLOCKED, Status.REVERTED])
def test_one_that_was_seen_live_with_all_its_domains_has_succeeded_whatever_comes_after(
    status: Status,
) -> None:
    assert of_publication(status, NOW) == {"user_version": "1.4.2", "released_at": "2026-03-14T09:26:53Z"}


@pytest.mark.parametrize("status", [Status.REVERTED, Status.REPLACED])
def test_one_that_lacked_a_domain_and_was_taken_back_has_not_succeeded(status: Status) -> None:
    found = of_publication(status, None)

    assert isinstance(found, ReleaseCancelled)
    assert found.args[1] == "it was taken back, and had not been live with all its domains"


def test_while_it_is_taken_back_nothing_is_said_and_where_that_stops_it_is_blocked() -> None:
    assert of_publication(Status.RUNNING, None) is None
    assert isinstance(of_publication(Status.BLOCKED, None), ReleaseBlocked)
