"""The whole world in memory: one platform, its Mini Programs, tokens, quotas, faults and calls."""

from collections import deque
from collections.abc import Mapping
from itertools import count
from typing import Any

from simulator.control.faults import FaultBook
from simulator.control.patching import PatchError, patch
from simulator.push.messages import AUDIT_EVENTS, TICKET, Push
from simulator.world import miniprogram, platform
from simulator.world.calls import CallLog
from simulator.world.clock import Clock
from simulator.world.miniprogram import Audit, MiniProgram, Trial
from simulator.world.platform import Platform
from simulator.world.quotas import Quotas
from simulator.world.secret_book import SecretBook
from simulator.world.tokens import TokenBook

#: Any client can read these.
FIRST_AUDITID = 1_000_000_001
#: From here on a float holds every other number only, which is what JavaScript and old versions of jq keep numbers in.
FIRST_INEXACT = 2**53
#: Seconds for which an authorization code is good.
CODE_TTL_S = 600


class World:
    """Everything that WeChat knows, and the control side may change."""

    def __init__(self, the_platform: Platform, secrets: SecretBook) -> None:
        self.clock = Clock()
        self.secrets = secrets
        self.platform = the_platform
        self.miniprograms: dict[str, MiniProgram] = {}
        self.tokens = TokenBook(self.clock, secrets)
        self.quotas = Quotas(self.clock, the_platform)
        self.faults = FaultBook()
        self.calls = CallLog()
        #: What is to be pushed; and by code whose authorization it is, and when it expires.
        self.pushes: deque[Push] = deque()
        self.codes: dict[str, tuple[str, float]] = {}
        self._auditids = count(FIRST_AUDITID)
        self.submitted: dict[tuple[int, int], int] = {}
        self.pool_month = self.clock.month()
        secrets.note(the_platform.secret)

    def put_miniprogram(self, wanted: Mapping[str, Any]) -> MiniProgram:
        """Add a Mini Program, or change the fields named."""
        fields = dict(wanted)
        appid = fields.pop("appid", None)
        if not isinstance(appid, str) or not appid:
            raise PatchError("appid is missing")
        exp_info = fields.pop("exp_info", None)
        mini = self.miniprograms.get(appid) or MiniProgram(appid)
        patch(mini, fields, miniprogram.PATCHABLE)
        if "domain_edits" in fields:
            mini.edits_month = self.clock.month()
        if exp_info is not None:
            mini.trial = _foreign_trial(exp_info, self.clock.now())
        mini.refresh_token = self._refresh_token(mini)
        self.miniprograms[appid] = mini
        return mini

    def patch_platform(self, wanted: Mapping[str, Any]) -> None:
        """Change the platform's fields named."""
        patch(self.platform, wanted, platform.PATCHABLE)
        for name in platform.SECRETS:
            self.secrets.note(getattr(self.platform, name))

    def ticket_push(self) -> Push:
        """Make a new ticket, and the push that brings it."""
        return Push(TICKET, fields={"ComponentVerifyTicket": self.add_ticket()})

    def make_push(self, kind: str, appid: str, fields: Mapping[str, str]) -> Push:
        """Make the push of a kind, with a new ticket or authorization code where it brings one."""
        if kind == TICKET:
            made = self.ticket_push()
            return Push(kind, fields={**made.fields, **fields})
        more: dict[str, str] = {}
        if kind in ("authorized", "updateauthorized"):
            code = self.secrets.invent("queryauthcode@@@")
            expires_at = self.clock.now() + CODE_TTL_S
            self.codes[code] = appid, expires_at
            more = {"AuthorizationCode": code, "AuthorizationCodeExpiredTime": str(int(expires_at))}
        return Push(kind, appid, {**more, **fields})

    def add_ticket(self, ticket: str = "") -> str:
        """Let WeChat push a component_verify_ticket; one is invented unless given."""
        ticket = self.secrets.note(ticket) or self.secrets.invent("ticket@@@")
        self.platform.tickets[ticket] = self.clock.now() + platform.TICKET_TTL_S
        return ticket

    def expire_tickets(self) -> None:
        """End all tickets there are."""
        self.platform.tickets = dict.fromkeys(self.platform.tickets, self.clock.now())

    def next_auditid(self) -> int:
        """Give the next audit its id: a small one, or one of those that a float can't hold."""
        auditid = next(self._auditids)
        return FIRST_INEXACT + 2 * auditid + 1 if self.platform.big_auditids else auditid

    def put_audit(self, mini: MiniProgram, wanted: Mapping[str, Any]) -> Audit:
        """Change the latest audit; one of another version, or a `new` one, is submitted by somebody else."""
        fields = dict(wanted)
        is_new = bool(fields.pop("new", False))
        latest = mini.latest_audit
        version = fields.get("user_version", latest.user_version if latest else None)
        if latest is None or is_new or version != latest.user_version:
            latest = self._foreign_audit(mini)
            patch(latest, fields, miniprogram.AUDIT_PATCHABLE)
            mini.audits.append(latest)
        else:
            patch(latest, fields, miniprogram.AUDIT_PATCHABLE)
        if self.platform.push_to and fields.get("status") in AUDIT_EVENTS:
            reason = {"Reason": latest.reason} if latest.reason else {}
            self.pushes.append(self.make_push(AUDIT_EVENTS[latest.status], mini.appid, reason))
        return latest

    def _foreign_audit(self, mini: MiniProgram) -> Audit:
        version = mini.trial.user_version if mini.trial else "0.0.1"
        now = int(self.clock.now())
        return Audit(self.next_auditid(), miniprogram.IN_REVIEW, version, "submitted by somebody else", now)

    def _refresh_token(self, mini: MiniProgram) -> str:
        return self.secrets.note(mini.refresh_token) or self.secrets.invent("refreshtoken@@@")


def _foreign_trial(exp_info: object, now: float) -> Trial:
    if not isinstance(exp_info, Mapping):
        raise PatchError("exp_info: expected an object")
    return Trial(
        user_version=str(exp_info.get("exp_version", "")),
        user_desc=str(exp_info.get("exp_desc", "")),
        committed_at=float(exp_info.get("exp_time", now)),
    )
