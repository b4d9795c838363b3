"""The lines of a worker's log, as text: what stands in them, and that nothing breaks them."""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from celery.app import trace
from celery.utils.saferepr import saferepr
from structlog.contextvars import bound_contextvars

from tasks.interim import BUSY, DROPPED, Interim, Parked
from worker.logs.lines import LineFormatter

JSON = LineFormatter(as_json=True)
TEXT = LineFormatter(as_json=False)
COLOURED = LineFormatter(as_json=False, colours=True)
each_format = pytest.mark.parametrize("formatter", [JSON, TEXT, COLOURED], ids=["json", "text", "coloured"])


def a_record(message: Any, *args: Any, level: int = logging.INFO, **extra: Any) -> logging.LogRecord:
    record = logging.LogRecord("wechat.http.transport", level, "x.py", 1, message, args, None)
    vars(record).update(extra)
    return record


def fields(message: Any, *args: Any, **extra: Any) -> dict[str, Any]:
    line = JSON.format(a_record(message, *args, **extra))
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found


@pytest.fixture
def failed() -> Iterator[logging.LogRecord]:
    """The record of an exception whose text holds a URL with a token, and with a secret in a local variable."""

    def call(local: str) -> None:
        assert local
        int("https://api.weixin.qq.com/wxa/commit?access_token=abcdef")

    try:
        call("ghi" + "jkl")
    except ValueError:
        record = a_record("failed", level=logging.ERROR)
        record.exc_info = sys.exc_info()
    yield record
    record.exc_info = None


def test_a_line_has_time_level_logger_event_and_the_fields() -> None:
    record = a_record("release %s waits", "r1", level=logging.WARNING, endpoint="/wxa/commit", ms=12)
    record.created = 1_800_000_000.25
    assert json.loads(JSON.format(record)) == {
        "timestamp": "2027-01-15T08:00:00.250Z",
        "level": "warning",
        "logger": "wechat.http.transport",
        "event": "release r1 waits",
        "endpoint": "/wxa/commit",
        "ms": 12,
    }


def test_what_is_bound_stands_on_the_line_and_a_field_of_the_line_itself_wins() -> None:
    with bound_contextvars(release_id="r1", appid="wx1", event="no"):
        found = fields("wechat call", appid="wx2")
    assert (found["release_id"], found["appid"], found["event"]) == ("r1", "wx2", "wechat call")
    assert "release_id" not in fields("wechat call")


def test_no_field_takes_the_place_of_what_every_line_has() -> None:
    found = fields("wechat call", event="no", level="no", timestamp="no", logger="no")
    assert "no" not in found.values()


def test_of_celerys_own_lines_the_task_is_told_and_no_argument() -> None:
    data = {
        "id": "t1",
        "name": "tasks.commit_code",
        "args": "('secret',)",
        "kwargs": "{}",
        "return_value": "7",
    }
    found = fields("Task %(name)s[%(id)s] received", data, data=data)
    assert found["event"] == "Task tasks.commit_code[t1] received"
    assert (found["task_id"], found["task_name"]) == ("t1", "tasks.commit_code")
    assert "secret" not in json.dumps(found)


def test_what_is_not_ascii_stays_readable() -> None:
    assert "店铺" in JSON.format(a_record("committed", desc="店铺"))


def test_a_traceback_is_one_field(failed: logging.LogRecord) -> None:
    found = json.loads(JSON.format(failed))
    assert found["event"] == "failed"
    assert found["exception"].startswith("Traceback")
    assert found["exception"].endswith("access_token=***'")


@each_format
def test_neither_the_text_of_an_exception_nor_its_variables_tell_a_secret(
    failed: logging.LogRecord, formatter: LineFormatter
) -> None:
    line = formatter.format(failed)
    assert "Traceback" in line
    assert "abcdef" not in line
    assert "ghijkl" not in line


@each_format
@pytest.mark.parametrize(
    ("message", "extra"),
    [
        ('https://api.weixin.qq.com:443 "POST /wxa/commit?access_token=abcdef HTTP/1.1" 200 None', {}),
        ("Cannot connect to redis://ops:abcdef@h:6379/0", {}),
        ("Cannot connect to sentinel://:abcdef@a:26379;sentinel://:abcdef@b:26379", {}),
        ('sent {"component_appsecret": "abcdef"}', {}),
        ("sent", {"access_token": "abcdef"}),
        ("sent", {"body": {"inner": [{"authorizer_refresh_token": "abcdef"}]}}),
        ("sent", {"body": '{"component_verify_ticket": "abcdef"}'}),
        ("sent", {"body": b'{"component_verify_ticket": "abcdef"}'}),
        ("sent", {"error": ValueError("/wxa/commit?access_token=abcdef")}),
        ("sent", {"error": ValueError({"refresh_token": "abcdef"})}),
        ("sent", {"url": "http://me:abcdef@proxy"}),
    ],
)
def test_no_secret_is_in_a_line(formatter: LineFormatter, message: str, extra: dict[str, Any]) -> None:
    line = formatter.format(a_record(message, **extra))
    assert "abcdef" not in line
    assert "***" in line
    if formatter is JSON:
        json.loads(line)


class _Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError

    __str__ = __repr__


def _itself() -> list[Any]:
    inside: list[Any] = []
    inside.append(inside)
    return inside


@each_format
@pytest.mark.parametrize(
    ("message", "args", "extra"),
    [
        ("what it is", (), {"value": object()}),
        ("what it is", (), {"value": {("a", 1): object()}}),
        ("what it is", (), {"value": float("nan")}),
        ("what it is", (), {"value": _itself()}),
        ("what it is", (), {"value": _Unspeakable()}),
        ("what it is %s", (_Unspeakable(),), {}),
        ("what it is %d", ("access_token=abcdef",), {}),
        ("what it is %s %s", (1,), {}),
    ],
)
def test_a_line_that_can_not_be_written_as_it_is_is_written_otherwise(
    formatter: LineFormatter, message: str, args: tuple[Any, ...], extra: dict[str, Any]
) -> None:
    line = formatter.format(a_record(message, *args, **extra))
    assert "what it is" in line
    assert "abcdef" not in line
    if formatter is JSON:
        json.loads(line, parse_constant=pytest.fail)


def test_a_value_that_json_does_not_know_is_shown_as_python_shows_it() -> None:
    found = fields("wechat call", ms=12, value={1, 2})
    assert (found["ms"], found["value"]) == (12, "{1, 2}")
    assert fields("wechat call", value={("a", 1): 2})["value"] == "{('a', 1): 2}"
    assert fields("wechat call", value=[float("nan")])["value"] == "[nan]"


@pytest.mark.parametrize("interim", [Parked("errcode -1: busy -- waits until noon"), DROPPED, BUSY])
def test_a_step_that_has_not_ended_has_not_succeeded(interim: Interim) -> None:
    assert said_of(interim) == f"Task tasks.commit_code[1] {interim!r}"


@pytest.mark.parametrize("result", ["added https://api.example.com", 123, None, "parked: said by WeChat"])
def test_a_step_that_has_ended_has_celerys_line(result: Any) -> None:
    assert said_of(result) == f"Task tasks.commit_code[1] succeeded in 0.5s: {result!r}"


def said_of(result: Any) -> str:
    """What the line of Celery's is that tells of a task's end."""
    given = {"name": "tasks.commit_code", "id": "1", "runtime": 0.5, "return_value": saferepr(result)}
    record = logging.LogRecord("celery.app.trace", logging.INFO, "x.py", 1, trace.LOG_SUCCESS, (given,), None)
    event: str = json.loads(JSON.format(record))["event"]
    return event


def test_what_is_no_terminal_gets_no_colours() -> None:
    record = a_record("wechat call", level=logging.WARNING, ms=12)
    assert "\x1b" not in TEXT.format(record)
    assert "\x1b" in COLOURED.format(record)
    assert "\x1b" not in JSON.format(record)


def test_a_line_for_people_has_the_same_fields() -> None:
    with bound_contextvars(release_id="r1"):
        line = TEXT.format(a_record("wechat call", endpoint="/wxa/commit", ms=12))
    assert line.count("\n") == 0
    for part in ("wechat call", "endpoint=/wxa/commit", "ms=12", "release_id=r1", "wechat.http.transport"):
        assert part in line
