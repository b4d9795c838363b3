"""The command line of the contract: `mprelease`, also `python -m worker`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import Annotated

import click
import redis
import typer

from cli.commands import (
    credentials,
    doctor,
    domains,
    enqueue,
    errcodes,
    metrics,
    pause,
    platform,
    rekey,
    releases,
    set_aside,
    wave,
)
from cli.commands import run as processes
from cli.demo.redis import NoRedisServer
from cli.printing import complain
from config.loading import SettingsError
from db.confirmed import NotReplicated
from releases.errors import ReleaseError
from releases.problems import describe
from releases.states import Step
from releases.store.schema import SchemaError
from tasks.redis_away import LOST, NO_CLUSTER, REDIS_ERRORS, is_away, is_cluster, is_forbidden, why_away
from wechat.errors import WeChatError
from wechat.http.deadline import DeadlineExceeded
from worker.redis_client import rejected_certificate

#: Exit codes: 0 all well; 1 it was understood and did not work out; 2 bad input; 3 Redis is away.
FAILED, BAD_INPUT, REDIS_AWAY, INTERRUPTED = 1, 2, 3, 130

app = typer.Typer(
    name="mprelease",
    help="Releases a version of a template to WeChat Mini Programs: domains, commit, audit.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mprelease {metadata.version('mprelease')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None: ...


for part in (processes, enqueue, releases, wave, pause, credentials, rekey, doctor, metrics, errcodes):
    part.register(app)
app.add_typer(domains.app, name="domains")
app.add_typer(platform.app, name="platform")
app.add_typer(set_aside.app, name="set-aside")


def main() -> None:
    """Run the command line; every foreseeable error is one clear message and an exit code."""
    with _errors_as_messages():
        app()


@contextmanager
def _errors_as_messages() -> Iterator[None]:
    try:
        yield
    except SettingsError as error:
        complain("The settings can't be used:", *error.problems)
        sys.exit(BAD_INPUT)
    except SchemaError as error:
        complain(f"{error}.")
        sys.exit(BAD_INPUT)
    except REDIS_ERRORS as error:
        lines, code = _of_redis(error)
        complain(*lines)
        sys.exit(code)
    except ReleaseError as error:
        complain(str(error))
        sys.exit(FAILED)
    except (WeChatError, DeadlineExceeded) as error:
        complain(str(error) or "the deadline passed", describe(error, Step.ENSURE_DOMAINS).remedy)
        sys.exit(FAILED)
    except NoRedisServer as error:
        complain(str(error))
        sys.exit(FAILED)
    except click.ClickException as error:
        # Celery's own options, of which `worker` passes on what it does not know.
        error.show()
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _of_redis(error: Exception) -> tuple[list[str], int]:
    """What is said of an error of Redis, and the exit code."""
    rejected = rejected_certificate(error)
    if rejected is not None:
        return [f"Redis can't be used: {rejected}"], BAD_INPUT
    lines = [f"Redis refused: {type(error).__name__}: {error}"]
    if isinstance(error, NotReplicated):
        lines = [
            f"Not replicated: {error}.",
            "Nothing was accepted but what was confirmed above: it may be there, or be lost with the master.",
            "Check that the master has its replicas, then repeat the command: repeating is safe.",
        ]
    elif is_cluster(error):
        return [f"{NO_CLUSTER}."], BAD_INPUT
    elif isinstance(error, redis.AuthenticationError):
        return [f"Redis can't be used: {why_away(error)}"], BAD_INPUT
    elif isinstance(error, LOST):
        lines = [
            f"Redis is away: {error}",
            "What was not confirmed above may not have been done.",
            "Check MPRELEASE_REDIS__URL and the server, then repeat the command: repeating is safe.",
        ]
    elif is_away(error):
        lines = [f"Redis refused: {why_away(error)}"]
        if is_forbidden(error):
            lines.append("config/redis-users.acl has the rule that our user needs.")
    return lines, REDIS_AWAY
