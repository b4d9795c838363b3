"""How many doors a request goes through from `tasks.start_release` to `submitted`: `python -m benchmarks.hops [--list]`.

A door is a function of ours that is entered from another module, and counts once; lambdas, comprehensions and what has a name of Python's
(`__call__`) count as part of what they stand in. One worker with one slot takes a request, when it has taken one before, for a
Mini Program whose token is there and whose code needs no scan. Beside the count: all calls between modules, and the modules.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import FrameType

from celery import Celery

from benchmarks.watched import say
from tests.support.workers import ROOT, Platform, platform, wait_for

#: A door that only passes on is one too many. 4a37d02, with half of the product, has 121 by the same rule.
BOUND = 127
#: A timer of the worker's loop calls it, whatever is released.
_BY_TIMER = ("worker/celery_patches/transport.py", "_Delivers._settle")
_ROOMS = ("config", "worker", "tasks", "releases", "wechat", "db")
#: Celery has handlers of its own for the others.
_FORGET, _TELL = signal.SIGRTMIN + 1, signal.SIGRTMIN + 2
_DOORS = "MPRELEASE_BENCHMARK_DOORS"


def main() -> int:
    """Count them; 1 if there are more than the bound."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hops", description=__doc__)
    parser.add_argument(
        "--list", action="store_true", help="each door, in the order in which it was first taken"
    )
    names = parser.parse_args().list
    with tempfile.TemporaryDirectory() as directory, platform(Path(directory), "--scan-s", "0") as made:
        told = Path(directory, "doors.json")
        command = (sys.executable, "-m", "benchmarks.hops")
        with made.worker(command=command, PYTHONPATH=str(ROOT), **{_DOORS: str(told)}) as worker:
            _release(made)
            os.kill(worker.process.pid, _FORGET)
            _release(made)
            os.kill(worker.process.pid, _TELL)
            wait_for(told.exists)
        doors = json.loads(told.read_text())
    calls = sum(number for *_, number in doors)
    modules = {module for module, *_ in doors}
    if names:
        say(*(f"{module}:{function}" for module, function, _ in doors))
    say(f"{len(doors)} doors (bound {BOUND}), {calls} calls between modules, {len(modules)} modules")
    return int(len(doors) > BOUND)


def _release(made: Platform) -> None:
    appid = made.mini_program()
    made.run("domains", "get", appid)
    with Celery(broker=made.server.url, backend=made.server.url, set_as_current=False) as client:
        client.send_task("tasks.start_release", kwargs=made.request(appid), queue="releases")
    wait_for(
        lambda: [one for one in made.releases() if one["appid"] == appid and one["status"] == "submitted"]
    )
    with made.redis() as redis:
        wait_for(lambda: not redis.hlen("unacked"))  # its messages belong to its way


def _worker(told: Path) -> None:
    """A worker that notes which doors are taken."""
    from cli import main as command_line  # noqa: PLC0415 - only this process needs it

    taken: Counter[tuple[str, str]] = Counter()

    def tell(*_: object) -> None:
        sys.setprofile(None)
        part = told.with_suffix(".part")
        part.write_text(json.dumps([[*door, number] for door, number in taken.items()]))
        part.rename(told)

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and (door := _door(frame)) and _door_of_caller(frame)[0] != door[0]:
            taken[door] += 1

    signal.signal(_FORGET, lambda *_: taken.clear())
    signal.signal(_TELL, tell)
    sys.argv = ["mprelease", "worker", "--pool", "solo"]
    sys.setprofile(note)
    command_line()


def _door(frame: FrameType) -> tuple[str, str] | None:
    """The module and the function, if they are ours and have a name."""
    path, name = Path(frame.f_code.co_filename), frame.f_code.co_qualname
    if (
        not path.is_relative_to(ROOT)
        or path.relative_to(ROOT).parts[0] not in _ROOMS
        or "<" in name
        or "__" in name
    ):
        return None
    door = str(path.relative_to(ROOT)), name
    return None if door == _BY_TIMER else door


def _door_of_caller(frame: FrameType) -> tuple[str, str]:
    """Of the next frame of ours, beyond those of libraries."""
    caller = frame.f_back
    while caller is not None and not _door(caller):
        caller = caller.f_back
    return (caller and _door(caller)) or ("", "")


if __name__ == "__main__":
    if _DOORS in os.environ:
        _worker(Path(os.environ.pop(_DOORS)))
    else:
        sys.exit(main())
