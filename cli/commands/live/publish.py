"""`mprelease publish` and `revert`: approved releases go live, and what is live goes back by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from shlex import quote
from typing import Annotated

import typer

from cli import choose as choice
from cli.commands.act import AsJson, Ids
from cli.commands.live.asking import confirm
from cli.commands.live.plan import show_plan
from cli.context import only_reads, services
from cli.following import explain, follow
from cli.lines import counted, document
from cli.printing import complain, notes, tell
from cli.typed.times import RIGHT, read_time
from cli.who import As, Reason, by
from releases.errors import InvalidRequest
from releases.intake.publications import in_words
from releases.record import Release
from releases.selection import Selection
from releases.states import Status, Step
from releases.store.actions import What

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
#: Releases that a question names.
_NAMED = 3


def publish(
    release_ids: Ids = None,
    wave: Annotated[str | None, typer.Option(help="All of this wave that are approved.")] = None,
    canary: Annotated[
        int | None,
        typer.Option(min=1, help="With --wave: so many first; the rest waits for `resume --wave`."),
    ] = None,
    max_blocked: Annotated[
        float | None,
        typer.Option(
            min=0, max=100, help="With --wave: stop when over so many per cent end blocked or failed."
        ),
    ] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help=f"Not before this time: {RIGHT}.")] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show what would go live and what stands in the way; send nothing.")
    ] = False,
    yes: Yes = False,
    wait: Annotated[bool, typer.Option(help="Follow them; exit 1 if not all got live.")] = False,
    reason: Reason = None,
    actor: As = None,
    as_json: AsJson = False,
) -> None:
    """Put approved releases live: named ones, or a wave's. WeChat gives users the new version within a day."""
    if wave is None and (canary is not None or max_blocked is not None):
        raise typer.BadParameter("--canary and --max-blocked go with it", param_hint="--wave")
    not_before = None if at is None else _time(at)
    choice.check(release_ids, Selection(wave=wave))
    choice.check_wave(services().store, wave)
    if plan:
        only_reads()
        chosen = _chosen(release_ids, wave)
        approved = chosen if wave is None else [one for one in chosen if one.status is Status.APPROVED]
        others = Counter(one.status for one in chosen) - Counter(one.status for one in approved)
        show_plan(approved, {str(status): number for status, number in others.items()}, as_json=as_json)
        return
    who, bad = by(actor, reason), 0
    if wave is None:
        _ask("Put {} live", _chosen(release_ids, wave), not_before, yes=yes)
        order = choice.as_one(What.PUBLISH, who, release_ids or [], detail=in_words(not_before))
        done, bad = choice.act(
            release_ids or (),
            lambda one: services().publications.order(one, who, not_before=not_before, within=order),
        )
    else:
        approved = services().reader.select(Selection(wave=wave, status=Status.APPROVED))
        if approved:  # else all that are were ordered before, and an order may be repeated
            first = f", {canary} of them first" if canary and canary < len(approved) else ""
            _ask("Put {} of wave " + wave + " live" + first, approved, not_before, yes=yes)
        services().orders.publish_wave(
            wave, who, canary=canary or 0, max_blocked=max_blocked, not_before=not_before
        )
        done = _ordered(wave, lambda release: release.publication is not None, "approved")
    _end(done, bad, "ordered to go live", Status.LIVE, wait=wait, as_json=as_json)


def revert(
    release_ids: Ids = None,
    wave: Annotated[str | None, typer.Option(help="All of this wave that are live.")] = None,
    yes: Yes = False,
    wait: Annotated[bool, typer.Option(help="Follow them; exit 1 if not all were taken back.")] = False,
    reason: Reason = None,
    actor: As = None,
    as_json: AsJson = False,
) -> None:
    """Take the live version back by one: of named releases, or of a wave's. WeChat does that once, and brings back code alone."""
    choice.check(release_ids, Selection(wave=wave))
    choice.check_wave(services().store, wave)
    who, bad = by(actor, reason), 0
    if wave is None:
        _ask("Take {} back", _chosen(release_ids, wave), yes=yes)
        order = choice.as_one(What.REVERT, who, release_ids or [])
        done, bad = choice.act(
            release_ids or (), lambda one: services().publications.revert(one, who, within=order)
        )
    else:
        _ask(
            "Take {} of wave " + wave + " back",
            services().reader.select(Selection(wave=wave, status=Status.LIVE)),
            yes=yes,
        )
        services().orders.revert_wave(wave, who)
        done = _ordered(wave, lambda release: release.step is Step.REVERT, "live")
    _end(done, bad, "ordered to be taken back", Status.REVERTED, wait=wait, as_json=as_json)


def _time(typed: str) -> datetime:
    try:
        return read_time(typed)
    except InvalidRequest as error:
        raise typer.BadParameter(error.problem, param_hint="--at") from None


def _chosen(release_ids: Sequence[str] | None, wave: str | None) -> list[Release]:
    """The named ones that there are, or all of the wave, oldest first."""
    if wave is not None:
        return services().reader.select(Selection(wave=wave))
    there = services().store.get_many(dict.fromkeys(release_ids or ()))
    return [stored.release for stored in there if stored is not None]


def _ask(do: str, releases: Sequence[Release], at: datetime | None = None, *, yes: bool) -> None:
    """How many, or which few; and when."""
    named = [f"version {one.user_version} of {one.label or one.appid}" for one in releases[:_NAMED]]
    what = ", ".join(named) if len(releases) <= _NAMED else counted(len(releases), "release")
    when = "" if at is None else f", not before {at.astimezone():%Y-%m-%d %H:%M %z}"
    confirm(f"{do.replace('{}', what, 1)}{when}?", yes=yes or not releases)


def _ordered(wave: str, is_ordered: Callable[[Release], bool], status: str) -> list[Release]:
    """Those of the wave that are ordered, now or before; ends with 1 where there are none."""
    all_ = _chosen(None, wave)
    done = [release for release in all_ if is_ordered(release)]
    if done:
        return done
    tally = Counter(release.status for release in all_)
    stand = ", ".join(f"{number} {of}" for of, number in tally.most_common())
    complain(f"no release of wave {wave} is {status}: {stand}", f"See: mprelease wave {quote(wave)}")
    raise typer.Exit(1)


def _end(done: list[Release], bad: int, what: str, aim: Status, *, wait: bool, as_json: bool) -> None:
    if wait:
        done = follow([release.id for release in done])
    # What an order before this one has brought there is not told again, unless there is nothing else.
    going = done if wait else [release for release in done if release.status is not aim] or done
    if as_json:
        for release in done:
            document({**release.public(), "publication_id": release.publication_id or None})
    else:
        tell(going, lambda release: release.status if wait else what, go_on=not wait)
    if wait:
        explain(done, are_listed=not as_json)
    elif done or not bad:
        notes.print(f"{counted(len(going), 'release')} {what}")
    if bad or (wait and any(release.status is not aim for release in done)):
        raise typer.Exit(1)
