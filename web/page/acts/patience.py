"""An act for thousands takes longer than a browser, or a proxy before it, waits: then it goes on, and its person is told so."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import BoundedSemaphore

from web.backend import CONNECTIONS, THREADS

log = logging.getLogger(__name__)

#: Seconds after which a person is answered.
PATIENCE_S = 5.0
#: As many as have a connection to Redis when all requests have theirs: what stops has its own, and waits for nothing that goes on.
_STOPPING = ThreadPoolExecutor((CONNECTIONS - THREADS) // 2, "stop")
_ACTING = ThreadPoolExecutor((CONNECTIONS - THREADS) // 2, "act")
_FREE = BoundedSemaphore((CONNECTIONS - THREADS) // 2)


class TooMuchAtOnce(Exception):
    """As many acts as may run at the same time take long already; nothing was done."""


def in_time(act: Callable[[], int], patience_s: float = PATIENCE_S, *, stops: bool = False) -> int | None:
    """What the act returns or raises; None where it takes longer, and goes on.

    What does not stop is never kept for later, when it might do more than was shown; raises TooMuchAtOnce instead.
    """
    if stops:
        acting = _STOPPING.submit(act)
    elif _FREE.acquire(blocking=False):
        acting = _ACTING.submit(act)
        acting.add_done_callback(lambda _: _FREE.release())
    else:
        raise TooMuchAtOnce
    if wait([acting], patience_s).done:
        return acting.result()
    acting.add_done_callback(_ended)
    return None


def _ended(acting: Future[int]) -> None:
    """Nobody waits for it any more; what went wrong stands in the log, and repeating the act does the rest."""
    error = acting.exception()
    if error is None:
        log.info("an act that took long is done: %d releases", acting.result())
    else:
        log.error("an act that took long was broken off: %s; repeat it", type(error).__name__, exc_info=error)
