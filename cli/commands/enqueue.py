"""`mprelease enqueue`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer

from cli.audit_quota import tell_what_will_not_fit
from cli.commands.plan import show_plan
from cli.context import only_reads, services
from cli.following import explain, follow, tell_braked, to_audit
from cli.interruptions import Deferred, told_if_interrupted
from cli.lines import counted, document
from cli.printing import complain, is_counted, notes, tell
from cli.request_files import (
    BadFile,
    Line,
    conflicting,
    csv_lines,
    json_lines,
    read_json,
    read_requests,
    whole_number,
)
from cli.typed.times import read_time
from cli.who import As, Reason, by
from releases.background.due import FED_AT_ONCE
from releases.errors import InvalidRequest
from releases.intake.many import Conflicts
from releases.intake.one import Enqueued
from releases.record import By
from releases.request import RIGHT, ReleaseRequest, parse_request
from releases.states import SUBMITTED_ONCE
from releases.waves.brake import DEFAULT_MAX_BLOCKED, WavePolicy

#: Problems of a file that are shown; the rest is counted.
_SHOWN = 20
#: Releases without a wave that an interrupted command names.
_NAMED_IDS = 5


def enqueue(
    appid: Annotated[str | None, typer.Option(help="The Mini Program.")] = None,
    template_id: Annotated[str | None, typer.Option(metavar="INTEGER", help="The template's id.")] = None,
    user_version: Annotated[str | None, typer.Option(help="The version, up to 64 characters.")] = None,
    user_desc: Annotated[str | None, typer.Option(help="What changed.")] = None,
    ext: Annotated[Path | None, typer.Option(help="A JSON file: the object that becomes ext_json.")] = None,
    audit: Annotated[Path | None, typer.Option(help="A JSON file: submit_audit's optional fields.")] = None,
    wave: Annotated[str | None, typer.Option(help="The name of the wave.")] = None,
    label: Annotated[
        str | None, typer.Option(help="The merchant's name, for lists; up to 80 characters.")
    ] = None,
    publish: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN", help="auto: put it live as soon as its audit has passed; manual (default)."
        ),
    ] = None,
    supersede: Annotated[bool, typer.Option(help="Cancel the Mini Program's active release.")] = False,
    withdraw: Annotated[
        bool, typer.Option(help="Withdraw the audit of an older release that is in the way.")
    ] = False,
    again: Annotated[
        bool, typer.Option(help="Submit a version once more that was submitted before.")
    ] = False,
    urgent: Annotated[bool, typer.Option(help="Go before all releases that are not.")] = False,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Start then: 02:00 (the next one here), or an ISO 8601 time."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="JSON lines, one request to a line, or CSV (*.csv); - is standard input, JSON lines."
        ),
    ] = None,
    canary: Annotated[
        int | None, typer.Option(min=1, help="With --file: the first so many of the wave run alone.")
    ] = None,
    max_blocked: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=100,
            help=f"With --file: stop the wave when over so many per cent end blocked or failed "
            f"({DEFAULT_MAX_BLOCKED:g} with --canary).",
        ),
    ] = None,
    plan: Annotated[
        bool,
        typer.Option(help="Show what would be sent to WeChat, and what stands in the way; enqueue nothing."),
    ] = False,
    wait: Annotated[bool, typer.Option(help="Follow the releases; exit 1 if not all got submitted.")] = False,
    reason: Reason = None,
    actor: As = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document to a line on stdout.")] = False,
) -> None:
    """Enqueue one release, or a file of them. The same request twice is one release.

    With --file, the other options are common to all lines that do not say otherwise.
    """
    # First: what stands here by then are the options.
    one = {name: value for name, value in locals().items() if name in ReleaseRequest.model_fields}
    given = {name: value for name, value in one.items() if value not in (None, False)}
    if plan and wait:
        raise typer.BadParameter("can't go with --plan: nothing is enqueued", param_hint="--wait")
    with Deferred() as writing:
        try:
            policy = _policy(canary, max_blocked, file)
            with told_if_interrupted("Interrupted: nothing was enqueued."):
                lines = _one(given) if file is None else _from_file(file, given)
                if plan:
                    only_reads()
                    show_plan([line.request for line in lines], policy, as_json=as_json)
                    return
                take_in = _enqueue_one if file is None else partial(_enqueue_all, policy=policy)
                enqueued = take_in(lines, writing.begin, by(actor, reason))
        except InvalidRequest as error:
            option = f"--{error.field.replace('_', '-')}" if error.field in one else error.field
            complain(f"Nothing was enqueued: {option}: {error.problem}")
            raise typer.Exit(2) from None
        except BadFile as error:
            hidden = len(error.problems) - _SHOWN
            more = [f"and {hidden} more"] if hidden > 0 else []
            complain("Nothing was enqueued:", *error.problems[:_SHOWN], *more)
            raise typer.Exit(error.exit_code) from None
        with told_if_interrupted(_all_enqueued(enqueued)):
            writing.end()
            if file is not None:
                # Workers feed the rest, at their next look.
                services().due.feed(FED_AT_ONCE)
            _report(enqueued, wait=wait, as_json=as_json)


def _all_enqueued(enqueued: list[Enqueued]) -> str:
    """What is said of them where the command is interrupted: they go on, and how to end them."""
    ids = list(dict.fromkeys(found.release.id for found in enqueued))
    waves = {found.release.wave for found in enqueued}
    wave = waves.pop() if len(waves) == 1 else None
    if len(ids) == 1:
        return f"Interrupted: the release is enqueued and goes on. To end it: mprelease cancel {ids[0]}"
    said = f"Interrupted: all {len(ids)} releases are enqueued and go on."
    if wave:
        return f"{said} To end them: mprelease cancel --wave {quote(wave)}"
    more = f" … (mprelease list shows all {len(ids)})" if len(ids) > _NAMED_IDS else ""
    return f"{said} To end them: mprelease cancel {' '.join(ids[:_NAMED_IDS])}{more}"


def _one(given: dict[str, Any]) -> list[Line]:
    return [Line(1, parse_request(_with_files_read(given)))]


def _from_file(path: Path, given: dict[str, Any]) -> list[Line]:
    if "appid" in given:
        raise BadFile(["--appid can't go with --file: each line has its own"])
    read = csv_lines if path.suffix.lower() == ".csv" else json_lines
    return read_requests(_read(path), _with_files_read(given), read)


def _enqueue_one(lines: list[Line], before_writing: Callable[[], None], who: By) -> list[Enqueued]:
    made = services().releases
    before_writing()
    return [made.enqueue(line.request, by=who) for line in lines]


def _enqueue_all(
    lines: list[Line], before_writing: Callable[[], None], who: By, policy: WavePolicy | None
) -> list[Enqueued]:
    def begin() -> None:
        # Not before: what is refused was not begun.
        before_writing()
        notes.print(f"enqueueing {counted(len(lines), 'release')}")

    try:
        return services().batch.enqueue([line.request for line in lines], policy, begin, who)
    except Conflicts as error:
        raise conflicting(lines, error.conflicts) from None


def _policy(canary: int | None, max_blocked: float | None, file: Path | None) -> WavePolicy | None:
    if canary is None and max_blocked is None:
        return None
    if file is None:
        raise InvalidRequest("file", "is what --canary and --max-blocked are for")
    return WavePolicy(
        canary=canary or 0, max_blocked=DEFAULT_MAX_BLOCKED if max_blocked is None else max_blocked
    )


def _with_files_read(given: dict[str, Any]) -> dict[str, Any]:
    read = {name: _json_file(name, value) for name, value in given.items() if isinstance(value, Path)}
    if "template_id" in given:
        read["template_id"] = _template(given["template_id"])
    if "at" in given:
        read["at"] = read_time(given["at"]).isoformat()
    return {**given, **read}


def _template(typed: str) -> int:
    try:
        return whole_number(typed)
    except ValueError:
        raise InvalidRequest(
            "template_id", f"{typed!r} is not right; must be {RIGHT['template_id']}"
        ) from None


def _report(enqueued: list[Enqueued], *, wait: bool, as_json: bool) -> None:
    releases = [found.release for found in enqueued]
    created = {found.release.id for found in enqueued if found.created}
    known = len({release.id for release in releases}) - len(created)
    if known and (wait or as_json or not is_counted(releases)):
        notes.print(f"{len(created)} enqueued, {known} had been enqueued before")
    tell_braked(release.wave for release in releases if release.is_active)
    if wait:
        tell_what_will_not_fit(releases)
        releases = follow([release.id for release in releases], to_audit)
    if as_json:
        for release in releases:
            document({**release.public(), "created": release.id in created})
    elif wait:
        tell(releases, lambda release: release.status)
    else:
        tell(releases, lambda it: "enqueued" if it.id in created else "enqueued before", go_on=True)
    if not wait:
        # Last: WeChat may be asked, and what was enqueued has to be told whatever becomes of that.
        tell_what_will_not_fit(releases)
        return
    explain(releases, are_listed=not as_json)
    if any(release.counted not in SUBMITTED_ONCE for release in releases):
        raise typer.Exit(1)


def _json_file(name: str, path: Path) -> Any:
    try:
        return read_json(_read(path))
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(name, f"{path} can't be read as JSON ({error})") from None


def _read(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadFile([f"{path}: {error.strerror}"]) from None
