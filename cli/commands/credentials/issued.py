"""`mprelease ticket` and `mprelease authorize`: secrets come by stdin or a prompt, never as arguments."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.context import services, settings
from cli.printing import complain, notes
from cli.request_files import json_lines
from cli.who import As, Reason, by, first_of, order
from config.loading import SettingsError
from config.texts import trimmed
from releases.appid import is_appid
from releases.errors import InvalidRequest
from releases.record import By
from releases.request import RIGHT
from releases.store.actions import What
from wechat.http.deadline import Deadline
from wechat.tokens.issued import REFRESH_TOKEN, TICKET, problem_of
from wechat.tokens.store import TokenStore

#: Seconds that WeChat may take.
_DEADLINE_S = 30.0
_FILE_FIELDS = {"appid", "refresh_token"}


def ticket(
    push: Annotated[
        bool,
        typer.Option(
            "--push", help="Store none: ask WeChat to push tickets to the receiver, if it has stopped."
        ),
    ] = False,
    reason: Reason = None,
    actor: As = None,
) -> None:
    """Store the newest component_verify_ticket, read from stdin or prompted for."""
    who = by(actor, reason)
    if push:
        _ask_for_pushes(who)
        return
    newest = _secret(TICKET)
    store = _store()
    is_new = store.ticket() != newest
    if is_new:
        order(What.TICKET, who)
    store.put_ticket(newest)
    # Whatever the cause was, a new ticket is an occasion to try again: if it lasts, the first call says so.
    lifted = is_new and services().pauses.lift_for_ticket()
    notes.print("ticket stored" + ("; the platform goes on" if lifted else ""))


def _ask_for_pushes(who: By) -> None:
    platform = settings().platform
    if not (platform.appid and platform.appsecret.get_secret_value()):
        raise SettingsError(["MPRELEASE_PLATFORM__APPID and __APPSECRET: set them, WeChat asks for both"])
    order(What.TICKET_PUSH, who)
    services().wechat.start_push_ticket(Deadline(_DEADLINE_S))
    notes.print(
        "WeChat pushes tickets: the next one comes within ten minutes. `mprelease doctor` says when one has come"
    )


def authorize(
    appid: Annotated[str | None, typer.Argument(help="The Mini Program.", show_default=False)] = None,
    file: Annotated[
        Path | None, typer.Option(help='JSON lines of {"appid", "refresh_token"}; - is standard input.')
    ] = None,
    reason: Reason = None,
    actor: As = None,
) -> None:
    """Store a Mini Program's refresh token, read from stdin or prompted for, or a file of them."""
    if (appid is None) == (file is None):
        raise typer.BadParameter("give one appid, or --file")
    if file is not None:
        tokens = _from_file(file)
    else:
        if not is_appid(str(appid)):
            complain(f"Nothing was stored: {appid!r} is no appid; must be {RIGHT['appid']}")
            raise typer.Exit(2)
        tokens = {str(appid): _secret(REFRESH_TOKEN)}
    store, appids = _store(), list(tokens)
    to = {"appid": appids[0]} if len(appids) == 1 else {"detail": first_of(appids)}
    order(What.AUTHORIZE, by(actor, reason), **to)
    store.put_refresh_tokens(tokens)
    notes.print(f"{len(tokens)} refresh token{'s' if len(tokens) != 1 else ''} stored")


def _store() -> TokenStore:
    """The store, unless the workers could not read what we write there: then their keys are not ours."""
    services().wechat.stored_secrets.check_keys()
    return services().wechat.store


def _secret(kind: str) -> str:
    value = typer.prompt(kind, hide_input=True) if sys.stdin.isatty() else _from_stdin(kind)
    value = trimmed(str(value))
    problem = problem_of(value, kind)
    if problem:
        complain(f"Nothing was stored: this is no {kind}: {problem}")
        raise typer.Exit(2)
    return value


def _from_stdin(kind: str) -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        complain(f"Nothing was stored: the {kind} is no text in UTF-8")
        raise typer.Exit(2) from None


def _from_file(path: Path) -> dict[str, str]:
    try:
        raw = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        complain(f"Nothing was stored: {path}: {error.strerror}")
        raise typer.Exit(2) from None
    tokens: dict[str, str] = {}
    problems = []
    for number, fields in json_lines(raw):
        problem = _line_problem(fields)
        if problem or isinstance(fields, InvalidRequest):
            problems.append(f"line {number}: {problem}")
        else:
            tokens[fields["appid"]] = fields["refresh_token"]
    if problems or not tokens:
        complain("Nothing was stored:", *(problems or ["no line holds a token"]))
        raise typer.Exit(2)
    return tokens


def _line_problem(fields: object) -> str | None:
    """What is wrong with a line. Never shows its values: one of them is a secret."""
    if isinstance(fields, InvalidRequest):
        # The parser's own text quotes nothing of the line but its position.
        return str(fields)
    if not isinstance(fields, dict) or set(fields) != _FILE_FIELDS:
        return 'must have the fields "appid" and "refresh_token" and no other'
    if not isinstance(fields["appid"], str) or not is_appid(fields["appid"]):
        return f"appid: must be {RIGHT['appid']}"
    token = fields["refresh_token"]
    problem = problem_of(token, REFRESH_TOKEN) if isinstance(token, str) else "it is no text"
    return f"refresh_token: {problem}" if problem else None
