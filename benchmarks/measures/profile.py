"""Where a worker's CPU time goes, by py-spy: our own code, Celery, HTTP.

Of threads only the one that holds the interpreter's lock is looked at: one that waits in the kernel looks as if it ran.
So the kernel's own part of sending and receiving is not in these shares.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.arena import Arena
from benchmarks.contestants.contestant import Contestant

SAMPLES_A_SECOND = 500
_WARM = 200
_FRAME = re.compile(r"\((?P<file>[^()]*\.py):\d+\)$")
#: The last folder or package of a file's path decides whose it is.
_OURS = re.compile(r"(?:^|/)(?:tasks|wechat|worker|config)/[^/]*(?:/[^/]*)?\.py$")
_HTTP = re.compile(r"(?:^|/)(?:requests|urllib3|http)/")
_CELERY = re.compile(r"(?:^|/)(?:celery|kombu|billiard|amqp|vine)/")


def profile(arena: Arena, contestant: Contestant, seconds: int) -> dict[str, float] | None:
    """Shares of the samples while the worker is at work, see `shares`; None where py-spy may not look into it.

    It may as root, or where the setting kernel.yama.ptrace_scope is 0.
    """
    raw = arena.logs / f"{contestant.name}.profile"
    arena.clear()
    arena.latency(0)
    with contestant.start(arena) as running:
        warm = arena.shops(_WARM)
        began = time.time()
        running.enqueue(warm)
        rate = _WARM / (arena.wait_for(_WARM).at - began)
        # Enough that it has work for longer than it is looked at.
        shops = arena.shops(int(rate * (seconds + 3)))
        running.enqueue(shops)
        spied = subprocess.run(
            [
                *(str(Path(sys.executable).parent / "py-spy"), "record", "--pid", str(running.pids[0])),
                *("--format", "raw", "--gil", "--full-filenames", "--rate", str(SAMPLES_A_SECOND)),
                *("--duration", str(seconds), "--output", str(raw)),
            ],
            check=False,
            capture_output=True,
        )
        arena.wait_for(len(warm) + len(shops))
    return None if spied.returncode else shares(raw.read_text(encoding="utf-8").splitlines())


def shares(lines: Iterable[str]) -> dict[str, float]:
    """Shares of lines such as `outer (a.py:1);inner (b.py:2) 17`, and the number of samples.

    `own`: the code that runs is a file of ours. `ours`, `http`, `celery`: whom the innermost frame that is of one of
    the three belongs to; so what a library (redis-py, pydantic, json) does is its caller's. `other`: none of the three.
    """
    counts: Counter[str] = Counter()
    own = 0
    for line in lines:
        stack, _, number = line.rpartition(" ")
        files = list(_files(stack))
        counts[next(filter(None, map(_owner, files)), "other")] += int(number)
        own += int(number) if files and _owner(files[0]) == "ours" else 0
    samples = max(1, counts.total())
    named = {name: counts[name] / samples for name in ("ours", "celery", "http", "other")}
    return {"own": own / samples, **named, "samples": float(samples)}


def _files(stack: str) -> Iterator[str]:
    """The innermost first. A frame without a file is C's, or the interpreter's own."""
    for frame in reversed(stack.split(";")):
        found = _FRAME.search(frame)
        if found:
            yield found["file"]


def _owner(file: str) -> str:
    if "site-packages" not in file and _OURS.search(file):
        return "ours"
    if _HTTP.search(file) or file.endswith("/benchmarks/work.py"):
        return "http"
    return "celery" if _CELERY.search(file) else ""
