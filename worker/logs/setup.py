"""A worker's logging: Celery's own handlers and levels, our lines. In JSON nothing else comes out of the process."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import celery.app.log
from celery.apps import worker as program
from celery.exceptions import ImproperlyConfigured
from celery.platforms import isatty

from worker.logs.lines import LineFormatter

if TYPE_CHECKING:
    from worker.app import ReleaseCelery


class Logging(celery.app.log.Logging):
    """Celery's logging with our formatter on each handler that it makes."""

    app: ReleaseCelery

    def setup_handlers(
        self,
        logger: logging.Logger,
        logfile: Any,
        format: str,  # noqa: A002 - the names are Celery's
        colorize: bool,  # noqa: FBT001
        formatter: Any = None,  # noqa: ARG002
        **more: Any,
    ) -> logging.Logger:
        """Give a logger its handler, unless it has one."""

        def ours(_format: str, *, use_color: object, **_: Any) -> logging.Formatter:
            return LineFormatter(as_json=lines_are_json(self.app, logfile), colours=bool(use_color))

        return super().setup_handlers(logger, logfile, format, colorize, formatter=ours, **more)


class Worker(program.Worker):
    """Celery's worker; where its lines are JSON, it prints nothing beside them."""

    app: ReleaseCelery
    hostname: str

    def on_before_init(self, quiet: bool = False, **options: Any) -> None:  # noqa: FBT001, FBT002 - as Celery's
        """Set up the logging before anything is said: Celery warns here already, of a worker that is root."""
        have_streams()
        # A full disk would be told on standard error for each line anew, with the line's raw arguments.
        logging.raiseExceptions = False
        atexit.register(leave_broken_streams)
        logfile, no_color = options.get("logfile"), options.get("no_color")
        colours = None if no_color is None else not no_color
        try:
            self.app.log.setup(options.get("loglevel"), logfile, colorize=colours, hostname=self.hostname)
        except (OSError, ValueError) as error:
            raise ImproperlyConfigured(f"--logfile: {error}") from error
        as_json = lines_are_json(self.app, logfile)
        # Celery's handlers of signals print with it, before they do what the signal is for:
        # https://github.com/celery/celery/issues/8101.
        vars(program)["safe_say"] = partial(say, as_json=as_json)
        super().on_before_init(quiet=quiet or as_json, **options)

    def emit_banner(self) -> None:
        """Print what Celery prints at the start, where somebody reads it."""
        with suppress(OSError):
            super().emit_banner()


def lines_are_json(app: ReleaseCelery, logfile: Any) -> bool:
    """Whether the lines are JSON: as it is set, or when nobody reads along."""
    wanted = app.settings.log.format
    if wanted == "auto":
        return logfile is not None or not isatty(sys.__stderr__)
    return wanted == "json"


def say(message: str, _file: Any = None, *, as_json: bool) -> None:
    """Log from within a signal's handler: at once, without a lock, and whether or not anybody still reads it.

    What is raised in there keeps the worker from being stopped: of `mprelease worker 2>&1 | tee log` Ctrl-C ends `tee`
    as well, and often first.
    """
    record = logging.LogRecord("celery.apps.worker", logging.WARNING, __file__, 0, message, None, None)
    line = LineFormatter(as_json=True).format(record) if as_json else message
    with suppress(OSError, ValueError):
        os.write(_fd(sys.__stderr__), f"{line}\n".encode(errors="replace"))


def have_streams() -> None:
    """Where standard output or error was closed (`>&-`), let it lead nowhere: Celery needs a stream to write to."""
    for name in ("stdout", "stderr"):
        if getattr(sys, f"__{name}__") is None:
            nowhere = Path(os.devnull).open("w")  # noqa: SIM115 - for as long as the process lives
            vars(sys).update({name: nowhere, f"__{name}__": nowhere})


def leave_broken_streams() -> None:
    """Forget what can't be written any more; Python would try once again at its end, and end with 120 for it."""
    for stream in (sys.__stdout__, sys.__stderr__):
        try:
            cast("TextIO", stream).flush()
        except (OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, _fd(stream))


def _fd(stream: TextIO | None) -> int:
    return cast("TextIO", stream).fileno()
