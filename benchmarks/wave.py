"""A wave of ten thousand releases on this machine, watched: `python -m benchmarks.wave [--releases N]`.

Real Redis, real worker processes, the simulator; one per cent of the Mini Programs meets each kind of block. Prints
what became of them and what it cost; 1 if a release was lost, or Redis holds more than it may of each.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.watched import say, watch
from tests.support import forks
from tests.support.workers import Platform, Worker, platform

RELEASES = 10_000
WORKERS = 2
CONCURRENCY = 32
WAVE = "ten-thousand"
#: Redis may hold so many bytes of each release, Celery's own keys included.
MOST_BYTES = 3072
#: What blocks, and at which call.
BLOCKS = (
    ("modify_domain", 85015),
    ("modify_domain", 85016),
    ("modify_domain", 85017),
    ("modify_domain", 85018),
    ("modify_domain", 61007),
    ("commit", 85013),
    ("commit", 85014),
    ("commit", 85043),
    ("submit_audit", 85009),
    ("submit_audit", 85077),
    ("submit_audit", 86002),
    ("submit_audit", 86007),
)


def main() -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wave", description=__doc__)
    parser.add_argument("--releases", type=int, default=RELEASES)
    parser.add_argument("--workers", type=int, default=WORKERS)
    options = parser.parse_args()
    forks.Server.is_used = False
    with tempfile.TemporaryDirectory(prefix="mprelease-wave-") as directory, ExitStack() as stack:
        made = stack.enter_context(
            platform(Path(directory), "--latency-ms", "20", "--scan-s", "0.5", settings=_settings())
        )
        appids = made.mini_programs(options.releases)
        blocked = _blocks(made, appids)
        before = _memory(made)
        workers = [
            stack.enter_context(made.worker("--concurrency", str(CONCURRENCY)))
            for _ in range(options.workers)
        ]
        _enqueue(made, appids)
        began = time.monotonic()
        report = watch(made, WAVE)
        seconds = time.monotonic() - began
        return _tell(made, workers, report, seconds, blocked, before)


def _settings() -> dict[str, str]:
    return {
        "MPRELEASE_RETRY__SCAN_WAIT_S": "2",
        "MPRELEASE_WECHAT__READ_TIMEOUT_S": "30",
        "MPRELEASE_WORKER__STEP_DEADLINE_S": "60",
    }


def _blocks(made: Platform, appids: list[str]) -> int:
    """Script the refusals; returns how many Mini Programs meet one."""
    share = len(appids) // 100
    faults: list[dict[str, Any]] = [
        {
            "appid": appid,
            "endpoint": endpoint,
            "kind": "errcode",
            "errcode": errcode,
            "times": -1,
            **({"action": "add"} if endpoint == "modify_domain" else {}),
        }
        for number, (endpoint, errcode) in enumerate(BLOCKS)
        for appid in appids[number * share : (number + 1) * share]
    ]
    if faults:
        made.sim("POST", "faults", faults)
    return len(faults)


def _enqueue(made: Platform, appids: list[str]) -> None:
    path = made.directory / "wave.jsonl"
    path.write_text("\n".join(json.dumps(made.request(appid, wave=WAVE)) for appid in appids))
    began = time.monotonic()
    made.run("enqueue", "--file", str(path))
    seconds = time.monotonic() - began
    say(f"enqueued in {seconds:.1f} s, {len(appids) / seconds:.0f} releases a second")


def _tell(
    made: Platform, workers: list[Worker], report: dict[str, Any], seconds: float, blocked: int, before: int
) -> int:
    total, counts = report["total"], {name: number for name, number in report["counts"].items() if number}
    per_release = (_memory(made) - before) / total
    audits = made.sim("GET", "state")["totals"]
    say(
        f"{total} releases in {seconds:.0f} s, {total / seconds:.0f} a second: {counts}",
        f"of {blocked} that were to be blocked, by errcode: {dict(_by_errcode(report))}",
        f"lost: {total - counts.get('submitted', 0) - counts.get('blocked', 0)}; "
        f"submitted twice: {audits['submitted_after_applied']}",
        f"Redis: {per_release:.0f} bytes per release; "
        f"workers: {', '.join(f'{_resident_mb(worker):.0f} MB' for worker in workers)}",
    )
    good = (
        counts == {"blocked": blocked, "submitted": total - blocked}
        if blocked
        else counts == {"submitted": total}
    )
    return 0 if good and not audits["submitted_after_applied"] and per_release < MOST_BYTES else 1


def _by_errcode(report: dict[str, Any]) -> Counter[int]:
    found: Counter[int] = Counter()
    for cause in report["causes"]:
        found[cause["errcode"]] += cause["releases"]
    return found


def _memory(made: Platform) -> int:
    """What all keys take, in bytes: our records and indexes, tokens, and Celery's queues and results."""
    with made.redis() as client:
        return sum(int(client.memory_usage(key, samples=0) or 0) for key in client.scan_iter(count=1000))


def _resident_mb(worker: Worker) -> float:
    status = Path(f"/proc/{worker.process.pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    sys.exit(main())
