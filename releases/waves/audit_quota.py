"""The provider's audit quota against what is on its way: what of a wave will not fit this month.

All releases that go on will each take one submission, so they have reserved it. WeChat is asked once in ten minutes
by one worker for all, and by whoever plans or enqueues a wave; what it said is kept in Redis, for waves and monitors.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import redis
from pydantic import BaseModel, ConfigDict, Field

from releases.states import GOING_ON, SUBMITTED_ONCE, Status
from releases.store import keys
from wechat.errors import TicketMissing, WeChatError
from wechat.http.deadline import DeadlineExceeded

if TYPE_CHECKING:
    from wechat.mini_program import AuditQuota

log = logging.getLogger(__name__)

#: WeChat is asked again after so many seconds.
ASK_EVERY_S = 600
#: Where WeChat did not say, it is asked again after so many seconds.
RETRIED_S = 30
#: What WeChat said is shown for so long, with its age, in seconds.
_KEPT_S = 86_400
#: With a smaller part of the limit left, somebody should ask for more.
LOW = 0.1
#: An age of fewer seconds is not told.
_TOLD_S = 60

#: Asks WeChat with one of these Mini Programs; raises WeChatError or DeadlineExceeded.
AskQuota = Callable[[Sequence[str]], "AuditQuota"]


class Quota(BaseModel):
    """What WeChat said, how many releases were submitted at that time, and how many seconds ago that was."""

    model_config = ConfigDict(frozen=True)

    rest: int
    limit: int
    submitted: int
    age_s: float = Field(default=0.0, exclude=True)


@dataclass(frozen=True, slots=True)
class Fit:
    """How a number of releases fits into the quota that is left; `reserved` is what others on their way will take.

    WeChat told the quota `age_s` seconds ago.
    """

    rest: int
    limit: int
    reserved: int
    needed: int
    age_s: float

    @property
    def will_not_fit(self) -> int:
        """How many will have to wait for the next quota."""
        return max(0, self.needed - max(0, self.rest - self.reserved))

    @property
    def is_low(self) -> bool:
        """Whether somebody should ask WeChat for more: little is left, or less than what is on its way will take."""
        return self.rest < max(self.reserved, self.limit * LOW)

    def public(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "rest": self.rest,
            "limit": self.limit,
            "reserved_by_others": self.reserved,
            "needed": self.needed,
            "will_not_fit": self.will_not_fit,
            "asked_s_ago": round(self.age_s),
        }

    def __str__(self) -> str:
        age = f" {self.age_s / 60:.0f} min ago" if self.age_s >= _TOLD_S else ""
        said = f"audit quota: {self.rest} of {self.limit} left{age}, {self.reserved} reserved by others"
        return f"{said}; {self.will_not_fit} of {self.needed} will not fit" if self.will_not_fit else said


class QuotaUnknown(Exception):
    """WeChat did not tell the quota; the message says why."""


def kept_quota(client: redis.Redis) -> Quota | None:
    """What WeChat said last; None if nobody has asked for a day, or since it was forgotten."""
    with client.pipeline(transaction=True) as pipe:
        pipe.get(keys.AUDIT_QUOTA)
        pipe.pttl(keys.AUDIT_QUOTA)
        raw, left_ms = pipe.execute()
    if raw is None:
        return None
    return Quota.model_validate_json(raw).model_copy(update={"age_s": max(0.0, _KEPT_S - left_ms / 1000)})


class AuditQuotas:
    """Asks for the quota now and then, and holds numbers of releases against it. Safe to use from many threads.

    `newest_appids` names some Mini Programs to ask with: one may have withdrawn its authorization.
    """

    def __init__(
        self, client: redis.Redis, *, ask: AskQuota, newest_appids: Callable[[], Sequence[str]]
    ) -> None:
        self._redis = client
        self._ask = ask
        self._newest_appids = newest_appids

    def refresh(self) -> None:
        """Ask WeChat, unless somebody has lately or there is no Mini Program to ask with."""
        if not self._redis.set(keys.AUDIT_QUOTA_ASKED, 1, nx=True, ex=RETRIED_S):
            return
        appids = self._newest_appids()
        if not appids:
            return
        try:
            self.ask(appids)
        except QuotaUnknown as unknown:
            log.warning("the audit quota is unknown: %s", unknown)

    def forget(self) -> None:
        """It has changed: it was used up before it seemed to be, or somebody has had it raised."""
        self._redis.delete(keys.AUDIT_QUOTA, keys.AUDIT_QUOTA_ASKED)

    def ask(self, appids: Sequence[str]) -> None:
        """Ask WeChat now, with one of these Mini Programs, and keep the answer for all; raises QuotaUnknown."""
        try:
            quota = self._ask(appids)
        except TicketMissing as error:
            raise QuotaUnknown(str(error)) from error
        except (WeChatError, DeadlineExceeded) as error:
            why = str(error) or "the deadline passed"
            raise QuotaUnknown(f"WeChat told it to no Mini Program that was tried: {why}") from error
        stored = Quota(rest=quota.rest, limit=quota.limit, submitted=self._number_of(*SUBMITTED_ONCE))
        with self._redis.pipeline() as pipe:
            pipe.set(keys.AUDIT_QUOTA, stored.model_dump_json(), ex=_KEPT_S)
            pipe.set(keys.AUDIT_QUOTA_ASKED, 1, ex=ASK_EVERY_S)
            pipe.execute()

    def fit(self, going_on: int, *, new: int = 0) -> Fit | None:
        """How releases fit of which so many go on and others are yet to be enqueued; None if the quota is not known."""
        kept = kept_quota(self._redis)
        if kept is None:
            return None
        used = max(0, self._number_of(*SUBMITTED_ONCE) - kept.submitted)
        reserved = max(0, self._number_of(*GOING_ON) - going_on)
        return Fit(max(0, kept.rest - used), kept.limit, reserved, going_on + new, kept.age_s)

    def _number_of(self, *statuses: Status) -> int:
        with self._redis.pipeline(transaction=False) as pipe:
            for status in statuses:
                pipe.zcard(keys.by_status(status))
            return sum(pipe.execute())
