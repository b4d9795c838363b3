"""Forks commands of ours from a process that has imported all they need: `python -m tests.support.fork_server SOCKET`.

A test starts hundreds of processes, and most of what each costs is the imports. What is forked here runs the same `main`
with its own arguments, environment, directory and files, and ends as a program does. How a program is really started
is tested where that matters (tests/e2e/test_processes.py among others).
"""

import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
#: What reads the environment when it is imported (rich's consoles, typer's colours) is left to the child.
IMPORTS = (
    *(
        "celery.apps.worker",
        "celery.concurrency.prefork",
        "celery.concurrency.solo",
        "celery.concurrency.thread",
    ),
    *("celery.backends.redis", "celery.worker.strategy", "celery.worker.pidbox", "celery.events.state"),
    *("kombu.transport.redis", "pydantic_settings", "redis.sentinel", "requests", "structlog", "typer.main"),
    *("rich.console", "rich.live", "rich.progress", "rich.table", "prometheus_client"),
    *(
        "tasks.by_name",
        "tasks.step_task",
        "tasks.steps",
        "worker.app",
        "worker.background",
        "worker.logs.setup",
    ),
    *("worker.celery_patches.consumer", "worker.celery_patches.events", "worker.celery_patches.transport"),
    *("worker.metrics.collector", "releases.waves.report", "simulator.__main__"),
    *("web.app", "web.serving.server"),
)
#: The three files of a process come with its request.
FILES = 3
LONGEST = 1 << 20


def main(path: str) -> None:
    """Serve until stdin ends; in a child, be the command."""
    for name in IMPORTS:
        import_module(name)
    gc.collect()
    gc.freeze()
    request = _serve(path)
    if request is not None:
        _become(request)
        sys.exit(import_module(request["module"]).main())


def _serve(path: str) -> dict[str, Any] | None:
    """Fork what is asked for and tell how it ended; returns its request in a child, and None when all is over."""
    children: dict[int, socket.socket] = {}
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening,
        selectors.DefaultSelector() as ready,
    ):
        listening.bind(path)
        listening.listen(64)
        for readable in (listening, woken, 0):
            ready.register(readable, selectors.EVENT_READ)
        os.write(1, b"ready\n")
        while True:
            for key, _ in ready.select():
                if key.fileobj == 0:
                    for child in children:
                        os.kill(child, signal.SIGKILL)
                    return None
                if key.fileobj == woken:
                    os.read(woken, 4096)
                    _tell_the_dead(children)
                    continue
                connection, _ = listening.accept()
                raw, files, _, _ = socket.recv_fds(connection, LONGEST, FILES)
                child = os.fork()
                if not child:
                    for number, file in enumerate(files):
                        os.dup2(file, number)
                    os.closerange(FILES, max(*files, connection.fileno(), wake, ready.fileno()) + 1)
                    listening.detach()
                    connection.detach()
                    asked: dict[str, Any] = json.loads(raw)
                    return asked
                for file in files:
                    os.close(file)
                children[child] = connection
                connection.send(str(child).encode())


def _tell_the_dead(children: dict[int, socket.socket]) -> None:
    while children:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        with children.pop(child) as connection:
            connection.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(request: dict[str, Any]) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if request["session"]:
        os.setsid()
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    # What click takes for the program's name.
    sys.modules["__main__"].__package__ = "worker"
    sys.argv = [str(ROOT / "worker" / "__main__.py"), *request["arguments"]]


if __name__ == "__main__":
    main(sys.argv[1])
