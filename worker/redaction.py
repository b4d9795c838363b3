"""No secret in a log line, whoever writes it.

Our own code never logs a token, but urllib3 logs the whole URL at debug level and the URL holds the
token. So every handler of a worker formats its lines through here, tracebacks included.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from celery import signals

_NAMES = (
    "access_token|component_access_token|authorizer_access_token|refresh_token|authorizer_refresh_token|"
    "component_appsecret|component_secret|component_verify_ticket"
)
_PATTERNS = (
    (re.compile(rf"\b({_NAMES})=[^&\s\"']+"), r"\1=***"),
    (re.compile(rf"([\"']({_NAMES})[\"']\s*:\s*)[\"'][^\"']*[\"']"), r'\1"***"'),
    (re.compile(r"(\w+://[^\s:/@]*):[^\s@/]+@"), r"\1:***@"),
)


def redact(text: str) -> str:
    """Return the text with the values of all secrets' names replaced."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


class RedactingFormatter(logging.Formatter):
    """Formats as another formatter does, then redacts."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """Format the record, its traceback included."""
        return redact(self._inner.format(record))


def redact_handlers(logger: logging.Logger) -> None:
    """Let every handler of a logger redact."""
    for handler in logger.handlers:
        if not isinstance(handler.formatter, RedactingFormatter):
            handler.setFormatter(RedactingFormatter(handler.formatter or logging.Formatter()))


@signals.after_setup_logger.connect(weak=False)
@signals.after_setup_task_logger.connect(weak=False)
def _redact_after_setup(logger: logging.Logger, **_: Any) -> None:
    redact_handlers(logger)
