"""The command line of the contract: `mprelease`, also `python -m worker`."""

from __future__ import annotations

import gc
import sys
from typing import Annotated, Any

# Imports make much that stays, and the collector would look through it again and again, and once more at the end: a tenth
# of a start, and more of what a command takes that only reads.
gc.disable()

import typer  # noqa: E402 - without the collector
from typer.core import TyperGroup  # noqa: E402 - without the collector

from cli import streams  # noqa: E402 - without the collector
from cli.lazy import LazyCommand  # noqa: E402 - without the collector

gc.freeze()
gc.enable()

_INTERRUPTED = 130

#: Each command: its module, with the name in it of its function, or of the app of its subcommands, where that is not the
#: command's own; and the first line of its help.
COMMANDS = (
    ("worker", "run", "Run the Celery worker with our options; further options are Celery's."),
    ("simulator", "run", "Run a WeChat to develop against, with a little world in it."),
    ("demo", "run", "Show everything on this machine: Redis, a simulated WeChat, a worker, some releases."),
    ("enqueue", "enqueue", "Enqueue one release, or a file of them. The same request twice is one release."),
    ("show", "show", "Show one release: how far it got, why it stands, what to do."),
    ("list", "show:list_releases", "List releases, oldest first."),
    ("publish", "live.publish", "Put approved releases live: named ones, or a wave's."),
    ("revert", "live.publish", "Take the live version back by one: of named releases, or of a wave's."),
    ("audits", "live.audits", "List what is under audit, the longest first; or have it read now."),
    ("withdraw", "live.audits", "Have audits withdrawn: WeChat takes five a day for each Mini Program."),
    ("speed-up", "live.audits:speed_up", "Have audits looked at sooner, from the provider's monthly pool."),
    ("resume", "act", "Start stopped releases again, after their cause has been removed."),
    ("cancel", "act", "End releases. What WeChat has been told already stays as it is."),
    ("wave", "wave", "Tell how a wave stands: counts, speed, estimated end, what holds it back."),
    ("waves", "wave", "List the waves, newest first: how each stands, and its counts."),
    ("log", "log", "List who ordered what, when and why, newest first."),
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
    ("web", "serving.web", "Serve the HTTP API for programs, at /api/v1."),
    (
        "receiver",
        "serving.receiver",
        "Take what WeChat pushes: tickets, authorizations, audit results. See docs/receiver.md.",
    ),
    (
        "api-key",
        "credentials.api_key:api_key",
        "Make a key for the HTTP API: the key on stdout, once.",
    ),
    ("errcodes", "errcodes", "Say what an errcode of WeChat means for a release, and how to get out of it."),
    (
        "versions",
        "live.versions",
        "Show a Mini Program's trial, audited and live version, its domains, filing and visit status.",
    ),
    ("visit", "live.switches", "Let users into a Mini Program, or keep them out: the emergency switch."),
    ("gray", "live.switches", "Show, begin, grow or stop a Mini Program's gray release by hand."),
    ("domains", "domains:app", "Read and change a Mini Program's domains by hand."),
    ("platform", "platform:app", "What belongs to the third-party platform itself."),
    ("webhooks", "webhooks:app", "See what of the webhook has not been delivered, and try again."),
    (
        "notify",
        "outgoing.notify",
        "Send a test message to each group that is told, and say what its robot answers.",
    ),
    ("set-aside", "set_aside:app", "See what was on the queue and no worker could run."),
)


class _Commands(TyperGroup):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = {row[0]: LazyCommand(*row) for row in COMMANDS}


app = typer.Typer(
    name="mprelease",
    cls=_Commands,
    help="Releases a version of a template to WeChat Mini Programs: domains, commit, audit, publication.",
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
    streams.prepare()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except Exception as error:
        # Not at the top: it knows the errors of all rooms, and `--version` must not wait for these.
        from cli.errors import tell  # noqa: PLC0415

        code = tell(error)
        if code is None:
            raise
        sys.exit(code)
