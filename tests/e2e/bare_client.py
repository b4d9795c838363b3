"""An orchestrator that shares no code with us: Celery and the Redis URL are all it has.

Reads one JSON call to a line from stdin, [task, keyword arguments, queue] or ["result", release id], and
answers each with one JSON line: {"value": ...} or {"raised": class name, "args": [...]}.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery
from kombu import pools

URL = sys.argv[1]
#: The longest wait for an answer.
PATIENCE_S = 60


@contextmanager
def client() -> Iterator[Celery]:
    """A client for one question, whose connections are closed here and not by an interpreter that is shutting down.

    For one only, because Celery's client keeps what it hears of an id that nobody waits for at that moment: an answer
    that is published between its SUBSCRIBE and its GET is received twice. Whoever waits for the same id later gets it,
    whatever has been stored since.
    """
    with Celery(broker=URL, backend=URL) as app:
        backend: Any = app.backend
        try:
            yield app
        finally:
            backend.result_consumer.stop()
            backend.client.close()
            pools.reset()


def answer(app: Celery, task: str, argument: Any, queue: str = "releases") -> dict[str, Any]:
    """The answer to one call."""
    if task == "result":
        result = app.AsyncResult(argument)
    else:
        result = app.send_task(task, kwargs=argument, queue=queue)
    # Not raised: an exception holds the frames that it came through, and these the result, which has to go first.
    value = result.get(timeout=PATIENCE_S, propagate=False)
    if isinstance(value, Exception):
        return {"raised": type(value).__name__, "args": list(value.args)}
    return {"value": value}


for line in sys.stdin:
    with client() as asking:
        said = answer(asking, *json.loads(line))
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
assert not [name for name in sys.modules if name.split(".")[0] in ("tasks", "wechat", "worker", "config")]
