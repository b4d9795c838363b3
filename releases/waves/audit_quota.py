"""The provider's audit quota against what is on its way: what of a wave will not fit this month.

All releases that go on will each take one submission, so they have reserved it. WeChat is asked once in ten minutes
for all workers, by a release of a wave, and by whoever plans or enqueues one; what it said is kept in Redis for
whoever looks at the wave.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import redis
from pydantic import BaseModel, ConfigDict

from releases.states import GOING_ON, Status
from releases.store import keys
from wechat.errors import TicketMissing, WeChatError
from wechat.http.deadline import DeadlineExceeded

if TYPE_CHECKING:
    from wechat.mini_program import AuditQuota

log = logging.getLogger(__name__)

#: What WeChat said is good for so many seconds.
KEPT_S = 600
#: Where WeChat did not say, it is asked again after so many seconds.
RETRIED_S = 30
#: Each process looks whether it is time to ask every so many seconds, and not for each release.
LOOK_EVERY_S = 5.0

#: Asks WeChat with one of these Mini Programs; raises WeChatError or DeadlineExceeded.
AskQuota = Callable[[Sequence[str]], "AuditQuota"]


class _Stored(BaseModel):
    """What WeChat said, and how many releases were submitted at that time."""

    model_config = ConfigDict(frozen=True)

    rest: int
    limit: int
    submitted: int


@dataclass(frozen=True, slots=True)
class Fit:
    """How a number of releases fits into the quota that is left; `reserved` is what others on their way will take."""

    rest: int
    limit: int
    reserved: int
    needed: int

    @property
    def will_not_fit(self) -> int:
        """How many will have to wait for the next quota."""
        return max(0, self.needed - max(0, self.rest - self.reserved))

    def public(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "rest": self.rest,
            "limit": self.limit,
            "reserved_by_others": self.reserved,
            "needed": self.needed,
            "will_not_fit": self.will_not_fit,
        }

    def __str__(self) -> str:
        said = f"audit quota: {self.rest} of {self.limit} left, {self.reserved} reserved by others"
        return f"{said}; {self.will_not_fit} of {self.needed} will not fit" if self.will_not_fit else said


class QuotaUnknown(Exception):
    """WeChat did not tell the quota; the message says why."""


class AuditQuotas:
    """Asks for the quota now and then, and holds numbers of releases against it. Safe to use from many threads."""

    def __init__(
        self, client: redis.Redis, *, ask: AskQuota, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._redis = client
        self._ask = ask
        self._monotonic = monotonic
        self._looked: float | None = None

    def refresh(self, appid: str) -> None:
        """Ask WeChat, unless somebody has lately; a release must not suffer from it. Looks once in five seconds."""
        now = self._monotonic()
        if self._looked is not None and now - self._looked < LOOK_EVERY_S:
            return
        self._looked = now
        if not self._redis.set(keys.AUDIT_QUOTA_ASKED, 1, nx=True, ex=KEPT_S):
            return
        try:
            self.ask([appid])
        except QuotaUnknown as unknown:
            log.warning("the audit quota is unknown: %s", unknown)
            # Another Mini Program may be asked soon: this one may have withdrawn its authorization.
            self._redis.expire(keys.AUDIT_QUOTA_ASKED, RETRIED_S)

    def ask(self, appids: Sequence[str]) -> None:
        """Ask WeChat now, with one of these Mini Programs, and keep the answer for all; raises QuotaUnknown."""
        try:
            quota = self._ask(appids)
        except TicketMissing as error:
            raise QuotaUnknown(str(error)) from error
        except (WeChatError, DeadlineExceeded) as error:
            why = str(error) or "the deadline passed"
            raise QuotaUnknown(f"WeChat told it to no Mini Program that was tried: {why}") from error
        stored = _Stored(rest=quota.rest, limit=quota.limit, submitted=self._number_of(Status.SUBMITTED))
        with self._redis.pipeline() as pipe:
            pipe.set(keys.AUDIT_QUOTA, stored.model_dump_json(), ex=2 * KEPT_S)
            pipe.set(keys.AUDIT_QUOTA_ASKED, 1, ex=KEPT_S)
            pipe.execute()

    def fit(self, going_on: int, *, new: int = 0) -> Fit | None:
        """How releases fit of which so many go on and others are yet to be enqueued; None if the quota is not known."""
        raw = self._redis.get(keys.AUDIT_QUOTA)
        if raw is None:
            return None
        stored = _Stored.model_validate_json(str(raw))
        used = max(0, self._number_of(Status.SUBMITTED) - stored.submitted)
        reserved = max(0, self._number_of(*GOING_ON) - going_on)
        return Fit(max(0, stored.rest - used), stored.limit, reserved, going_on + new)

    def _number_of(self, *statuses: Status) -> int:
        with self._redis.pipeline(transaction=False) as pipe:
            for status in statuses:
                pipe.zcard(keys.by_status(status))
            return sum(pipe.execute())
