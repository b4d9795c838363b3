"""A worker whose log goes into a pipe of which nobody reads any more once it is ready: `mprelease worker | tee log`."""

import os
import subprocess
import sys

#: Passes the log on until the worker is ready, and says that last line when the pipe is closed.
_READER = """
import os, sys
for line in iter(sys.stdin.buffer.readline, b""):
    if b" ready." in line:
        os.close(0)
    os.write(1, line)
    if b" ready." in line:
        break
"""
COMMAND = (sys.executable, "-m", "tests.faults.piped_worker")


def main() -> None:
    """Become the worker; the further arguments are its own."""
    reading, writing = os.pipe()
    subprocess.Popen([sys.executable, "-c", _READER], stdin=reading)
    for standard in (1, 2):
        os.dup2(writing, standard)
    os.execv(sys.executable, [sys.executable, "-m", "worker", "worker", *sys.argv[1:]])


if __name__ == "__main__":
    main()
