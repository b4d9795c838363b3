"""What does not belong on the queue, and is there all the same: by its name, the bytes that are pushed."""

import base64
import json
import uuid
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

QUEUE = "releases"
#: What must never stand in a log: it could be anybody's secret.
SECRET = "refreshtoken@@@of-a-merchant"
_ARGUMENTS = ["0" * 32, "wx00000000000f0000", SECRET]
#: Deeper than any JSON parser of Python follows.
_DEEP = 100_000
SOON = (datetime.now(UTC) + timedelta(minutes=50)).isoformat()


def message(task: object = "tasks.commit_code", body: object = None, **changes: Any) -> bytes:
    """A message of ours with changes to its outermost fields; what is changed to None is left out.

    `body` is the body before its JSON and base64, or those if it is bytes.
    """
    inner = [_ARGUMENTS, {}, {}] if body is None else body
    encoded = inner if isinstance(inner, bytes) else json.dumps(inner).encode()
    whole = {
        "body": base64.b64encode(encoded).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers(task=task),
        "properties": properties(),
    }
    whole.update(changes)
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


def headers(**changes: Any) -> dict[str, Any]:
    """The headers of a message, with changes."""
    return {"lang": "any", "task": "tasks.commit_code", "id": str(uuid.uuid4()), **changes}


def properties(**changes: Any) -> dict[str, Any]:
    """The properties of a message, with changes."""
    return {
        "correlation_id": "0" * 32,
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": QUEUE},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": str(uuid.uuid4()),
        **changes,
    }


def _with_header(**changes: Any) -> bytes:
    return message(headers=headers(**changes))


def _with_property(**changes: Any) -> bytes:
    return message(properties=properties(**changes))


def _request(embed: object = None, **changes: Any) -> bytes:
    """A request by name, with changes to its headers."""
    task = "tasks.get_release"
    return message(body=[[], {"release_id": "x"}, embed], headers=headers(task=task, **changes))


def _with_embedded(**embed: Any) -> bytes:
    return message(body=[_ARGUMENTS, {}, embed])


_NO_MESSAGES = {
    "no JSON": b"this is no JSON",
    "no UTF-8": b"\xff\xfe\x00",
    "a number": b"42",
    "null": b"null",
    "a text": b'"text"',
    "a list": b"[]",
    "an empty object": b"{}",
    "an object that is no message": b'{"appid": "wx00000000000f0000"}',
    "brackets without end": b"[" * _DEEP,
    "objects without end": b'{"a":' * _DEEP,
    "a number that is none": b'{"__type__": "decimal", "__value__": "none"}',
    "a message without properties": message(properties=None),
    "a delivery tag that is an object": _with_property(delivery_tag={"a": 1}),
    "a delivery tag that is null": _with_property(delivery_tag=None),
    "delivery info that is a text": _with_property(delivery_info="here"),
    "a raw body that is an object": message().replace(b'"body": "', b'"body": {}, "no body": "'),
    "headers that are a text": message(headers="none"),
    "headers that are a list": message(headers=["task"]),
    "headers without end": message(headers="DEEP").replace(b'"DEEP"', b'{"a":' * 600 + b"1" + b"}" * 600),
    "a body that is no base64": message().replace(b'"body": "', b'"body": "QQ", "no body": "'),
}
_UNKNOWN = {
    "a message without headers": message(headers=None),
    "a message of no protocol": message(headers={}, body={"release_id": "x"}),
    "an unknown task": message("tasks.no_such_task"),
    "an unknown task in the first protocol": message(
        headers={}, body={"task": "tasks.no_such_task", "id": str(uuid.uuid4()), "args": [], "kwargs": {}}
    ),
    "a task that is a number": _with_header(task=42),
    "a task that is an object": _with_header(task={"name": "tasks.commit_code"}),
    "a task with a long name": _with_header(task="x" * 100_000),
}
_BODIES = {
    "an empty body": message(body=b""),
    "a message without a body": message().replace(b'"body": "', b'"no body": "'),
    "a body that is no JSON": message(body=b"no JSON"),
    "a body without end": message(body=b"[" * _DEEP),
    "a body that is an object": message(body={"release_id": "x"}),
    "a body that is a number": message(body=42),
    "a body of two parts": message(body=[[], {}]),
    "arguments that are an object": message(body=[{}, {}, {}]),
    "named arguments that are a list": message(body=[_ARGUMENTS, [], {}]),
    "a body of the first protocol": message(body={"args": "none", "kwargs": {}, "retries": 0}),
    "a pickle": message(**{"content-type": "application/x-python-serialize"}),
    "an unknown content type": message(**{"content-type": "text/nonsense"}),
    "a content type that is a number": message(**{"content-type": 42}),
    "a compression of nothing": _with_header(compression="zlib"),
    "an unknown compression": _with_header(compression="nonsense"),
    "a compressed body that is no JSON": message(
        body=zlib.compress(b"no JSON"), headers=headers(compression="application/x-gzip")
    ),
}
_HEADERS = {
    "no id": message(headers={"task": "tasks.commit_code"}),
    "an id that is an object": _with_header(id={"id": 1}),
    "an id that is a number": _with_header(id=42),
    "an id that is too long": _with_header(id="x" * 100_000),
    "a parent that is a list": _with_header(parent_id=[1]),
    "an eta that is no time": _with_header(eta="soon"),
    "an eta that is a number": _with_header(eta=42),
    "an eta in the year 9999": _with_header(eta="9999-12-31T23:59:59-14:00"),
    "an eta before all time": _with_header(eta="0001-01-01T00:00:00+14:00", expires="no time"),
    "an expiry that is no time": _with_header(expires={"in": 5}),
    "a chain among the headers": _with_header(chain="tasks.submit_audit"),
    "a chord among the headers": _with_header(chord={"task": "tasks.get_release", "args": []}),
    "an id that is empty": _with_header(id=""),
    "a step of later": _with_header(eta=SOON),
    "a request of later": _request(eta=SOON),
}
_EMBEDDED = {
    "named arguments alone, of no protocol": message("tasks.get_release", {"kwargs": {"release_id": "x"}}),
    "a task twice and no arguments": message("tasks.get_release", {"task": "tasks.get_release"}),
    "an embed that is a list": message(body=[_ARGUMENTS, {}, [1]]),
    "a chain that is a text": _with_embedded(chain="tasks.submit_audit"),
    "a chain of numbers": _with_embedded(chain=[1, 2]),
    "callbacks that are an object": _with_embedded(callbacks={"a": 1}),
    "an errback without a task": _with_embedded(errbacks=[{"args": []}]),
    "a chord that is a text": _with_embedded(chord="chord"),
    "an embed that overwrites headers": _with_embedded(id=42, retries="x", delivery_info=42),
}
_FOLLOWING = {"task": "tasks.get_release", "args": [], "kwargs": {}, "options": {"task_id": "nobody-s"}}
_FOLLOWED = {
    "a request in a chord": _request({"chord": _FOLLOWING}, group="g", group_index=0),
    "a request in a chain": _request({"chain": [_FOLLOWING]}),
    "a request with a link": _request({"callbacks": [_FOLLOWING]}),
    "a request with a link for errors": _request({"errbacks": [_FOLLOWING]}),
    "a request in a chord of the first protocol": message(
        headers={},
        body={"task": "tasks.get_release", "id": "1", "args": ["x"], "kwargs": {}, "chord": _FOLLOWING},
    ),
    "a step in a chord": _with_embedded(chord=_FOLLOWING),
    "a step with a link": _with_embedded(callbacks=[_FOLLOWING]),
    "a step with a link for errors": _with_embedded(errbacks=[_FOLLOWING]),
    "a step before a request": _with_embedded(chain=[_FOLLOWING]),
    "one of Celery's own tasks": message("celery.map", [[], {"task": _FOLLOWING, "it": [["x"]]}, {}]),
    "a chord's watcher": message("celery.chord_unlock", [["g", _FOLLOWING], {"interval": 0.001}, {}]),
}
_ARGUMENTS_OF_STEPS = {
    "a step without arguments": message(body=[[], {}, {}]),
    "a step with too many": message(body=[["a", "b", "c", "d"], {}, {}]),
    "a step with a foreign one": message(body=[[], {"release": SECRET}, {}]),
    "a step with an object for an id": message("tasks.submit_audit", [[{"id": 1}, None], {}, {}]),
    "a step with an object for a version": message(body=[["x", "y", {"v": 1}], {}, {}]),
    "a step with a list for an appid": message(body=[[], {"release_id": "x", "appid": [1]}, {}]),
    "a step with a number for an id": message("tasks.ensure_domains", [[42, 42], {}, {}]),
    "a step with five megabytes for an id": message(body=[["x" * 5_000_000, "y"], {}, {}]),
}
#: Messages for tasks of ours that are wrong in what Celery would read, and in no other way.
UNCHECKED: dict[str, bytes] = {
    name: item
    for kind in (_HEADERS, _EMBEDDED, _FOLLOWED, _ARGUMENTS_OF_STEPS)
    for name, item in kind.items()
}
#: All of these are set aside.
GARBAGE: dict[str, bytes] = {
    name: item for kind in (_NO_MESSAGES, _UNKNOWN, _BODIES, UNCHECKED) for name, item in kind.items()
}
#: These are answered or dropped as Celery's messages are, and not set aside.
HARMLESS: dict[str, bytes] = {
    "a step of no release": message(),
    "a step in the first protocol": message(
        headers={}, body={"task": "tasks.commit_code", "id": "1", "args": _ARGUMENTS, "kwargs": {}}
    ),
    "an unknown encoding": message(**{"content-encoding": "nonsense"}),
    "an unknown language": _with_header(lang={"a": 1}),
    "the queue of somebody else": _with_property(delivery_info={"exchange": "x", "routing_key": "elsewhere"}),
    "no delivery info": message(
        properties={name: value for name, value in properties().items() if name != "delivery_info"}
    ),
    "an expiry in the past": _with_header(expires="0001-01-01T00:00:00+14:00"),
    "an expiry that is empty": _with_header(expires=""),
    "an expiry of nothing": _request(expires=0),
    "a first protocol with an expiry that is empty": message(
        headers={},
        body={"task": "tasks.commit_code", "id": "1", "args": _ARGUMENTS, "kwargs": {}, "expires": ""},
    ),
    "a limit of time": _request(timelimit=[0.001, 0.001]),
    "a member of a group": _request(group="g", group_index=0),
    "stamps": _request(stamped_headers=["by"], stamps={"by": "x"}, headers={"by": "x"}),
    "retries without number": _request(retries=2**63, replaced_task_nesting=10**6, shadow="x"),
    "a group that is an object": _with_header(group={"id": 1}),
    "a time limit that is a text": _with_header(timelimit="ab"),
    "time limits that are texts": _with_header(timelimit=["a", "b"]),
    "retries that are a text": _with_header(retries="many"),
    "stamps that are a number": _with_header(stamped_headers=["a"], stamps=42),
    "inner headers that are a number": _with_header(headers=42),
    "retries below none": _with_header(retries=-1),
    "a first protocol with retries that are a text": message(
        headers={},
        body={"task": "tasks.commit_code", "id": "1", "args": _ARGUMENTS, "kwargs": {}, "retries": "x"},
    ),
    "an eta that has passed": _request(eta="2020-01-01T00:00:00+00:00"),
    "a step whose eta has passed": _with_header(eta="2020-01-01T00:00:00+00:00"),
    "what only a worker hands on": _with_header(run_on={"run": 1}),
    "a priority that is a text": _with_property(priority="high"),
    "a request with wrong types": message("tasks.start_release", [[], {"appid": 42, "ext": []}, {}]),
    "a request with a foreign field": message("tasks.start_release", [[], {"foreign": 1}, {}]),
    "a request with an object for an id": message("tasks.get_release", [[{"id": 1}], {}, {}]),
}
