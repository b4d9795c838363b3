"""Why releases of a wave stand still, for many who look at once: its records are read once for all of them."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from releases.reading import Reader
from releases.waves.halves import Half
from releases.waves.report import Cause, WaveReport, causes_of

#: Causes are read again after so many seconds, and after so many times what reading them took.
_KEPT_S = 1.0
_KEPT_TIMES = 5
#: Waves whose causes are kept.
_MOST = 32

Causes = Mapping[Half, list[Cause]]


@dataclass(frozen=True, slots=True)
class _Kept:
    counts: object
    causes: Causes
    until: float


class KeptCauses:
    """Reads them, one wave at a time. Safe to use from many threads."""

    def __init__(self, reader: Reader, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._reader = reader
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept = OrderedDict[str, _Kept]()

    def of(self, report: WaveReport) -> Causes:
        """Those of this report's wave: as they were a moment ago, but never with other counts than the report has."""
        counts = (report.counts, report.publication and report.publication.counts)
        with self._lock:
            began = self._monotonic()
            kept = self._kept.get(report.name)
            if kept is not None and kept.counts == counts and kept.until > began:
                return kept.causes
            found = causes_of(self._reader, report)
            until = self._monotonic() + max(_KEPT_S, _KEPT_TIMES * (self._monotonic() - began))
            self._kept[report.name] = _Kept(counts, found, until)
            self._kept.move_to_end(report.name)
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)
            return found
