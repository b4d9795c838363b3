"""What does not belong there is put on the queue: every worker has to survive it, and the wave to go on."""

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from tests.faults.world import QUEUE, World
from worker.app import ReleaseCelery

#: A worker that an item ends, ends within so many seconds.
_FATAL_WITHIN_S = 1.0


def garbage(world: World) -> int:
    """One item after the other, each while a portion of the wave is being worked on."""
    items = dict(_items(world.app))
    names = list(items)
    for turn in world.in_portions(len(names)):
        name = names[turn]
        send = items[name]
        if isinstance(send, bytes):
            with world.platform.redis() as client:
                client.lpush(QUEUE, send)
        else:
            send()
        _survived(world, name)
    return len(names)


def _survived(world: World, name: str) -> None:
    time.sleep(_FATAL_WITHIN_S)
    dead = world.fleet.bury()
    if dead:
        world.problems.append(f"{name}: {dead} workers ended")
        world.fleet.start(dead)


def _items(app: ReleaseCelery) -> Iterator[tuple[str, bytes | Callable[[], Any]]]:
    yield "no JSON", b"this is no JSON"
    yield "no UTF-8", b"\xff\xfe\x00"
    yield "a number", b"42"
    yield "null", b"null"
    yield "a list", b"[]"
    yield "an empty object", b"{}"
    yield "an object that is no message", b'{"appid": "wx00000000000f0000"}'
    yield "a message without properties", _message(properties=None)
    yield "a message without headers", _message(headers=None)
    yield "a message whose headers are a text", _message(headers="none")
    yield "a message without a body", _message(body=None)
    yield "a body that is no base64", _message(body="%%%")
    yield "a body that is no JSON", _message(body=_base64("no JSON"))
    yield "a body that is no list", _message(body=_base64('{"release_id": "x"}'))
    yield "a pickle", _message(**{"content-type": "application/x-python-serialize"})
    yield "an unknown content type", _message(**{"content-type": "text/nonsense"})
    yield "an eta that is no time", _message(headers=_headers(eta="soon"))
    yield "an unknown task", lambda: app.send_task("tasks.no_such_task", queue=QUEUE)
    yield "a step without arguments", lambda: app.send_task("tasks.commit_code", queue=QUEUE)
    yield (
        "a step with an object for an id",
        lambda: app.send_task("tasks.submit_audit", args=[{"id": 1}, None], queue=QUEUE),
    )
    yield (
        "a step with a number for an id",
        lambda: app.send_task("tasks.ensure_domains", args=[42, 42], queue=QUEUE),
    )
    yield (
        "a request with wrong types",
        lambda: app.send_task("tasks.start_release", kwargs={"appid": 42, "ext": []}, queue=QUEUE),
    )
    yield (
        "a request with a foreign field",
        lambda: app.send_task("tasks.start_release", kwargs={"foreign": 1}, queue=QUEUE),
    )


def _message(**changes: Any) -> bytes:
    """A message of ours with changes; what is changed to None is left out."""
    message = {
        "body": _base64(json.dumps([["0" * 32, "wx00000000000f0000", "1.0.0"], {}, {}])),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": _headers(),
        "properties": {
            "correlation_id": "0" * 32,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": QUEUE},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": str(uuid.uuid4()),
        },
    }
    message.update(changes)
    return json.dumps({name: value for name, value in message.items() if value is not None}).encode()


def _headers(**changes: Any) -> dict[str, Any]:
    return {"lang": "py", "task": "tasks.commit_code", "id": str(uuid.uuid4()), **changes}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
