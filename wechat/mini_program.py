"""The calls a platform makes on behalf of one Mini Program, with its access token.

Source: Third-party Platforms > miniprogram-management > domain-management and code-management. What the answers say is
read in `wechat.facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from wechat.component import PREFIX
from wechat.domains import WEB_VIEW, Domains
from wechat.errcodes.table import Verdict, verdict_of
from wechat.errors import Refused
from wechat.facts import audits, running, versions
from wechat.facts import domains as domain_facts
from wechat.facts.audits import AuditQuota, AuditStatus, LatestAudit
from wechat.facts.missing import missing
from wechat.facts.running import Filing, GrayPlan
from wechat.facts.versions import EarlierVersion, LiveVersion, TrialVersion, Versions
from wechat.http.deadline import Deadline
from wechat.http.pace import Limit
from wechat.http.transport import Transport, encode
from wechat.paths import PATHS
from wechat.tokens.single_flight import Tokens
from wechat.values import integer, number

__all__ = [
    "NO_AUDIT",
    "PATHS",
    "Action",
    "AuditQuota",
    "AuditStatus",
    "EarlierVersion",
    "Filing",
    "GrayPlan",
    "LatestAudit",
    "LiveVersion",
    "MiniProgram",
    "Quota",
    "TrialVersion",
    "Versions",
    "commit_body",
    "modify_domain_body",
    "web_view_body",
]

Action = Literal["get", "add", "delete", "set"]
_Answer = TypeVar("_Answer")

#: get_latest_auditstatus: there is no audit (85012), or nothing was ever submitted (85058, 86000, 86001).
NO_AUDIT = frozenset({85012, 85058, 86000, 86001})
#: get_auditstatus: the id is none of this Mini Program's.
NO_SUCH_AUDIT = frozenset({85012})
#: What was wanted is so already: all domains are there, the audit is sped up.
DONE_ALREADY = frozenset({89019, 89404})


@dataclass(frozen=True, slots=True)
class Quota:
    """What openapi/quota/get says of one path: what is left today, and the rate window in seconds."""

    remain: int | None
    refresh_s: float | None


class MiniProgram:
    """One Mini Program, until one deadline. Each method is one call (two, if its token was rejected)."""

    def __init__(self, *, appid: str, transport: Transport, tokens: Tokens, deadline: Deadline) -> None:
        self.appid = appid
        self._transport = transport
        self._tokens = tokens
        self._deadline = deadline
        self._has_turn: str | None = None
        self._token: str | None = None

    def take_turn(self, name: str) -> None:
        """Wait for the turn of the call that comes next: nothing then keeps it from being sent once it is intended."""
        self._transport.pace.wait(PATHS[name], self.appid, self._deadline)
        self._has_turn = PATHS[name]

    def now(self) -> float:
        """WeChat's own time, in seconds since the epoch; asks once if no answer has told it yet."""
        if not self._transport.clock.is_set:
            self.trial_version()
        return self._transport.clock.now()

    def modify_domain(self, action: Action, domains: Domains | None = None) -> dict[str, Any]:
        """Read or change the server domains; returns the whole answer, see `Domains.answered`."""
        return self._call("modify_domain", modify_domain_body(action, domains))

    def domains(self) -> Domains:
        """The server domains that are configured now."""
        return Domains.answered(self.modify_domain("get"))

    def commit(self, *, template_id: int, ext: Mapping[str, Any], user_version: str, user_desc: str) -> None:
        """Make this version of the template the Mini Program's trial version."""
        self._call("commit", commit_body(template_id, ext, user_version, user_desc))

    def submit_audit(self, audit: Mapping[str, Any]) -> int:
        """Submit the trial version for audit; returns the audit id, a 64-bit number."""
        auditid = integer(self._call("submit_audit", audit).get("auditid"))
        if auditid is None or auditid <= 0:
            raise missing("submit_audit", "no auditid")
        return auditid

    def trial_version(self) -> TrialVersion | None:
        """The trial version (getversioninfo's exp_info), None if there is none."""
        return versions.trial_version(self._call("getversioninfo", {}))

    def versions(self) -> Versions:
        """The trial version and the live one, from one getversioninfo."""
        answer = self._call("getversioninfo", {})
        return Versions(versions.trial_version(answer), versions.live_version(answer))

    def latest_audit(self) -> LatestAudit | None:
        """The latest audit (get_latest_auditstatus), None if there is none."""
        answer = self._unless(NO_AUDIT, "get_latest_auditstatus")
        return None if answer is None else audits.latest_audit(answer)

    def audit(self, auditid: int) -> AuditStatus | None:
        """One audit by its id (get_auditstatus), None if this Mini Program has none of this id."""
        answer = self._unless(NO_SUCH_AUDIT, "get_auditstatus", {"auditid": auditid})
        return None if answer is None else audits.audit_status(answer)

    def material(self, media_id: str) -> bytes:
        """A picture that an audit's reason refers to, as a file."""
        return self._with_token(self._transport.download, "get_material", {"media_id": media_id})

    def withdraw_audit(self) -> None:
        """Withdraw the running audit: five a day and ten a month. Never repeat it unread."""
        self._call("undocodeaudit")

    def speed_up_audit(self, auditid: int) -> None:
        """Have an audit looked at sooner, from the provider's monthly pool; that it is already (89404) is well."""
        self._unless(DONE_ALREADY, "speedupaudit", {"auditid": auditid})

    def release(self) -> None:
        """Publish the version that was approved last, whichever that is, to everybody."""
        self._call("release", {})

    def effective_domains(self) -> Domains:
        """The server domains that hold from the release on."""
        return domain_facts.effective_domains(self._call("get_effective_domain", {}))

    def web_view_domains(self) -> tuple[str, ...]:
        """The business (web-view) domains that are configured now, as `normalise` writes them."""
        return domain_facts.web_view_domains(self._call("setwebviewdomain", {"action": "get"}))

    def add_web_view_domains(self, domains: Sequence[str]) -> None:
        """Configure more business domains; that all of them are there already (89019) is well."""
        self.change_web_view_domains("add", domains)

    def change_web_view_domains(self, action: Action, domains: Sequence[str]) -> None:
        """Add business domains, delete some, or set all; that they are so already (89019) is well."""
        self._unless(DONE_ALREADY, "setwebviewdomain", web_view_body(domains, action))

    def effective_web_view_domains(self) -> tuple[str, ...]:
        """The business domains that hold from the release on."""
        return domain_facts.effective_web_view_domains(self._call("get_effective_webviewdomain", {}))

    def earlier_versions(self) -> tuple[EarlierVersion, ...]:
        """The versions to which the Mini Program can be reverted; none after a revert."""
        answer = self._call("revertcoderelease", query={"action": "get_history_version"})
        return versions.earlier_versions(answer)

    def revert(self, app_version: int) -> None:
        """Make an earlier version the live one. Never repeat it unread. With an `action` WeChat would only list."""
        self._call("revertcoderelease", query={"app_version": str(app_version)})

    def gray_plan(self) -> GrayPlan | None:
        """The gray release, running or over, None if there never was one."""
        return running.gray_plan(self._call("getgrayreleaseplan"))

    def gray(self, percentage: int) -> None:
        """Publish the approved version to so many in a hundred users; a running gray release can only grow."""
        self._call("grayrelease", {"gray_percentage": percentage})

    def stop_gray(self) -> None:
        """End the gray release: its users go back to the version before."""
        self._call("revertgrayrelease")

    def is_open(self) -> bool:
        """Whether users get in, which WeChat or the merchant may have stopped as well."""
        return running.is_open(self._call("getvisitstatus", {}))

    def set_open(self, open_: bool) -> None:  # noqa: FBT001 - the state that is wanted
        """Let users in, or keep them out."""
        self._call("change_visitstatus", {"action": "open" if open_ else "close"})

    def filing(self) -> Filing:
        """How far the filing with the regulator (ICP) is."""
        return running.filing(self._call("get_icp_entrance_info"))

    def privacy_info(self) -> dict[str, Any]:
        """get_code_privacy_info: refused with 61039 while the scan after a commit is running."""
        return self._call("get_code_privacy_info")

    def quota(self, path: str) -> Quota:
        """The real limits of one path: the only documented way to learn them."""
        answer = self._ask_quota(path)
        quota = answer.get("quota")
        # The first is for calls that somebody makes for the caller, as we do; the second for its own.
        rates = [answer.get("component_rate_limit"), answer.get("rate_limit")]
        limits = [limit for rate in rates if isinstance(rate, dict) and (limit := _limit(rate))]
        windows = [number(rate.get("refresh_second")) for rate in rates if isinstance(rate, dict)]
        if limits:
            self._transport.pace.learn(path, limits[0])
        return Quota(
            remain=integer(quota.get("remain")) if isinstance(quota, dict) else None,
            refresh_s=max((window for window in windows if window > 0), default=None),
        )

    def audit_quota(self) -> AuditQuota:
        """The provider's audit quota (queryquota): any Mini Program's token may ask for it."""
        return audits.audit_quota(self._call("queryquota"))

    def learn_rate(self, path: str) -> None:
        """WeChat refused a call for being too fast: ask for the limit, unless somebody has just done so."""
        if self._transport.pace.asks(path):
            self.quota(path)

    def _ask_quota(self, path: str) -> dict[str, Any]:
        """The limits belong to the caller, so the platform's own calls are asked for with its own token."""
        body = {"cgi_path": path}
        if not path.startswith(PREFIX):
            return self._call("quota", body)
        return self._tokens.with_component_token(
            lambda token: self._transport.call(
                PATHS["quota"],
                deadline=self._deadline,
                query={"access_token": token},
                body=body,
                appid=self.appid,
            ),
            self._deadline,
        )

    def _unless(
        self, errcodes: frozenset[int], name: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """Call; None where one of these errcodes says that there is nothing."""
        try:
            return self._call(name, body)
        except Refused as refused:
            if refused.errcode in errcodes:
                return None
            raise

    def _call(
        self, name: str, body: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        return self._with_token(self._transport.call, name, body, query)

    def _with_token(
        self,
        send: Callable[..., _Answer],
        name: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None = None,
    ) -> _Answer:
        """Send with the stored token; if WeChat rejects it, once more with a fresh one, and no more."""

        def sent(token: str, *, has_turn: bool = False) -> _Answer:
            return send(
                PATHS[name],
                deadline=self._deadline,
                query={"access_token": token, **(query or {})},
                body=body,
                appid=self.appid,
                has_turn=has_turn,
            )

        has_turn = self._has_turn == PATHS[name]
        if has_turn:
            self._has_turn = None
        # Looked up once: a token outlives any deadline by far, even after another has taken its place.
        token = self._token = self._token or self._tokens.authorizer_token(self.appid, self._deadline)
        try:
            return sent(token, has_turn=has_turn)
        except Refused as refused:
            if verdict_of(refused.errcode).verdict is not Verdict.TOKEN:
                raise
        self._tokens.reject(self.appid, token)
        self._token = token = self._tokens.authorizer_token(self.appid, self._deadline)
        return sent(token)


def modify_domain_body(action: Action, domains: Domains | None) -> dict[str, Any]:
    """The body of modify_domain; `get` names no domain."""
    lists = {} if action == "get" or domains is None else domains.server.lists
    return {"action": action, **lists}


def web_view_body(domains: Sequence[str], action: Action = "add") -> dict[str, Any]:
    """The body of setwebviewdomain that changes business domains."""
    return {"action": action, WEB_VIEW: [*domains]}


def commit_body(
    template_id: int, ext: Mapping[str, Any], user_version: str, user_desc: str
) -> dict[str, Any]:
    """The body of commit: ext_json is a text that holds JSON."""
    return {
        "template_id": template_id,
        "ext_json": encode(ext).decode(),
        "user_version": user_version,
        "user_desc": user_desc,
    }


def _limit(rate: Mapping[str, Any]) -> Limit | None:
    calls, seconds = integer(rate.get("call_count")), integer(rate.get("refresh_second"))
    return Limit(calls, seconds) if calls and seconds and calls > 0 and seconds > 0 else None
