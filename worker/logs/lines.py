"""What a log line looks like: one JSON object, or one readable line on a terminal. Never with a secret in it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import structlog
from structlog.contextvars import get_contextvars
from structlog.typing import EventDict, Processor

from releases.shown.printable import json_line, one_line
from tasks.interim import KINDS
from worker.logs.redaction import SECRET_NAMES, redact

#: Tracebacks.
_OF_MANY_LINES = ("exception", "stack")

#: What a record has before anybody adds to it, and what other formatters leave on it.
_NO_FIELDS = {*vars(logging.makeLogRecord({})), "message", "asctime", "data"}


class LineFormatter(logging.Formatter):
    """Formats any record of logging, with what is bound to its context. Redacts; never raises.

    By structlog's processors, and not by its `ProcessorFormatter`, whose copies of the record cost as much as the line.
    """

    def __init__(self, *, as_json: bool, colours: bool = False) -> None:
        super().__init__()
        format_exception = structlog.processors.format_exc_info  # plain: a richer one shows local variables
        tidy = () if as_json else (_for_terminals,)
        self._processors: tuple[Processor, ...] = (format_exception, _mask, *tidy)
        self._render = _as_json if as_json else _for_people(colours=colours)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        try:
            return self._line(record, _said(record))
        except Exception as error:  # noqa: BLE001 - whatever it is, logging would print it with the record, unredacted
            text = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
            event = f"a log line could not be written ({type(error).__name__}): {text}"
            bare = logging.LogRecord(
                record.name, record.levelno, record.pathname, record.lineno, event, None, None
            )
            return self._line(bare, event)

    def _line(self, record: logging.LogRecord, event: str) -> str:
        level = record.levelname.lower()
        fields: Any = _fields(record, level, event)
        for process in self._processors:
            fields = process(None, level, fields)
        return redact(self._render(None, level, fields))


def _said(record: logging.LogRecord) -> str:
    """What the line says. Celery's own says of a step that has not ended that it has succeeded."""
    args = record.args
    if (
        record.name == "celery.app.trace"
        and isinstance(args, dict)
        and str(args.get("return_value")).startswith(KINDS)
    ):
        return "Task {name}[{id}] {return_value}".format_map(args)
    return record.getMessage()


def _fields(record: logging.LogRecord, level: str, event: str) -> EventDict:
    """In this order, and what is bound or added can't take the place of what every line has."""
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    ours = {
        "timestamp": time.replace("+00:00", "Z"),
        "level": level,
        "logger": record.name,
        "event": event,
    }
    added = {name: value for name, value in vars(record).items() if name not in _NO_FIELDS}
    rest = {name: value for name in ("exc_info", "stack_info") if (value := getattr(record, name))}
    return {**ours, **get_contextvars(), **_task(record), **added, **ours, **rest}


def _task(record: logging.LogRecord) -> dict[str, Any]:
    """Of what Celery adds to its own lines only who it is about: the rest holds the arguments."""
    data = getattr(record, "data", None)
    if not isinstance(data, dict):
        return {}
    return {f"task_{name}": data[name] for name in ("id", "name") if name in data}


def _mask(_logger: Any, _level: str, event_dict: EventDict) -> EventDict:
    """A renderer may put colours between a name and its value, where no pattern finds them."""
    for name in event_dict.keys() & SECRET_NAMES:
        event_dict[name] = "***"
    return event_dict


def _as_json(_logger: Any, _level: str, event_dict: EventDict) -> str:
    try:
        return json_line(event_dict, allow_nan=False, default=repr)
    except (TypeError, ValueError, RecursionError):
        # A key that is no text, NaN, a list that holds itself: each value as Python shows it.
        shown = {name: value if isinstance(value, str) else repr(value) for name, value in event_dict.items()}
        return json_line(shown)


def _for_terminals(_logger: Any, _level: str, event_dict: EventDict) -> EventDict:
    """What others wrote must not act on a terminal, nor look like a line of its own."""
    for name, value in event_dict.items():
        if name in _OF_MANY_LINES and isinstance(value, str):
            event_dict[name] = "\n".join(f"  {one_line(line)}" for line in value.split("\n"))
        elif not (value is None or isinstance(value, int | float)):
            event_dict[name] = one_line(value if isinstance(value, str) else repr(value))
    return event_dict


def _for_people(*, colours: bool) -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=colours, exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
    )
