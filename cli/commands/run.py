"""`mprelease worker`, `simulator`, `demo`."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Annotated

import typer

from cli.context import celery_app
from cli.demo import story as demonstration
from cli.extras import need_demo, need_web
from config.settings import Pool

#: Fixed, so that what was exported for one run is good for the next.
_SIMULATOR_PORT = 8155


def worker(
    context: typer.Context,
    loglevel: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
    pool: Annotated[Pool | None, typer.Option("--pool", "-P", help="Another one than is set.")] = None,
    concurrency: Annotated[
        int | None,
        typer.Option("--concurrency", "-c", min=1, max=1000, help="So many tasks at once, whatever is set."),
    ] = None,
) -> None:
    """Run the Celery worker with our options; further options are Celery's."""
    # As settings: what else goes by them (connections to Redis, when WeChat counts as out) has to know.
    given = {"pool": pool, "concurrency": concurrency}
    app = celery_app(**{name: value for name, value in given.items() if value is not None})
    app.check_for_worker()
    raise typer.Exit(app.run_worker(["--loglevel", loglevel, *context.args]))


def simulator(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1; 0 is any free one.")] = _SIMULATOR_PORT,
) -> None:
    """Run a WeChat to develop against, with a little world in it; further options are the simulator's."""
    need_demo("mprelease simulator")
    command = [sys.executable, "-P", "-m", "simulator", "--port", str(port), *context.args]
    if "--describe" not in context.args:
        sys.stderr.write("# For the shells that are to use this simulator:\n")
        sys.stderr.flush()
        subprocess.run([*command, "--describe"], stdout=sys.stderr, check=False)  # noqa: S603 - our own module
    os.execv(sys.executable, command)  # noqa: S606 - our own module; signals go to it and to nobody between


def demo() -> None:
    """Show everything on this machine: Redis, a simulated WeChat, a worker, some releases."""
    need_demo("mprelease demo")
    need_web("mprelease demo")
    demonstration.run()


for _passes_on in (worker, simulator):
    vars(_passes_on)["context_settings"] = {"allow_extra_args": True, "ignore_unknown_options": True}
