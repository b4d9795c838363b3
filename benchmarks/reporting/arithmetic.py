"""The arithmetic of the figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median

__all__ = ["median", "percentile", "ratio"]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share (0 to 1) of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def ratio(ours: Mapping[int, float], theirs: Mapping[int, float]) -> float | None:
    """The median of the ratios within each round; None if no round has both.

    Only what ran one after the other on the same machine at the same hour can be compared.
    """
    ratios = [ours[number] / theirs[number] for number in ours if theirs.get(number)]
    return median(ratios) if ratios else None
