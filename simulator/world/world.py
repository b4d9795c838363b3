"""The whole world in memory: one platform, its Mini Programs, tokens, quotas, faults and calls."""

from collections import Counter, deque
from collections.abc import Mapping
from functools import partial
from itertools import count
from typing import Any

from simulator.control.faults import FaultBook
from simulator.control.patching import PatchError, patch
from simulator.push.messages import AUDIT_EVENTS, TICKET, Push, audit_fields
from simulator.world import audits, miniprogram, platform
from simulator.world.agenda import Agenda
from simulator.world.audits import Audit
from simulator.world.calls import CallLog
from simulator.world.clock import Clock
from simulator.world.domains import host_of, split_by_pool, without
from simulator.world.miniprogram import MiniProgram, Trial
from simulator.world.platform import Platform
from simulator.world.quotas import Quotas
from simulator.world.secret_book import SecretBook
from simulator.world.tokens import TokenBook
from simulator.world.versions import DONE, RUNNING, Version

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
        self.agenda = Agenda(self.clock)
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
        #: By month: audits submitted, and sped up.
        self.submitted: Counter[tuple[int, int]] = Counter()
        self.sped_up: Counter[tuple[int, int]] = Counter()
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
        """Change an audit, the latest unless `auditid` names one; one of another version, or a `new` one, is somebody else's."""
        fields = dict(wanted)
        is_new, push = bool(fields.pop("new", False)), fields.pop("push", True) is not False
        audit = _chosen(mini, fields.pop("auditid", None))
        version = fields.get("user_version", audit.user_version if audit else None)
        if audit is None or is_new or version != audit.user_version:
            audit = self._foreign_audit(mini)
            patch(audit, fields, audits.PATCHABLE)
            mini.audits.append(audit)
            return self._told(mini, audit, push=push and "status" in fields)
        return self.decide(mini, audit, fields, push=push)

    def decide(
        self, mini: MiniProgram, audit: Audit, fields: Mapping[str, Any], *, push: bool = True
    ) -> Audit:
        """Change an audit; a status that decides or delays it is pushed, if there is a receiver."""
        patch(audit, fields, audits.PATCHABLE)
        return self._told(mini, audit, push=push and "status" in fields)

    def follow_plan(self, mini: MiniProgram, audit: Audit) -> None:
        """Let the audit be decided as planned, as long as nothing else decides it."""
        at = self.clock.now()
        for step in self.platform.audit_plan if mini.audit_plan is None else mini.audit_plan:
            at += step["after_s"]
            fields = {name: value for name, value in step.items() if name != "after_s"}
            self.agenda.add(at, partial(self._decide_if_open, mini, audit, fields))

    def publish(self, mini: MiniProgram, audit: Audit, *, by: str) -> None:
        """Bring what the audit was of to all users; domains that are not in the platform's pools are dropped."""
        audit.is_released = True
        kept, _ = split_by_pool(mini.domains, self.platform.counts)
        mini.domains = without(kept, mini.loses_at_release)
        mini.webviewdomain = [
            origin
            for origin in mini.webviewdomain
            if self.platform.counts_webview(host_of(origin)) and host_of(origin) not in mini.loses_at_release
        ]
        mini.loses_at_release = []
        if mini.gray and mini.gray.status == RUNNING:
            mini.gray.status = DONE
        self.go_live(mini, audit, by=by)

    def go_live(self, mini: MiniProgram, code: Audit | Version, *, by: str) -> None:
        """Put this version before the users, and nothing else."""
        number, now = len(mini.versions) + 1, self.clock.now()
        mini.versions.append(Version(number, code.user_version, code.user_desc, code.committed_at, now, by))

    def _decide_if_open(self, mini: MiniProgram, audit: Audit, fields: Mapping[str, Any]) -> None:
        if audit.is_open:
            self.decide(mini, audit, fields)

    def _told(self, mini: MiniProgram, audit: Audit, *, push: bool) -> Audit:
        if push and self.platform.push_to and audit.status in AUDIT_EVENTS:
            fields = audit_fields(audit.status, int(self.clock.now()), audit.reason, audit.screenshot)
            self.pushes.append(self.make_push(AUDIT_EVENTS[audit.status], mini.appid, fields))
        return audit

    def _foreign_audit(self, mini: MiniProgram) -> Audit:
        version = mini.trial.user_version if mini.trial else "0.0.1"
        now = int(self.clock.now())
        return Audit(self.next_auditid(), audits.IN_REVIEW, version, "submitted by somebody else", now)

    def _refresh_token(self, mini: MiniProgram) -> str:
        return self.secrets.note(mini.refresh_token) or self.secrets.invent("refreshtoken@@@")


def _chosen(mini: MiniProgram, auditid: object) -> Audit | None:
    if auditid is None:
        return mini.latest_audit
    for audit in mini.audits:
        if audit.auditid == auditid:
            return audit
    raise PatchError(f"{mini.appid} has no audit {auditid!r}")


def _foreign_trial(exp_info: object, now: float) -> Trial:
    if not isinstance(exp_info, Mapping):
        raise PatchError("exp_info: expected an object")
    return Trial(
        user_version=str(exp_info.get("exp_version", "")),
        user_desc=str(exp_info.get("exp_desc", "")),
        committed_at=float(exp_info.get("exp_time", now)),
    )
