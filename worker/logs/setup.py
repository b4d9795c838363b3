"""A worker's logging: Celery's own handlers and levels, our lines. In JSON nothing else comes out of the process."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any

import celery.app.log
from celery.apps import worker as program
from celery.platforms import isatty

from worker.logs.lines import LineFormatter

if TYPE_CHECKING:
    from worker.app import ReleaseCelery

#: Standard error, whatever has been put in the place of sys.stderr.
_STDERR = 2


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
        logfile, no_color = options.get("logfile"), options.get("no_color")
        colours = None if no_color is None else not no_color
        self.app.log.setup(options.get("loglevel"), logfile, colorize=colours, hostname=self.hostname)
        as_json = lines_are_json(self.app, logfile)
        if as_json:
            # Celery's handlers of signals print with it: https://github.com/celery/celery/issues/8101.
            vars(program)["safe_say"] = say
        super().on_before_init(quiet=quiet or as_json, **options)


def lines_are_json(app: ReleaseCelery, logfile: Any) -> bool:
    """Whether the lines are JSON: as it is set, or when nobody reads along."""
    wanted = app.settings.log.format
    if wanted == "auto":
        return logfile is not None or not isatty(sys.__stderr__)
    return wanted == "json"


def say(message: str, _file: Any = None) -> None:
    """Log from within a signal's handler: at once, and without a lock."""
    record = logging.LogRecord("celery.apps.worker", logging.WARNING, __file__, 0, message, None, None)
    os.write(_STDERR, f"{LineFormatter(as_json=True).format(record)}\n".encode())
