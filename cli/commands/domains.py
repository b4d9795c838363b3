"""`mprelease domains get|add|delete|set APPID …`: the four actions of modify_domain, by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.context import only_reads, services
from cli.lines import document, words
from cli.printing import complain, notes
from cli.who import As, Reason, by, first_of, order
from releases.appid import is_appid
from releases.record import By
from releases.request import RIGHT
from releases.shown.asked import configured
from releases.store.actions import What
from wechat.domains import SCHEMES, SERVER_LISTS, WEB_VIEW, Domains, InvalidDomain, rejected
from wechat.http.deadline import Deadline
from wechat.mini_program import Action, MiniProgram

app = typer.Typer(help="Read and change a Mini Program's domains by hand.", no_args_is_help=True)

AppId = Annotated[str, typer.Argument(help="The Mini Program.")]
Listed = Annotated[list[str] | None, typer.Option(help="May be given many times.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command()
def get(appid: AppId, as_json: AsJson = False) -> None:
    """Show the domains that are configured now; business domains where the settings want any."""
    only_reads()
    web_view = bool(services().wanted.web_view)
    _print(configured(mini_program(appid), web_view=web_view), as_json=as_json, web_view=web_view)


@app.command()
def add(
    appid: AppId,
    requestdomain: Listed = None,
    wsrequestdomain: Listed = None,
    uploaddomain: Listed = None,
    downloaddomain: Listed = None,
    udpdomain: Listed = None,
    tcpdomain: Listed = None,
    webviewdomain: Listed = None,
    reason: Reason = None,
    actor: As = None,
    as_json: AsJson = False,
) -> None:
    """Add domains to the lists, unless they are there. One of 50 modifications a month."""
    _modify("add", appid, locals(), by(actor, reason), as_json=as_json)


@app.command()
def delete(
    appid: AppId,
    requestdomain: Listed = None,
    wsrequestdomain: Listed = None,
    uploaddomain: Listed = None,
    downloaddomain: Listed = None,
    udpdomain: Listed = None,
    tcpdomain: Listed = None,
    webviewdomain: Listed = None,
    yes: Yes = False,
    reason: Reason = None,
    actor: As = None,
    as_json: AsJson = False,
) -> None:
    """Remove domains from the lists. One of 50 modifications a month."""
    _confirm(f"Remove these domains from {appid}?", yes=yes)
    _modify("delete", appid, locals(), by(actor, reason), as_json=as_json)


@app.command("set")
def set_(
    appid: AppId,
    requestdomain: Listed = None,
    wsrequestdomain: Listed = None,
    uploaddomain: Listed = None,
    downloaddomain: Listed = None,
    udpdomain: Listed = None,
    tcpdomain: Listed = None,
    webviewdomain: Listed = None,
    yes: Yes = False,
    reason: Reason = None,
    actor: As = None,
    as_json: AsJson = False,
) -> None:
    """Replace the lists: every domain that is not named is removed, the merchant's own as well.

    Business domains are a list apart: it is replaced only where some are named, and so are the others.
    """
    _confirm(f"Replace the domains of {appid}, the merchant's own included?", yes=yes)
    _modify("set", appid, locals(), by(actor, reason), as_json=as_json)


def _modify(action: Action, appid: str, options: Mapping[str, Any], who: By, *, as_json: bool) -> None:
    """Send what the options name that are called like a list."""
    try:
        domains = Domains.wanted({name: options[name] for name in SCHEMES if options.get(name)})
    except InvalidDomain as error:
        complain(f"Nothing was changed: --{error.list_name}: {error.problem}")
        raise typer.Exit(2) from None
    if not domains:
        complain(
            f"Nothing was changed: name at least one domain, as --{' or --'.join(name for name in SCHEMES if name in options)}"
        )
        raise typer.Exit(2)
    shop, web_view = mini_program(appid), bool(domains.web_view)
    if action == "add":
        there = configured(shop, web_view=web_view)
        domains -= there
        if not domains:
            notes.print("nothing is missing, so nothing was sent")
            _print(there, as_json=as_json, web_view=web_view)
            return
    order(What(f"domains-{action}"), who, appid=appid, detail=first_of(domains.hosts()))
    answer = shop.modify_domain(action, domains) if domains.server else {}
    if domains.web_view:
        shop.change_web_view_domains(action, domains.lists[WEB_VIEW])
    refused = rejected(domains, answer)
    _print(configured(shop, web_view=web_view), as_json=as_json, web_view=web_view)
    if refused:
        complain("WeChat rejected:", *(domain for listed in refused.lists.values() for domain in listed))
        raise typer.Exit(1)


def mini_program(appid: str) -> MiniProgram:
    """The Mini Program, for calls that are over within a step's deadline; ends with 2 for what is no appid."""
    if not is_appid(appid):
        complain(f"{appid!r} is no appid; must be {RIGHT['appid']}")
        raise typer.Exit(2)
    return services().wechat.mini_program(appid, Deadline(services().step_deadline_s))


def _confirm(question: str, *, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True, err=True)


def _print(domains: Domains, *, as_json: bool, web_view: bool) -> None:
    if as_json:
        asked = SCHEMES if web_view else SERVER_LISTS
        document({name: list(domains.lists.get(name, ())) for name in asked})
        return
    for name, listed in domains.lists.items():
        words(f"{name:<16} {' '.join(listed)}")
    if not domains:
        notes.print("no domain is configured")
