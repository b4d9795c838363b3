"""What a release would do, without doing it: its calls with their exact bodies, and what stands in the way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from releases import remedies
from releases.errors import ReleaseConflict
from releases.intake.decide import NewRelease, Repetition, decide
from releases.problems import describe, without_hint
from releases.record import Release
from releases.request import ReleaseRequest
from releases.states import Status, Step
from releases.steps.ahead import stands
from releases.steps.calls import MiniProgramCalls, WebView
from releases.steps.ensure_domains import wanted_by
from releases.steps.ours import RUNNING
from releases.steps.preflight import no_template
from releases.store.known import Known
from wechat.domains import WEB_VIEW, Domains, Pool
from wechat.errors import WeChatError
from wechat.http.deadline import DeadlineExceeded
from wechat.mini_program import PATHS, LatestAudit, commit_body, modify_domain_body, web_view_body


@dataclass(frozen=True, slots=True)
class Plan:
    """For one Mini Program; without calls where the release is there already or can't be enqueued.

    `calls` are (path, body) in their order; `obstacles` are sentences, and `unknown` are those on what WeChat did not say and
    what stands in nobody's way.
    """

    appid: str
    calls: tuple[tuple[str, dict[str, Any]], ...]
    obstacles: tuple[str, ...]
    existing: str | None = None
    unknown: tuple[str, ...] = ()

    @property
    def adds_domains(self) -> bool:
        """Whether domains are missing."""
        return any(body.get("action") == "add" for _, body in self.calls)

    def public(self) -> dict[str, Any]:
        """As JSON."""
        calls = [{"path": path, "body": body} for path, body in self.calls]
        return {
            "appid": self.appid,
            "existing": self.existing,
            "calls": calls,
            "obstacles": list(self.obstacles),
            "unknown": list(self.unknown),
        }


def is_new(request: ReleaseRequest, known: Known) -> bool:
    """Whether a release would be created; its plan has calls then, and it will take one of the audit quota."""
    try:
        return isinstance(decide(request, known), NewRelease)
    except ReleaseConflict:
        return False


def plan(
    request: ReleaseRequest,
    known: Known,
    mini_program: MiniProgramCalls,
    wanted: Domains,
    registered: Collection[str] | None,
    templates: Collection[int] | None,
    ahead: Release | None = None,
    jump: Collection[str] | None = None,
) -> Plan:
    """Plan one release; the calls that are made for it are questions: its domains, and its latest audit.

    `registered` are the hosts of the platform's pool, `jump` those of its pool of business domains, and `templates` the ids of its template library; None if not known.
    `ahead` is the release that a newer one must not destroy.
    """
    try:
        decision = decide(request, known)
    except ReleaseConflict as conflict:
        return Plan(request.appid, (), (str(conflict),), conflict.active_id)
    if isinstance(decision, Repetition):
        release = decision.release
        return Plan(request.appid, (), (f"the release is there already: {release.status}",), release.id)
    wanted = wanted_by(request, wanted)
    obstacles = [
        *_no_template(request.template_id, templates),
        *_unregistered(wanted.server, registered, remedies.NOT_REGISTERED),
        *_unregistered(wanted.web_view, jump, remedies.NOT_REGISTERED_WEB_VIEW),
    ]
    unknown = []
    if decision.superseding is not None:
        obstacles.append(f"version {decision.superseding.user_version} would be cancelled")
    if ahead is not None:
        obstacles.append(_behind(request, ahead))
    calls = []
    try:
        missing = _missing(wanted, mini_program)
    except (WeChatError, DeadlineExceeded) as error:
        problem = describe(error, Step.ENSURE_DOMAINS)
        obstacles.append(f"{without_hint(problem)} -- {problem.remedy}")
    else:
        if missing.server:
            calls.append((PATHS["modify_domain"], modify_domain_body("add", missing)))
        if missing.web_view:
            calls.append((PATHS["setwebviewdomain"], web_view_body(missing.lists[WEB_VIEW])))
        try:
            obstacles += _under_audit(mini_program.latest_audit(), ahead)
        except (WeChatError, DeadlineExceeded) as error:
            unknown.append(
                f"whether an audit runs is unknown: {without_hint(describe(error, Step.SUBMIT_AUDIT))}"
            )
    commit = commit_body(request.template_id, request.ext, request.user_version, request.user_desc)
    calls += [(PATHS["commit"], commit), (PATHS["submit_audit"], request.audit)]
    return Plan(request.appid, tuple(calls), tuple(obstacles), unknown=tuple(unknown))


def _no_template(template_id: int, templates: Collection[int] | None) -> list[str]:
    if templates is None or template_id in templates:
        return []
    return [f"85014 {no_template(template_id, templates)}"]


def _behind(request: ReleaseRequest, ahead: Release) -> str:
    """Alike for all releases of that version, so that it is counted once."""
    what = remedies.WOULD_WAIT()
    if ahead.status is Status.SUBMITTED and request.withdraw:
        what = remedies.WOULD_WITHDRAW()
    elif ahead.status is Status.APPROVED and request.supersede:
        what = remedies.WOULD_GIVE_UP()
    return f"version {ahead.user_version} is {stands(ahead)} -- {what}"


def _under_audit(latest: LatestAudit | None, ahead: Release | None) -> list[str]:
    if latest is None or latest.status not in RUNNING or (ahead and ahead.auditid == latest.auditid):
        return []
    which = f"version {latest.version}" if latest.version else "another version"
    return [f"85009 {which} is under audit: the submission is blocked until that has ended or is withdrawn"]


def _missing(wanted: Domains, mini_program: MiniProgramCalls) -> Domains:
    missing = wanted.server - mini_program.domains()
    return missing | (wanted.web_view - WebView(mini_program).domains()) if wanted.web_view else missing


def _unregistered(wanted: Domains, registered: Collection[str] | None, say: remedies.Text) -> list[str]:
    if registered is None:
        return []
    hosts = ", ".join(wanted.missing_in(Pool(registered)).hosts())
    return [say(hosts=hosts)] if hosts else []
