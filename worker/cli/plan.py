"""`mprelease enqueue --plan`: what would be sent to WeChat, with nothing enqueued and nothing changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import typer
from rich.markup import escape
from rich.progress import track

from tasks.audit_quota import Fit
from tasks.plan import Plan, plan
from tasks.record import identity
from tasks.request import ReleaseRequest
from wechat.deadline import Deadline, DeadlineExceeded
from wechat.errors import WeChatError
from worker.cli.context import services
from worker.cli.output import document, notes

#: Mini Programs whose domains are read at the same time.
_AT_ONCE = 8


def show_plan(requests: Sequence[ReleaseRequest], *, as_json: bool) -> None:
    """Print the plan of each request; exit 1 if something stands in the way of any."""
    plans = []
    for made in track(_plans(requests), "", len(requests), console=notes, disable=not notes.is_terminal):
        plans.append(made)
        if as_json:
            document(made.public())
        else:
            _tell(made)
    obstacles = Counter(obstacle for made in plans for obstacle in made.obstacles)
    fit = _fit([made.appid for made in plans if made.calls])
    if fit is not None:
        notes.print(str(fit))
        obstacles.update({str(fit): fit.will_not_fit} if fit.will_not_fit else {})
    adding = sum(any(body.get("action") == "add" for _, body in made.calls) for made in plans)
    notes.print(
        f"{len(plans)} Mini Programs, {adding} lack domains; nothing was sent but the question for them"
    )
    for obstacle, number in obstacles.most_common():
        notes.print(f"{number:>7}  {escape(obstacle)}")
    if obstacles:
        raise typer.Exit(1)


def _plans(requests: Sequence[ReleaseRequest]) -> Iterator[Plan]:
    made = services()
    known = made.store.known_to_all([(request.appid, identity(request)) for request in requests])
    registered = made.wechat.registered_hosts()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(
            lambda request, there: plan(
                request,
                there,
                made.wechat.mini_program(request.appid, Deadline(made.step_deadline_s)),
                made.wanted,
                registered,
            ),
            requests,
            known,
        )


def _fit(appids: Sequence[str]) -> Fit | None:
    """How as many more releases fit into the audit quota, which any Mini Program may ask for."""
    if not appids:
        return None
    made = services()
    try:
        quota = made.wechat.mini_program(appids[0], Deadline(made.step_deadline_s)).audit_quota()
    except (WeChatError, DeadlineExceeded):
        return None
    others = made.audit_quotas.fit(0, quota)
    return None if others is None else replace(others, needed=len(appids))


def _tell(made: Plan) -> None:
    typer.echo(made.appid)
    for path, body in made.calls:
        typer.echo(f"    POST {path} {json.dumps(body, ensure_ascii=False)}")
    for obstacle in made.obstacles:
        typer.echo(f"    ! {obstacle}")
