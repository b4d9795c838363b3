"""The command line of the contract: `mprelease`, also `python -m worker`."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli.lazy import LazyCommand

_INTERRUPTED = 130

#: Each command: where it is, and the first line of its help.
COMMANDS = (
    ("worker", "run", "Run the Celery worker with our options; further options are Celery's."),
    ("simulator", "run", "Run a WeChat to develop against, with a little world in it."),
    ("demo", "run", "Show everything on this machine: Redis, a simulated WeChat, a worker, some releases."),
    ("enqueue", "enqueue", "Enqueue one release, or a file of them. The same request twice is one release."),
    ("show", "show", "Show one release: how far it got, why it stands, what to do."),
    ("list", "show", "List releases, oldest first."),
    ("resume", "act", "Start stopped releases again, after their cause has been removed."),
    ("cancel", "act", "End releases. What WeChat has been told already stays as it is."),
    ("wave", "wave", "Tell how a wave stands: counts, speed, estimated end, what holds it back."),
    ("waves", "wave", "List the waves, newest first: how each stands, and its counts."),
    (
        "templates",
        "platform",
        "List the platform's template library, newest first: id, time, version, description.",
    ),
    ("pause", "pause", "Let all releases wait at their next step, until `mprelease resume --platform`."),
    (
        "ticket",
        "credentials.issued",
        "Store the newest component_verify_ticket, read from stdin or prompted for.",
    ),
    (
        "authorize",
        "credentials.issued",
        "Store a Mini Program's refresh token, read from stdin or prompted for, or a file of them.",
    ),
    (
        "rekey",
        "credentials.rekey",
        "Seal the stored ticket and tokens with the first key, while the workers work.",
    ),
    ("doctor", "doctor", "Say what is missing: Redis, ticket, token, whitelisted IP, platform domain pool."),
    ("metrics", "serving.metrics", "Tell Prometheus how the whole platform stands, at /metrics."),
    (
        "receiver",
        "serving.receiver",
        "Take what WeChat pushes: tickets, authorizations, audit results. See docs/receiver.md.",
    ),
    ("errcodes", "errcodes", "Say what an errcode of WeChat means for a release, and how to get out of it."),
    ("domains", "domains", "Read and change a Mini Program's server domains by hand."),
    ("platform", "platform", "What belongs to the third-party platform itself."),
    ("set-aside", "set_aside", "See what was on the queue and no worker could run."),
)


class _Commands(TyperGroup):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = {
            name: LazyCommand(name, f"cli.commands.{module}", first_line)
            for name, module, first_line in COMMANDS
        }


app = typer.Typer(
    name="mprelease",
    cls=_Commands,
    help="Releases a version of a template to WeChat Mini Programs: domains, commit, audit.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata  # noqa: PLC0415 - takes a tenth of a start

        typer.echo(f"mprelease {metadata.version('mprelease')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None: ...


def main() -> None:
    """Run the command line; every foreseeable error is one clear message and an exit code."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except Exception as error:
        # Not at the top: it knows the errors of all rooms, and `--version` must not wait for these.
        from cli.errors import tell  # noqa: PLC0415

        code = tell(error)
        if code is None:
            raise
        sys.exit(code)
