"""Ends what a run of the tests has started and left, however the run itself ended: SIGTERM, SIGKILL, or well.

A run starts servers, simulators, workers and their children, in sessions of their own. pytest ends at once on SIGTERM,
so nobody would stop these. Each carries a mark of the run in its environment. A process that waits for the end of the
run ends all that carry it: `python tests/support/leftovers.py MARK`. It needs /proc, so elsewhere nothing is done.
"""

import os
import select
import signal
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

VARIABLE = "RELEASE_TESTS_RUN"
_PROC = Path("/proc")
#: A run whose pipe somebody else still holds is seen to have ended within so many seconds.
_POLL_S = 0.2
#: What was killed may have begun another process just before: so many looks at the most.
_LOOKS = 100


def watch() -> "subprocess.Popen[bytes] | None":
    """Mark what this process starts from now on; what is left of it after this process has ended is killed."""
    if not (_PROC / "self/environ").exists():
        return None
    os.environ[VARIABLE] = uuid.uuid4().hex
    return subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, os.environ[VARIABLE]],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Neither what ends this process's group nor what ends the leftovers of an outer run may end this one.
        start_new_session=True,
        env={},
    )


def end(watching: "subprocess.Popen[bytes]") -> None:
    """End what is left now, and wait for that."""
    watching.communicate()


def marked(mark: str) -> set[int]:
    """The processes that carry the mark; one that has ended and was not waited for does not."""
    wanted, found = f"{VARIABLE}={mark}".encode(), set()
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it has ended meanwhile, or is not ours to read
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.add(int(entry.name))
    return found


def _main(mark: str) -> None:
    parent = os.getppid()
    while not select.select([sys.stdin], [], [], _POLL_S)[0] and os.getppid() == parent:
        pass
    for _ in range(_LOOKS):
        left = marked(mark)
        if not left:
            return
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


if __name__ == "__main__":
    _main(sys.argv[1])
