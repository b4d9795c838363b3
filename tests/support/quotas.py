"""Tests in which a quota is used up."""

from datetime import UTC, datetime, timedelta

import pytest

from cli.waiting.patience import PATIENCE
from releases.steps.failures.quota_resets import next_day

_NOW = datetime.now(UTC)
#: A command follows a release that waits for less than PATIENCE: near the reset, a test would wait for it.
reset_is_near = pytest.mark.skipif(
    next_day(_NOW) - _NOW < PATIENCE + timedelta(minutes=10),
    reason="it is almost midnight in Shanghai, when quotas are reset",
)
