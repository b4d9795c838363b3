"""How the webhook stands, in words."""

from __future__ import annotations

import pytest

from cli.commands.webhooks import told
from releases.store.outbox import Standing


@pytest.mark.parametrize(
    ("next_at", "said"),
    [
        (4_929_154_013.0, "next try 2126-03-14 09:26:53 UTC"),
        (1_773_480_413.0, "due, waiting for a worker"),
        (None, "nothing is sent until `mprelease webhooks retry`"),
    ],
)
def test_a_failed_delivery_says_when_it_is_tried_again(next_at: float | None, said: str) -> None:
    standing = Standing(
        is_on=True,
        name="orchestrator.example.com",
        undelivered=1,
        oldest=None,
        waited_s=0.0,
        error="503",
        failures=3,
        failed_at=1_773_480_400.0,
        next_at=next_at,
        gone=False,
        deliveries={},
    )

    assert told(standing)[-1].endswith(f"; {said}")
