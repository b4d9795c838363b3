"""An orchestrator that shares no code with us: Celery and the Redis URL are all it has.

Reads one JSON call to a line from stdin, [task, keyword arguments] or ["result", release id], and
answers each with one JSON line: {"value": ...} or {"raised": class name, "args": [...]}.
"""

import json
import sys

from celery import Celery

URL = sys.argv[1]
app = Celery(broker=URL, backend=URL)

for line in sys.stdin:
    task, argument = json.loads(line)
    if task == "result":
        result = app.AsyncResult(argument)
    else:
        result = app.send_task(task, kwargs=argument, queue="releases")
    try:
        answer = {"value": result.get(timeout=30)}
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        answer = {"raised": type(error).__name__, "args": list(error.args)}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
assert not [name for name in sys.modules if name.split(".")[0] in ("tasks", "wechat", "worker", "config")]
