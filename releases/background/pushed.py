"""What a worker does about WeChat's pushes: the receiver has only stored them.

Everything here may be done twice, and is taken off the list when it is done: a worker that dies in between leaves it to
the next one.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable
from functools import partial

from db.database import Database
from releases.store import keys
from releases.store.pauses import Pauses
from releases.store.places import AT_ONCE, Lane
from wechat.errcodes.table import Verdict, verdict_of
from wechat.errors import Refused, TicketMissing, WeChatError
from wechat.http.deadline import Deadline, DeadlineExceeded
from wechat.push.inbox import CODES, FOLLOWING, LOOKS, UNAUTHORIZED, Inbox, PendingCode
from wechat.tokens.authorizing import Authorizing
from wechat.tokens.store import TICKET_NEW_KEY

log = logging.getLogger(__name__)

#: All calls of one look are over by then, in seconds; a worker that died in the middle holds it up a little longer.
_DEADLINE_S = 20.0
_HOLD_S = 30
#: Seconds until WeChat is asked again after a call that brought nothing.
_PATIENCE_S = 10.0
#: An authorization that was said to be withdrawn, and could not be asked for in so many seconds, is left alone.
_MARK_LIFETIME_S = 86_400.0
#: Pushed audits that are brought forward in one go; and seconds between two looks at one for which WeChat pushes.
_MOST_LOOKS = 200
_LOOKS_APART_S = 10.0
#: A code that has been used, or has expired.
_CODE_IS_SPENT = frozenset({61009, 61010})


class Pushed:
    """Follows the pushes; any number of workers may, and one at a time does.

    Without `wechat` the tokens are another system's, which hears of authorizations itself.
    """

    def __init__(
        self,
        db: Database,
        *,
        inbox: Inbox,
        wechat: Authorizing | None,
        pauses: Pauses,
        now: Callable[[], float],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = db.redis
        self._inbox = inbox
        self._wechat = wechat
        self._pauses = pauses
        self._now = now
        self._monotonic = monotonic
        self._not_before = 0.0
        #: Why a push waits, by appid: it is told once.
        self._waiting: dict[str, str] = {}
        self._look_now = db.script("releases.store", "shared", "look_now")
        self._drop_if_equal = db.script("db", "drop_if_equal")

    def look(self) -> None:
        """Do what is to be done."""
        if not self._redis.exists(TICKET_NEW_KEY, CODES, UNAUTHORIZED, LOOKS):
            return
        owner = secrets.token_hex(8)
        if not self._redis.set(FOLLOWING, owner, nx=True, ex=_HOLD_S):
            return
        try:
            self._lift_pause()
            self._look_at_audits()
            if self._wechat is None:
                self._leave_to_the_owner()
            elif self._monotonic() >= self._not_before:
                self._ask(self._wechat, Deadline(_DEADLINE_S))
        finally:
            self._drop_if_equal(keys=[FOLLOWING], args=[owner])

    def _lift_pause(self) -> None:
        mark = self._inbox.new_ticket()
        if mark is None:
            return
        if self._pauses.lift_for_ticket():
            log.info("a new ticket was pushed; the platform goes on")
        self._drop_if_equal(keys=[TICKET_NEW_KEY], args=[mark])

    def _look_at_audits(self) -> None:
        """Bring what is under audit forward; an appid of which nothing is under audit has nothing to be looked at."""
        for appid, at in self._inbox.marks(LOOKS, _MOST_LOOKS).items():
            ask = {
                "mini_program": keys.mini_program(appid),
                "lease": keys.lease(appid),
                "record": keys.record(""),
                "looks": keys.due(Lane.LOOKS),
                "lanes": AT_ONCE,
                "apart_s": _LOOKS_APART_S,
            }
            if self._look_now(args=[json.dumps(ask)]) != 0:
                self._inbox.drop_mark(LOOKS, appid, at)

    def _leave_to_the_owner(self) -> None:
        for pending in self._inbox.codes():
            self._inbox.drop_code(pending)
        for appid, at in self._inbox.marks(UNAUTHORIZED).items():
            self._inbox.drop_mark(UNAUTHORIZED, appid, at)

    def _ask(self, wechat: Authorizing, deadline: Deadline) -> None:
        work = [
            (pending.appid, partial(self._exchange, wechat, pending, deadline))
            for pending in self._inbox.codes()
        ]
        work += [
            (appid, partial(self._confirm, wechat, appid, at, deadline))
            for appid, at in self._inbox.marks(UNAUTHORIZED).items()
        ]
        waiting: dict[str, str] = {}
        for appid, do in work:
            try:
                do()
            except (WeChatError, DeadlineExceeded) as error:
                waiting[appid] = str(error) or "no answer in time"
                if self._waiting.get(appid) != waiting[appid]:
                    log.warning("a push about the authorization of %s waits: %s", appid, waiting[appid])
                self._not_before = self._monotonic() + _PATIENCE_S
                if isinstance(error, TicketMissing | DeadlineExceeded):
                    break
        self._waiting = waiting

    def _exchange(self, wechat: Authorizing, pending: PendingCode, deadline: Deadline) -> None:
        if pending.code is None or pending.expires_at <= self._now():
            self._look_up(wechat, pending, deadline)
            return
        try:
            appid = wechat.exchange_code(pending.code, deadline)
        except Refused as refused:
            if refused.errcode not in _CODE_IS_SPENT:
                raise
            # By a worker that died before it had stored what it got, or by whoever the merchant's browser was sent to.
            self._look_up(wechat, pending, deadline)
            return
        log.info("%s is authorized; its tokens are stored", appid)
        self._inbox.drop_code(pending)

    def _look_up(self, wechat: Authorizing, pending: PendingCode, deadline: Deadline) -> None:
        if not wechat.look_up_authorization(pending.appid, deadline):
            log.warning(
                "the authorization code of %s is spent, and WeChat lists no refresh token: "
                "mprelease authorize, or let the merchant authorize again",
                pending.appid,
            )
        self._inbox.drop_code(pending)

    def _confirm(self, wechat: Authorizing, appid: str, at: float, deadline: Deadline) -> None:
        is_old = at < self._now() - _MARK_LIFETIME_S
        try:
            confirmed = None if is_old else wechat.confirm_authorization(appid, deadline)
        except Refused as refused:
            if verdict_of(refused.errcode).verdict is not Verdict.BLOCK:
                raise
            log.warning(
                "WeChat does not say whether %s still is authorized; its tokens stay: %s", appid, refused
            )
            confirmed = None
        if confirmed:
            log.info("%s was said to have withdrawn its authorization, and has not", appid)
        elif confirmed is False:
            log.warning("%s has withdrawn its authorization: its tokens are forgotten", appid)
        self._inbox.drop_mark(UNAUTHORIZED, appid, at)
