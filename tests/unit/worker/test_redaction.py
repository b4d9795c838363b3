import logging
import sys

import pytest

from worker.redaction import RedactingFormatter, redact, redact_handlers


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (
            '"POST /wxa/commit?access_token=abc_-1 HTTP/1.1" 200',
            '"POST /wxa/commit?access_token=*** HTTP/1.1" 200',
        ),
        ("?a=1&component_access_token=abc&b=2", "?a=1&component_access_token=***&b=2"),
        ('{"authorizer_refresh_token": "abc"}', '{"authorizer_refresh_token": "***"}'),
        ("{'component_appsecret': 'abc'}", "{'component_appsecret': \"***\"}"),
        (
            "Error 111 connecting to redis://ops:abc@h:6379/0",
            "Error 111 connecting to redis://ops:***@h:6379/0",
        ),
        ("redis://:abc@h", "redis://:***@h"),
        ("nothing to hide: access_token", "nothing to hide: access_token"),
    ],
)
def test_values_of_secrets_are_replaced_and_the_rest_stays(text: str, redacted: str) -> None:
    assert redact(text) == redacted


def test_a_traceback_is_redacted_as_well() -> None:
    try:
        int("url: /wxa/commit?access_token=abc")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed", None, sys.exc_info())
    text = RedactingFormatter(logging.Formatter()).format(record)
    assert "Traceback" in text
    assert "access_token=***" in text
    assert "abc" not in text


def test_every_handler_redacts_once() -> None:
    logger = logging.getLogger("test_every_handler_redacts_once")
    logger.addHandler(logging.NullHandler())
    redact_handlers(logger)
    redact_handlers(logger)
    formatter = logger.handlers[0].formatter
    assert isinstance(formatter, RedactingFormatter)
    assert not isinstance(formatter._inner, RedactingFormatter)
