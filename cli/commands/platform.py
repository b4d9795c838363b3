"""`mprelease platform domains get|add`, the platform's own pool of server domains, and `mprelease templates`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.context import only_reads, services
from cli.lines import document, in_local_time, words
from cli.printing import Lines, complain, notes
from wechat.component import PlatformDomains
from wechat.domains import InvalidDomain, Standing, checked_host
from wechat.http.deadline import Deadline

app = typer.Typer(help="What belongs to the third-party platform itself.", no_args_is_help=True)
domains = typer.Typer(help="The platform's pool of server domains.", no_args_is_help=True)
app.add_typer(domains, name="domains")


AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@domains.command()
def get(as_json: AsJson = False) -> None:
    """Show the hosts that are registered, and which of those that the settings want are missing."""
    only_reads()
    pool = services().wechat.platform_domains(_deadline())
    missing = _wanted_hosts(pool, Standing.MISSING)
    _print(pool, missing, as_json=as_json)
    if missing and not as_json:
        notes.print(f"not registered: {', '.join(missing)}; `mprelease platform domains add` does it")
    unknown = _wanted_hosts(pool, Standing.UNKNOWN)
    if unknown:
        notes.print(f"only a domain above is registered, so WeChat has to say: {', '.join(unknown)}")


@domains.command()
def add(
    hosts: Annotated[
        list[str] | None,
        typer.Argument(help="Hosts; without any, those that the settings want and are not registered."),
    ] = None,
    testing_only: Annotated[
        bool,
        typer.Option("--testing-only", help="Not for released Mini Programs: a platform before publication."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Register hosts, published and testing together. One of the platform's 50 changes a month."""
    named = _named(hosts) if hosts else services().wanted.hosts()
    there = services().wechat.platform_domains(_deadline())
    compared = there.pool(testing_only=testing_only)
    wanted = [host for host in named if compared.standing(host) is not Standing.REGISTERED]
    if not wanted:
        notes.print("nothing is missing, so nothing was sent")
        if as_json:
            _print(there, _wanted_hosts(there, Standing.MISSING), as_json=True)
        return
    if not yes:
        typer.confirm(f"Register {', '.join(wanted)} on the platform?", abort=True, err=True)
    pool, rejected = services().wechat.add_platform_domains(wanted, _deadline(), testing_only=testing_only)
    services().preflight.forget()
    _print(pool, _wanted_hosts(pool, Standing.MISSING), as_json=as_json)
    if rejected:
        complain("WeChat rejected:", *rejected)
        raise typer.Exit(1)


def templates(
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, one template to a line.")] = False,
) -> None:
    """List the platform's template library, newest first: id, time, version, description."""
    only_reads()
    found = services().wechat.templates(_deadline())
    is_terminal = Lines().is_terminal
    for one in sorted(found, key=lambda template: template.id, reverse=True):
        at = f"{datetime.fromtimestamp(one.created_at, UTC):%Y-%m-%dT%H:%M:%SZ}" if one.created_at else None
        if as_json:
            document(
                {
                    "template_id": one.id,
                    "user_version": one.user_version,
                    "user_desc": one.user_desc,
                    "created_at": at,
                }
            )
        else:
            when = "-" if at is None else in_local_time(at) if is_terminal else at
            words(f"{one.id:>6}  {when}  {one.user_version}  {one.user_desc}")
    if not found:
        notes.print("the template library is empty; add a draft to it on the platform's console")


def _named(hosts: list[str]) -> list[str]:
    try:
        return list(dict.fromkeys(map(checked_host, hosts)))
    except InvalidDomain as error:
        complain(f"Nothing was registered: {error.problem}")
        raise typer.Exit(2) from None


def _wanted_hosts(pool: PlatformDomains, standing: Standing) -> list[str]:
    """The hosts that the settings want and that are this to the pool."""
    registered = pool.pool()
    return [host for host in services().wanted.hosts() if registered.standing(host) is standing]


def _print(pool: PlatformDomains, missing: list[str], *, as_json: bool) -> None:
    if as_json:
        published = None if pool.published is None else list(pool.published)
        document({"published": published, "testing": list(pool.testing), "missing": missing})
        return
    shown = "never published" if pool.published is None else " ".join(pool.published)
    words(f"published  {shown}")
    words(f"testing    {' '.join(pool.testing)}")


def _deadline() -> Deadline:
    return Deadline(services().step_deadline_s)
