"""What processes cost: the CPU time of a process and all its descendants, and their memory."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(roots: Iterable[int]) -> float:
    """Seconds of CPU, of the kernel's part as well, and of children that have ended and were waited for."""
    return sum(_ticks(pid) for pid in tree(roots)) / _TICKS


def memory_mb(roots: Iterable[int]) -> float:
    """Memory in megabytes, where a page that several share counts in parts for each."""
    return sum(map(_share_kb, tree(roots))) / 1024


def tree(roots: Iterable[int]) -> list[int]:
    """The processes themselves and all that they have begun."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            children[int(fields[1])].append(int(entry.name))
    found, left = [], list(roots)
    while left:
        pid = left.pop()
        found.append(pid)
        left += children[pid]
    return found


def _ticks(pid: int) -> int:
    fields = _fields(pid)
    return sum(map(int, fields[11:15])) if fields else 0


def _share_kb(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(found[1]) if found else 0


def _fields(pid: int) -> list[str]:
    """Of /proc/PID/stat, from the state on: the name before it may hold blanks. Empty for one that has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return stat.rpartition(")")[2].split()
