"""The third-party platform: who it is, its domain pool, its templates, and how WeChat treats it."""

from dataclasses import dataclass, field
from typing import Any

from simulator.control.patching import (
    Setter,
    flag,
    hosts,
    integer,
    integers,
    limits,
    number,
    one_of,
    positive,
    text,
)
from simulator.http.answers import JSON_TYPE
from simulator.world.audits import plan

DEFAULT_SCAN_S = 1.0
DEFAULT_TOKEN_TTL_S = 7200.0
TICKET_TTL_S = 12 * 3600.0


@dataclass(slots=True)
class Platform:
    """The platform as WeChat sees it. The fields in PATCHABLE may be set over the control side."""

    appid: str
    secret: str
    published: list[str] = field(default_factory=list)
    testing: list[str] = field(default_factory=list)
    #: The pool of business domains.
    webview_published: list[str] = field(default_factory=list)
    webview_testing: list[str] = field(default_factory=list)
    no_icp: list[str] = field(default_factory=list)
    templates: list[int] = field(default_factory=list)
    is_published: bool = True
    ip_allowed: bool = True
    audit_quota: int = 1_000_000
    speedup_quota: int = 10
    #: What becomes of an audit that is submitted; nothing by itself, unless a plan says so.
    audit_plan: list[dict[str, Any]] = field(default_factory=list)
    #: Whether `release` goes by the latest audit, or by the latest that has passed, be there a newer one in review or not;
    #: the documents leave it open.
    release_takes: str = "latest"
    scan_s: float = DEFAULT_SCAN_S
    token_ttl_s: float = DEFAULT_TOKEN_TTL_S
    token_overlap_s: float = 300.0
    latency_ms: float = 0.0
    #: Whether a body that writes Chinese as \\uXXXX is refused with 47002, as some endpoints were seen to do.
    strict_encoding: bool = False
    #: Whether audit ids are 64-bit numbers beyond what a float holds exactly.
    big_auditids: bool = False
    content_type: str = JSON_TYPE
    #: The sheet has 42001 for any token and 42006 for this one; nobody recorded which comes.
    component_expired_errcode: int = 42001
    #: What modify_domain says about a host that only the testing version of the pool has (85017 and
    #: 85301 were reported as well).
    testing_only_errcode: int = 85018
    #: Whether a refused modify_domain uses up one of the month's edits is not documented.
    count_refused_edits: bool = False
    #: Whether a host below a published one counts as published; not documented either.
    subdomains_count: bool = False
    daily_limits: dict[str, int] = field(default_factory=dict)
    minute_limits: dict[str, int] = field(default_factory=dict)
    #: How many seconds a minute of these limits has; quota/get tells.
    minute_s: int = 60
    minute_errcode: int = 45011
    pool_edits: int = 0
    webview_pool_edits: int = 0
    #: The receiver (http://…, without a path), the console's token and EncodingAESKey, and every how many seconds a ticket
    #: is pushed; 0 is never.
    push_to: str = ""
    push_token: str = ""
    push_key: str = ""
    push_every_s: float = 0.0
    #: component_verify_ticket -> when it expires
    tickets: dict[str, float] = field(default_factory=dict)

    def counts(self, host: str) -> bool:
        """Tell whether a Mini Program may use this host."""
        return _is_in(host, self.published, below=self.subdomains_count)

    def counts_webview(self, host: str) -> bool:
        """Tell whether a Mini Program may show pages of this host; here, the hosts below one count as the documents say."""
        return _is_in(host, self.webview_published, below=True)


def _is_in(host: str, pool: list[str], *, below: bool) -> bool:
    return host in pool or (below and any(host.endswith(f".{parent}") for parent in pool))


PATCHABLE: dict[str, Setter] = {
    "appid": text,
    "secret": text,
    "published": hosts,
    "testing": hosts,
    "webview_published": hosts,
    "webview_testing": hosts,
    "no_icp": hosts,
    "templates": integers,
    "is_published": flag,
    "ip_allowed": flag,
    "audit_quota": integer,
    "speedup_quota": integer,
    "audit_plan": plan,
    "release_takes": one_of("latest", "passed"),
    "scan_s": number,
    "token_ttl_s": number,
    "token_overlap_s": number,
    "latency_ms": number,
    "strict_encoding": flag,
    "big_auditids": flag,
    "content_type": text,
    "component_expired_errcode": integer,
    "testing_only_errcode": integer,
    "count_refused_edits": flag,
    "subdomains_count": flag,
    "daily_limits": limits,
    "minute_limits": limits,
    "minute_s": positive,
    "minute_errcode": integer,
    "pool_edits": integer,
    "webview_pool_edits": integer,
    "push_to": text,
    "push_token": text,
    "push_key": text,
    "push_every_s": number,
}
#: Fields that are not shown.
SECRETS = ("secret", "push_token", "push_key")


def visible(platform: Platform) -> dict[str, Any]:
    """Show the platform without its secrets and tickets."""
    return {name: getattr(platform, name) for name in PATCHABLE if name not in SECRETS}
