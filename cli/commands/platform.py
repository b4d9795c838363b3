"""`mprelease platform domains get|add`, the platform's own pools of domains, and `mprelease templates`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.context import only_reads, services
from cli.lines import document, in_local_time, words
from cli.printing import Lines, complain, notes
from cli.who import As, Reason, by, first_of, order
from releases.store.actions import What
from wechat.component import PlatformDomains
from wechat.domains import Domains, InvalidDomain, Standing, checked_host
from wechat.http.deadline import Deadline

app = typer.Typer(help="What belongs to the third-party platform itself.", no_args_is_help=True)
domains = typer.Typer(
    help="The platform's pools of server domains and of business domains.", no_args_is_help=True
)
app.add_typer(domains, name="domains")


AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
OfWebView = Annotated[
    bool, typer.Option("--web-view", help="The pool of business (web-view) domains instead.")
]


@domains.command()
def get(web_view: OfWebView = False, as_json: AsJson = False) -> None:
    """Show the hosts that are registered, and which of those that the settings want are missing."""
    only_reads()
    pool = _pool(web_view=web_view)
    missing = _missing(pool, web_view=web_view)
    _print(pool, missing, as_json=as_json)
    if missing and not as_json:
        command = f"mprelease platform domains add{' --web-view' if web_view else ''}"
        notes.print(f"not registered: {', '.join(missing)}; `{command}` does it")
    unknown = () if web_view else services().wanted.server.unknown_in(pool.pool()).hosts()
    if unknown:
        notes.print(f"only a domain above is registered, so WeChat has to say: {', '.join(unknown)}")
    if not web_view:
        _tell_of_web_view()


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
    web_view: OfWebView = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    reason: Reason = None,
    actor: As = None,
    as_json: AsJson = False,
) -> None:
    """Register hosts, published and testing together. One of the platform's 50 changes a month."""
    named = _named(hosts) if hosts else _wanted(web_view=web_view).hosts()
    there = _pool(web_view=web_view)
    compared = there.pool(testing_only=testing_only)
    # Below a registered business domain a host is registered.
    enough = (Standing.REGISTERED, Standing.UNKNOWN) if web_view else (Standing.REGISTERED,)
    wanted = [host for host in named if compared.standing(host) not in enough]
    if not wanted:
        notes.print("nothing is missing, so nothing was sent")
        if as_json:
            _print(there, _missing(there, web_view=web_view), as_json=True)
        if not web_view:
            _tell_of_web_view()
        return
    if not yes:
        typer.confirm(f"Register {', '.join(wanted)} on the platform?", abort=True, err=True)
    order(What.PLATFORM_DOMAINS_ADD, by(actor, reason), detail=first_of(wanted))
    pool, rejected = services().wechat.add_platform_domains(
        wanted, _deadline(), testing_only=testing_only, web_view=web_view
    )
    services().preflight.forget()
    _print(pool, _missing(pool, web_view=web_view), as_json=as_json)
    if not web_view:
        _tell_of_web_view()
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


def _wanted(*, web_view: bool) -> Domains:
    return services().wanted.web_view if web_view else services().wanted.server


def _pool(*, web_view: bool) -> PlatformDomains:
    wechat = services().wechat
    return wechat.jump_hosts(_deadline()) if web_view else wechat.platform_domains(_deadline())


def _missing(pool: PlatformDomains, *, web_view: bool) -> list[str]:
    """The hosts that the settings want and that the pool lacks."""
    return list(_wanted(web_view=web_view).missing_in(pool.pool()).hosts())


def _tell_of_web_view() -> None:
    """Name the business domains that are missing in their own pool."""
    if services().wanted.web_view:
        missing = _missing(_pool(web_view=True), web_view=True)
        if missing:
            command = "mprelease platform domains add --web-view"
            notes.print(
                f"business domains that are not registered: {', '.join(missing)}; `{command}` does it"
            )


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
