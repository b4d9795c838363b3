"""What can't be read from Redis has to be asked for: which workers answer, and WeChat's audit quota.

Asked for beside the scrapes and never by them: a scrape waits for nobody.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import redis
from kombu.exceptions import OperationalError

from wechat.api import QUOTA_ASKERS
from wechat.errors import WeChatError
from wechat.http.deadline import DeadlineExceeded
from wechat.mini_program import AuditQuota

log = logging.getLogger(__name__)

#: Seconds between two questions to the workers, and to WeChat: the quota is a month's.
ASK_WORKERS_EVERY_S = 15.0
ASK_WECHAT_EVERY_S = 600.0


@dataclass(frozen=True, slots=True)
class Answers:
    """The newest answers; None where there has been none. `quota_at` is in seconds since the epoch."""

    workers: int | None = None
    quota: AuditQuota | None = None
    quota_at: float = 0.0


class Asking:
    """Asks, in a thread of its own."""

    def __init__(
        self,
        *,
        workers: Callable[[], int],
        appids: Callable[[int], list[str]],
        audit_quota: Callable[[Sequence[str]], AuditQuota] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workers = workers
        self._appids = appids
        self._audit_quota = audit_quota
        self._clock = clock
        self._quota_due = clock()
        self.answers = Answers()

    def start(self) -> None:
        """Begin to ask; ends with the process."""
        threading.Thread(target=self._keep_asking, name="asking", daemon=True).start()

    def ask(self) -> None:
        """Ask whom it is time to ask."""
        try:
            self.answers = replace(self.answers, workers=self._workers())
            if self._audit_quota is not None and self._clock() >= self._quota_due:
                self._ask_wechat(self._audit_quota)
        except (redis.RedisError, OperationalError, OSError) as error:
            log.debug("Redis is away: %s", type(error).__name__)
            self.answers = replace(self.answers, workers=None)

    def _ask_wechat(self, audit_quota: Callable[[Sequence[str]], AuditQuota]) -> None:
        appids = self._appids(QUOTA_ASKERS)
        if not appids:
            return
        self._quota_due = self._clock() + ASK_WECHAT_EVERY_S
        try:
            quota = audit_quota(appids)
        except (WeChatError, DeadlineExceeded) as error:
            log.warning("the audit quota could not be asked for: %s", error)
        else:
            self.answers = replace(self.answers, quota=quota, quota_at=time.time())

    def _keep_asking(self) -> None:
        never = threading.Event()
        while True:
            try:
                self.ask()
            except Exception:
                # Without this thread the figures would stand still and look fresh.
                log.exception("asking failed")
                self.answers = Answers()
            never.wait(ASK_WORKERS_EVERY_S)
