"""The calls a platform makes on behalf of one Mini Program, with its access token.

Source: Third-party Platforms > miniprogram-management > domain-management and code-management.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from wechat.component import PREFIX
from wechat.domains import Domains
from wechat.errcodes.table import Verdict, verdict_of
from wechat.errors import Refused, Unanswered
from wechat.http.deadline import Deadline
from wechat.http.pace import Limit
from wechat.http.transport import Transport, encode
from wechat.tokens.single_flight import Tokens
from wechat.values import integer, number, text, time_s

Action = Literal["get", "add", "delete", "set"]

PATHS: Mapping[str, str] = {
    "modify_domain": "/wxa/modify_domain",
    "commit": "/wxa/commit",
    "submit_audit": "/wxa/submit_audit",
    "getversioninfo": "/wxa/getversioninfo",
    "get_code_privacy_info": "/wxa/security/get_code_privacy_info",
    "get_latest_auditstatus": "/wxa/get_latest_auditstatus",
    "quota": "/cgi-bin/openapi/quota/get",
    "queryquota": "/wxa/queryquota",
}

#: get_latest_auditstatus: there is no audit (85012), or nothing was ever submitted (85058, 86000, 86001).
NO_AUDIT = frozenset({85012, 85058, 86000, 86001})


@dataclass(frozen=True, slots=True)
class TrialVersion:
    """exp_info: what stands as the trial version now; `time` is WeChat's, in seconds, 0 if unknown."""

    version: str
    desc: str
    time: float


@dataclass(frozen=True, slots=True)
class LatestAudit:
    """The audit that was submitted last. `status`: 0 passed, 1 rejected, 2 in review, 3 withdrawn, 4 delayed."""

    auditid: int
    status: int
    version: str
    desc: str
    submit_time: float


@dataclass(frozen=True, slots=True)
class Quota:
    """What openapi/quota/get says of one path: what is left today, and the rate window in seconds."""

    remain: int | None
    refresh_s: float | None


@dataclass(frozen=True, slots=True)
class AuditQuota:
    """The submissions that the provider may make, all its Mini Programs together: what is left, and of how many."""

    rest: int
    limit: int


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
        self._transport.take_turn(PATHS[name], self.appid, self._deadline)
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
        answer = self._call("submit_audit", audit)
        auditid = integer(answer.get("auditid"))
        if auditid is None or auditid <= 0:
            raise Unanswered(PATHS["submit_audit"], "the answer has no auditid")
        return auditid

    def trial_version(self) -> TrialVersion | None:
        """The trial version (getversioninfo's exp_info), None if there is none."""
        info = self._call("getversioninfo", {}).get("exp_info")
        if not info:
            return None
        fields = info if isinstance(info, dict) else {}
        version, time = text(fields.get("exp_version")), time_s(fields.get("exp_time"))
        if not version and not time:
            raise Unanswered(
                PATHS["getversioninfo"], "the answer has an exp_info without exp_version and exp_time"
            )
        return TrialVersion(version=version, desc=text(fields.get("exp_desc")), time=time)

    def latest_audit(self) -> LatestAudit | None:
        """The latest audit (get_latest_auditstatus), None if there is none."""
        try:
            answer = self._call("get_latest_auditstatus")
        except Refused as refused:
            if refused.errcode in NO_AUDIT:
                return None
            raise
        auditid, status = integer(answer.get("auditid")), integer(answer.get("status"))
        if auditid is None or auditid <= 0 or status is None:
            # Not "there is none": that is said by an errcode, and believing it submits a second time.
            raise Unanswered(PATHS["get_latest_auditstatus"], "the answer has no auditid and status")
        return LatestAudit(
            auditid=auditid,
            status=status,
            version=text(answer.get("user_version")),
            desc=text(answer.get("user_desc")),
            submit_time=time_s(answer.get("submit_audit_time")),
        )

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
        if limits and self._transport.pace is not None:
            self._transport.pace.learn(path, limits[0])
        return Quota(
            remain=integer(quota.get("remain")) if isinstance(quota, dict) else None,
            refresh_s=max((window for window in windows if window > 0), default=None),
        )

    def audit_quota(self) -> AuditQuota:
        """The provider's audit quota (queryquota): any Mini Program's token may ask for it."""
        answer = self._call("queryquota")
        rest, limit = integer(answer.get("rest")), integer(answer.get("limit"))
        if rest is None or limit is None:
            raise Unanswered(PATHS["queryquota"], "the answer has no rest and limit")
        return AuditQuota(rest, limit)

    def learn_rate(self, path: str) -> None:
        """WeChat refused a call for being too fast: ask for the limit, unless somebody has just done so."""
        if self._transport.pace is not None and self._transport.pace.asks(path):
            self.quota(path)

    def _ask_quota(self, path: str) -> dict[str, Any]:
        """The limits belong to the caller, so the platform's own calls are asked for with its own token."""
        body = {"cgi_path": path}
        if not path.startswith(PREFIX):
            return self._call("quota", body)
        return self._tokens.with_component_token(
            lambda token: self._send(PATHS["quota"], body, token), self._deadline
        )

    def _call(self, name: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call with the stored token; if WeChat rejects it, once more with a fresh one, and no more."""
        path = PATHS[name]
        has_turn = self._has_turn == path
        if has_turn:
            self._has_turn = None
        # Looked up once: a token outlives any deadline by far, even after another has taken its place.
        token = self._token = self._token or self._tokens.authorizer_token(self.appid, self._deadline)
        try:
            return self._send(path, body, token, has_turn=has_turn)
        except Refused as refused:
            if verdict_of(refused.errcode).verdict is not Verdict.TOKEN:
                raise
        self._tokens.reject(self.appid, token)
        self._token = token = self._tokens.authorizer_token(self.appid, self._deadline)
        return self._send(path, body, token)

    def _send(
        self, path: str, body: Mapping[str, Any] | None, token: str, *, has_turn: bool = False
    ) -> dict[str, Any]:
        return self._transport.call(
            "GET" if body is None else "POST",
            path,
            deadline=self._deadline,
            query={"access_token": token},
            body=body,
            appid=self.appid,
            has_turn=has_turn,
        )


def modify_domain_body(action: Action, domains: Domains | None) -> dict[str, Any]:
    """The body of modify_domain; `get` names no domain."""
    lists = {} if action == "get" or domains is None else domains.as_dict()
    return {"action": action, **lists}


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
