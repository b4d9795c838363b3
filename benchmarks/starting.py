"""How long the commands take that people type most: `python -m benchmarks.starting [--rounds N]`.

From the start of the process to its end, in turn; the bounds are those of an idle machine. CPU time says the same on a
busy one. Compiled modules are kept, as they are where a package is installed, whatever the environment says of them.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from cli.demo.redis import embedded_redis

ROUNDS = 10
APPID = "wx0123456789abcdef"
REQUEST = ("--appid", APPID, "--template-id", "1", "--user-version", "1.0.0", "--user-desc", "first")
#: What is typed, and how many seconds it may take.
COMMANDS = (("--version", 0.25), ("--help", 0.25), ("errcodes", 0.25), (f"show {APPID}", 0.4))


def main() -> None:
    """Time them and print the medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.starting", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with embedded_redis() as url, tempfile.TemporaryDirectory() as compiled:
        environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPYCACHEPREFIX": compiled,
            "MPRELEASE_REDIS__URL": url,
            "MPRELEASE_DOMAINS__REQUESTDOMAIN": "https://api.example.com",
        }
        run(("enqueue", *REQUEST), environment)
        for typed, _ in COMMANDS:
            run(typed.split(), environment)
        for _ in range(rounds):
            for typed, _ in COMMANDS:
                taken[typed].append(run(typed.split(), environment))
    for typed, bound in COMMANDS:
        wall, cpu = (statistics.median(figures) for figures in zip(*taken[typed], strict=True))
        sys.stdout.write(f"mprelease {typed:24} {wall:.2f} s (bound {bound:.2f} s), {cpu:.2f} s of CPU\n")


def run(typed: "list[str] | tuple[str, ...]", environment: dict[str, str]) -> tuple[float, float]:
    """Run a command; returns its seconds, and those of CPU."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [Path(sys.executable).with_name("mprelease"), *typed],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
