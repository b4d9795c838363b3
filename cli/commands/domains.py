"""`mprelease domains get|add|delete|set APPID …`: the four actions of modify_domain, by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.credentials.issued import APPID
from cli.context import only_reads, services
from cli.lines import document, words
from cli.printing import complain, notes
from releases.request import RIGHT
from wechat.domains import SCHEMES, Domains, InvalidDomain, rejected
from wechat.http.deadline import Deadline
from wechat.mini_program import Action, MiniProgram

app = typer.Typer(help="Read and change a Mini Program's server domains by hand.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="domains")


AppId = Annotated[str, typer.Argument(help="The Mini Program.")]
Listed = Annotated[list[str] | None, typer.Option(help="May be given many times.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command()
def get(appid: AppId, as_json: AsJson = False) -> None:
    """Show the domains that are configured now."""
    only_reads()
    _print(_mini_program(appid).domains(), as_json=as_json)


@app.command()
def add(
    appid: AppId,
    requestdomain: Listed = None,
    wsrequestdomain: Listed = None,
    uploaddomain: Listed = None,
    downloaddomain: Listed = None,
    udpdomain: Listed = None,
    tcpdomain: Listed = None,
    as_json: AsJson = False,
) -> None:
    """Add domains to the lists, unless they are there. One of 50 modifications a month."""
    lists = (requestdomain, wsrequestdomain, uploaddomain, downloaddomain, udpdomain, tcpdomain)
    _modify("add", appid, lists, as_json=as_json)


@app.command()
def delete(
    appid: AppId,
    requestdomain: Listed = None,
    wsrequestdomain: Listed = None,
    uploaddomain: Listed = None,
    downloaddomain: Listed = None,
    udpdomain: Listed = None,
    tcpdomain: Listed = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Remove domains from the lists. One of 50 modifications a month."""
    lists = (requestdomain, wsrequestdomain, uploaddomain, downloaddomain, udpdomain, tcpdomain)
    _confirm(f"Remove these domains from {appid}?", yes=yes)
    _modify("delete", appid, lists, as_json=as_json)


@app.command("set")
def set_(
    appid: AppId,
    requestdomain: Listed = None,
    wsrequestdomain: Listed = None,
    uploaddomain: Listed = None,
    downloaddomain: Listed = None,
    udpdomain: Listed = None,
    tcpdomain: Listed = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Replace the lists: every domain that is not named is removed, the merchant's own as well."""
    lists = (requestdomain, wsrequestdomain, uploaddomain, downloaddomain, udpdomain, tcpdomain)
    _confirm(f"Replace all domains of {appid}, the merchant's own included?", yes=yes)
    _modify("set", appid, lists, as_json=as_json)


def _modify(action: Action, appid: str, lists: tuple[list[str] | None, ...], *, as_json: bool) -> None:
    try:
        domains = Domains.wanted(
            {name: listed for name, listed in zip(SCHEMES, lists, strict=True) if listed}
        )
    except InvalidDomain as error:
        complain(f"Nothing was changed: --{error.list_name}: {error.problem}")
        raise typer.Exit(2) from None
    if not domains:
        complain(f"Nothing was changed: name at least one domain, as --{' or --'.join(SCHEMES)}")
        raise typer.Exit(2)
    mini_program = _mini_program(appid)
    if action == "add":
        there = mini_program.domains()
        domains -= there
        if not domains:
            notes.print("nothing is missing, so nothing was sent")
            _print(there, as_json=as_json)
            return
    answer = mini_program.modify_domain(action, domains)
    refused = rejected(domains, answer)
    _print(mini_program.domains(), as_json=as_json)
    if refused:
        complain("WeChat rejected:", *(domain for listed in refused.lists.values() for domain in listed))
        raise typer.Exit(1)


def _mini_program(appid: str) -> MiniProgram:
    if not APPID.fullmatch(appid):
        complain(f"{appid!r} is no appid; must be {RIGHT['appid']}")
        raise typer.Exit(2)
    return services().wechat.mini_program(appid, Deadline(services().step_deadline_s))


def _confirm(question: str, *, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True, err=True)


def _print(domains: Domains, *, as_json: bool) -> None:
    if as_json:
        document({name: list(domains.lists.get(name, ())) for name in SCHEMES})
        return
    for name, listed in domains.lists.items():
        words(f"{name:<16} {' '.join(listed)}")
    if not domains:
        notes.print("no domain is configured")
