"""The two halves of a wave, to the audit and to the shop: each has its counts, its policy and its pause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from releases.scope import live_scope, wave_scope
from releases.states import Step
from releases.store import keys


@dataclass(frozen=True, slots=True)
class Half:
    """Where Redis keeps what belongs to it, by the wave's name."""

    step: Step
    watched: str
    scope: Callable[[str], str]
    counts: Callable[[str], str]
    policy: Callable[[str], str]


FIRST = Half(Step.ENSURE_DOMAINS, keys.WATCHED_WAVES, wave_scope, keys.wave_counts, keys.wave_policy)
LIVE = Half(Step.PUBLISH, keys.PUBLISHED_WAVES, live_scope, keys.publication_counts, keys.publication_policy)
HALVES = (FIRST, LIVE)
