"""`mprelease enqueue --plan`: what would be sent to WeChat, with nothing enqueued and nothing changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track

from cli import language
from cli.audit_quota import ask, tell_unknown
from cli.context import services
from cli.following import tell_braked
from cli.lines import counted, document, line
from cli.printing import MOST_LISTED, UNDER_COUNT, notes
from releases.intake.plan import Plan, is_new, plan
from releases.record import identity
from releases.request import ReleaseRequest
from releases.shown.printable import json_line
from releases.store.known import Known
from releases.waves.audit_quota import Fit
from releases.waves.brake import WavePolicy
from wechat.domains import WEB_VIEW
from wechat.errors import WeChatError
from wechat.http.deadline import Deadline, DeadlineExceeded

#: Mini Programs whose domains are read at the same time.
_AT_ONCE = 8
#: The template library only tells beforehand what a commit would, so nobody has to wait long for it, in seconds.
_TEMPLATES_DEADLINE_S = 10.0


def show_plan(requests: Sequence[ReleaseRequest], policy: WavePolicy | None, *, as_json: bool) -> None:
    """Print the plan of each request; exit 1 if something stands in the way of any.

    Raises InvalidRequest where the policy would be refused. With `as_json` each line carries how all of them fit
    into the audit quota: there is a line for each request and no other, and the first one tells already.
    """
    services().batch.check(requests, policy)
    known = services().store.known_to_all([(request.appid, identity(request)) for request in requests])
    fit, unknown = _fit(
        list(
            dict.fromkeys(
                request.appid
                for request, there in zip(requests, known, strict=True)
                if is_new(request, there)
            )
        )
    )
    of_all = {"audit_quota": None if fit is None else fit.public(), "audit_quota_unknown": unknown or None}
    obstacles: Counter[str] = Counter()
    unsaid: Counter[str] = Counter()
    planned, adding = set(), set()
    templates, why = _templates()
    unsaid.update([f"the template library is unknown: {why}"] * len(requests) if why else ())
    for made in _shown(_plans(requests, known, templates), len(requests), of_all if as_json else None):
        obstacles.update(made.obstacles)
        unsaid.update(made.unknown)
        planned.add(made.appid)
        if made.adds_domains:
            adding.add(made.appid)
    if unknown:
        tell_unknown(unknown)
    if fit is not None:
        notes.print(str(fit))
        if fit.will_not_fit:
            obstacles["will not fit into the audit quota"] = fit.will_not_fit
    notes.print(
        f"{counted(len(planned), 'Mini Program')}, {len(adding)} without all domains; "
        "nothing was sent but the questions for this"
    )
    if policy is None:
        tell_braked(request.wave for request in requests)
    tell_counted(obstacles)
    tell_counted(unsaid)
    if obstacles:
        raise typer.Exit(1)


def _shown(plans: Iterator[Plan], number: int, of_all: Mapping[str, object] | None) -> Iterator[Plan]:
    """The plans, each printed: as JSON with `of_all`, else in words, on a terminal the first of many only."""
    most = number if of_all is not None or not Console().is_terminal else MOST_LISTED
    followed = track(plans, "", number, console=notes, transient=True, disable=not notes.is_terminal)
    for at, made in enumerate(followed):
        if of_all is not None:
            document({**made.public(), **of_all})
        elif at < most:
            _tell(made)
        yield made
    if number > most:
        notes.print(f"and {counted(number - most, 'more request')}: in a pipe all are shown, as to `| less`")


def _templates() -> tuple[Collection[int] | None, str]:
    """The ids of the template library, asked for once; None and why where WeChat does not say."""
    try:
        return {template.id for template in services().wechat.templates(Deadline(_TEMPLATES_DEADLINE_S))}, ""
    except (WeChatError, DeadlineExceeded) as error:
        return None, str(error) or "the deadline passed"


def _plans(
    requests: Sequence[ReleaseRequest], known: Sequence[Known], templates: Collection[int] | None
) -> Iterator[Plan]:
    made = services()
    ahead = made.store.ahead_of([request.appid for request in requests])
    registered = made.wechat.registered_hosts()
    has_web_view = made.wanted.web_view or any(WEB_VIEW in (request.domains or ()) for request in requests)
    jump = made.wechat.registered_jump_hosts() if has_web_view else None
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(
            lambda request, there, older: plan(
                request,
                there,
                made.wechat.mini_program(request.appid, Deadline(made.step_deadline_s)),
                made.wanted,
                registered,
                templates,
                older,
                jump,
            ),
            requests,
            known,
            ahead,
        )


def _fit(appids: Sequence[str]) -> tuple[Fit | None, str]:
    """How as many new releases fit into the audit quota as it is now; or why that is not known."""
    if not appids:
        return None, ""
    unknown = ask(appids)
    return (None, unknown) if unknown else (services().audit_quotas.fit(0, new=len(appids)), "")


def tell_counted(said: Counter[str]) -> None:
    """Say on stderr what stands in the way of how many, the most frequent first."""
    for what, number in said.most_common():
        notes.print(f"{number:>7}  {escape(language.speech().obstacle(what))}", hang=UNDER_COUNT)


def _tell(made: Plan) -> None:
    line(made.appid)
    for path, body in made.calls:
        line(f"    POST {path} {json_line(body)}")
    for obstacle in made.obstacles:
        line(f"    ! {language.speech().obstacle(obstacle)}")
    for what in made.unknown:
        line(f"    ? {language.speech().obstacle(what)}")
