"""`mprelease versions APPID`: what testers, WeChat's auditors and users have, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli import language
from cli.commands.domains import AppId, mini_program
from cli.context import only_reads, services
from cli.lines import document
from cli.printing import Lines, times
from releases.shown.asked import AUDIT, GRAY, Asked, AtWeChat, filed, named
from wechat.domains import SCHEMES
from wechat.mini_program import Filing, GrayPlan, LatestAudit, Versions

#: Columns before what is said.
_HANG = 11


def versions(
    appid: AppId,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Show a Mini Program's trial, audited and live version, its domains, filing and visit status."""
    only_reads()
    web_view = bool(services().wanted.web_view)
    found = AtWeChat.ask(mini_program(appid), Asked(language.speech()), web_view=web_view)
    if as_json:
        document({"appid": appid, **_public(found)})
    else:
        console = Lines()
        for name, said in _rows(found):
            console.print(f"[bold]{name:<9}[/]  {escape(times(said, console))}", hang=_HANG)
    if "versions" in found.asked.unknown:
        raise typer.Exit(1)


def _rows(found: AtWeChat) -> Iterator[tuple[str, str]]:
    unknown = {name: f"unknown: {why}" for name, why in found.asked.unknown.items()}
    there = found.versions or Versions(None, None)
    for name, one in (("trial", there.trial), ("live", there.live)):
        said = "none" if one is None else "  ".join(filter(None, (one.version, _at(one.time), one.desc)))
        yield name, unknown.get("versions", said)
        if name == "trial":
            yield "audit", unknown.get("audit", _of_audit(found.audit))
    if found.effective is not None:
        for listed, domains in found.effective.lists.items():
            yield "domains", f"{listed} {' '.join(domains)}"
        missing = services().wanted - found.effective
        if missing:
            yield "missing", f"{' '.join(missing.hosts())}: users can't reach them"
    yield from [("domains", unknown["domains"])] if "domains" in unknown else []
    yield "visit", unknown.get("visit", "open" if found.is_open else "closed: users can't get in")
    yield "filing", unknown.get("filing", _of_filing(found.filing))
    yield "gray", unknown.get("gray", of_gray(found.gray))


def _of_audit(audit: LatestAudit | None) -> str:
    if audit is None:
        return "none"
    status = named(AUDIT, audit.status, language.speech())
    return "  ".join(
        filter(None, (audit.version, _at(audit.submit_time), f"{status} (audit {audit.auditid})"))
    )


def _of_filing(filing: Filing | None) -> str:
    if filing is None:
        return "none"
    return ": ".join(
        [filed(filing, language.speech()), *(["; ".join(filing.problems)] if filing.problems else [])]
    )


def of_gray(plan: GrayPlan | None) -> str:
    """A gray release in words."""
    if plan is None:
        return "none"
    began = f", since {_at(plan.created_at)}" if plan.created_at else ""
    return f"{plan.percentage} % of the users, {named(GRAY, plan.status, language.speech())}{began}"


def _at(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC" if seconds else ""


def _public(found: AtWeChat) -> dict[str, Any]:
    """As JSON: null is what there is not; what is not known is null as well, and `unknown` says why."""
    there = found.versions or Versions(None, None)
    effective = found.effective
    return {
        "trial": None if there.trial is None else json_of(there.trial),
        "audit": None if found.audit is None else json_of(found.audit),
        "live": None if there.live is None else json_of(there.live),
        "effective_domains": None
        if effective is None
        else {name: list(effective.lists.get(name, ())) for name in SCHEMES},
        "is_open": found.is_open,
        "filing": None if found.filing is None else json_of(found.filing),
        "gray": None if found.gray is None else json_of(found.gray),
        "unknown": found.asked.unknown,
    }


def json_of(value: Any) -> dict[str, Any]:
    """Its fields, with the times as the contract has them."""
    times = {"time", "submit_time", "created_at"}
    return {name: (_iso(one) if name in times else one) for name, one in asdict(value).items()}


def _iso(seconds: float) -> str | None:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}" if seconds else None
