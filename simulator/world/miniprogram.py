"""A Mini Program: its domains, its code, its audits, its versions, and the flags that make it a difficult one."""

import html
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from simulator.control.patching import Setter, flag, hosts, integer, number, objects, one_of, text, texts
from simulator.world.audits import Audit, plan_or_none
from simulator.world.domains import LISTS, STYLES, Lists, empty_lists, normal_origin
from simulator.world.versions import GrayPlan, Version

DEFAULT_CATEGORY = {
    "first_class": "商家自营",
    "second_class": "服装/鞋/箱包",
    "first_id": 304,
    "second_id": 307,
}
DEFAULT_PAGES = ("pages/index/index", "pages/cart/cart", "pages/order/order")

#: How a description may look when it is read back; `absent` leaves it out.
DESC_STYLES: dict[str, Callable[[str], str | None]] = {
    "plain": lambda desc: desc,
    "null": lambda _: None,
    "absent": lambda _: None,
    "empty": lambda _: "",
    "cut": lambda desc: desc[:64],
    "short": lambda desc: desc[: len(desc) // 2],
    "escaped": html.escape,
    "spaced": lambda desc: " ".join(["", *desc.split(), ""]),
    "replaced": lambda _: "第三方平台提交",
}

#: What getversioninfo tells of the live version.
RELEASE_INFOS = ("whole", "empty", "absent")
#: Filed with the regulator.
FILED = {"status": 6, "is_canceling": False, "audit_data": [], "available": 1, "sms_verify_status": 2}


@dataclass(slots=True)
class Trial:
    """The committed code; every commit puts a new one in its place."""

    user_version: str
    user_desc: str
    committed_at: float
    template_id: int = 0
    ext_json: str = ""


@dataclass(slots=True)
class MiniProgram:
    """One authorizer, as WeChat keeps it. The fields in PATCHABLE may be set over the control side."""

    appid: str
    refresh_token: str = ""
    domains: Lists = field(default_factory=empty_lists)
    pages: list[str] = field(default_factory=lambda: list(DEFAULT_PAGES))
    categories: list[dict[str, Any]] = field(default_factory=lambda: [dict(DEFAULT_CATEGORY)])

    is_miniprogram: bool = True
    authorized: bool = True
    granted: bool = True
    profile_complete: bool = True
    rotates_refresh_token: bool = False
    empty_refresh_token: bool = False
    add_answers_lists: bool = True
    #: Which lists an add answers: those of afterwards, only what was just added, or those of before.
    add_answers: str = "after"
    stored_style: str = "plain"
    #: What becomes of descriptions in answers about the trial version and the audit.
    desc_style: str = "plain"
    no_code_errcode: int = 86001
    without_auth_list: list[str] = field(default_factory=list)
    without_conf_list: list[str] = field(default_factory=list)
    domain_edits: int = 0

    #: Business domains, for web views.
    webviewdomain: list[str] = field(default_factory=list)
    #: Hosts that the next release takes from the domains, though they are in the platform's pool.
    loses_at_release: list[str] = field(default_factory=list)
    is_personal: bool = False
    #: What becomes of audits; null: what the platform's plan says.
    audit_plan: list[dict[str, Any]] | None = None
    #: The documents have both.
    screenshot_name: str = "screenshot"
    #: For so many seconds getversioninfo goes on showing what was live before.
    live_after_s: float = 0.0
    release_info: str = "whole"
    visit_status: int = 1
    icp: dict[str, Any] = field(default_factory=lambda: dict(FILED))

    trial: Trial | None = None
    scan_ends_at: float = 0.0
    audits: list[Audit] = field(default_factory=list)
    #: All that went live, oldest first.
    versions: list[Version] = field(default_factory=list)
    gray: GrayPlan | None = None
    #: How often a call changed something, by endpoint.
    effects: Counter[str] = field(default_factory=Counter)
    undone_at_days: list[int] = field(default_factory=list)
    undos_month: tuple[int, int] | None = None
    edits_month: tuple[int, int] | None = None
    old_refresh_tokens: dict[str, float] = field(default_factory=dict)
    is_busy: bool = False

    @property
    def latest_audit(self) -> Audit | None:
        """Give the newest submission."""
        return self.audits[-1] if self.audits else None

    @property
    def under_audit(self) -> bool:
        """Tell whether WeChat has a version of this Mini Program in review."""
        latest = self.latest_audit
        return latest is not None and latest.is_open

    @property
    def live(self) -> Version | None:
        """Give what is live now."""
        return self.versions[-1] if self.versions else None


def stored_lists(value: Any) -> Lists:
    """Take domain lists by their API names; what is seeded need not obey today's rules."""
    if not isinstance(value, dict):
        raise TypeError("expected an object of lists")
    unknown = set(value) - set(LISTS)
    if unknown:
        raise ValueError(f"unknown lists {sorted(unknown)}")
    return {name: [normal_origin(name, o) or o for o in texts(value.get(name, []))] for name in LISTS}


PATCHABLE: dict[str, Setter] = {
    "refresh_token": text,
    "domains": stored_lists,
    "pages": texts,
    "categories": objects,
    "is_miniprogram": flag,
    "authorized": flag,
    "granted": flag,
    "profile_complete": flag,
    "rotates_refresh_token": flag,
    "empty_refresh_token": flag,
    "add_answers_lists": flag,
    "add_answers": one_of("after", "added", "before"),
    "stored_style": one_of(*STYLES),
    "desc_style": one_of(*DESC_STYLES),
    "no_code_errcode": integer,
    "without_auth_list": texts,
    "without_conf_list": texts,
    "domain_edits": integer,
    "webviewdomain": texts,
    "loses_at_release": hosts,
    "is_personal": flag,
    "audit_plan": plan_or_none,
    "screenshot_name": one_of("screenshot", "ScreenShot"),
    "live_after_s": number,
    "release_info": one_of(*RELEASE_INFOS),
    "visit_status": integer,
    "icp": lambda value: {**FILED, **dict(value)},
}


def described(mini: MiniProgram, name: str, desc: str) -> dict[str, str | None]:
    """Show a description as this Mini Program's answers show it."""
    return {} if mini.desc_style == "absent" else {name: DESC_STYLES[mini.desc_style](desc)}


def exp_info(mini: MiniProgram, trial: Trial) -> dict[str, Any]:
    """Show committed code as getversioninfo does."""
    return {
        "exp_time": int(trial.committed_at),
        "exp_version": trial.user_version,
        **described(mini, "exp_desc", trial.user_desc),
    }


def release_info(mini: MiniProgram, now: float) -> dict[str, Any] | None:
    """Show what is live as getversioninfo does: late, if this Mini Program's answers are."""
    seen = [version for version in mini.versions if version.live_at + mini.live_after_s <= now]
    if not seen or mini.release_info == "absent":
        return None
    live, is_empty = seen[-1], mini.release_info == "empty"
    return {
        "release_time": int(live.live_at),
        "release_version": "" if is_empty else live.user_version,
        **described(mini, "release_desc", "" if is_empty else live.user_desc),
    }


def visible(mini: MiniProgram) -> dict[str, Any]:
    """Show a Mini Program without its refresh token."""
    shown = {name: getattr(mini, name) for name in PATCHABLE if name != "refresh_token"}
    return {
        "appid": mini.appid,
        **shown,
        "exp_info": exp_info(mini, mini.trial) if mini.trial else None,
        "trial": asdict(mini.trial) if mini.trial else None,
        "scan_ends_at": mini.scan_ends_at,
        "audits": [asdict(audit) for audit in mini.audits],
        "versions": [asdict(version) for version in mini.versions],
        "live": asdict(mini.live) if mini.live else None,
        "gray": asdict(mini.gray) if mini.gray else None,
        "effects": dict(mini.effects),
    }
