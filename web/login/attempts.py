"""How often a password may be tried."""

from __future__ import annotations

from web.budget import Budget
from web.refused import neighbours_of

#: Tries in a minute, of one address and of all together, and seconds' worth of them at once: five, and thirty.
_OF_ONE, _OF_ALL, _BURST_S = 10, 60, 30.0


class Attempts:
    """Counts them in this process, the right ones as well: else a bound would tell which one was right."""

    def __init__(self) -> None:
        self._of_one = Budget(_OF_ONE, burst_s=_BURST_S)
        self._of_all = Budget(_OF_ALL, burst_s=_BURST_S)

    def take(self, address: str) -> float:
        """Take one; returns 0, or the seconds after which there is one. One address alone can't use up what all have."""
        return self._of_one.take(neighbours_of(address)) or self._of_all.take("")
