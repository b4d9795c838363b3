import os
import subprocess
import sys

from benchmarks.measures.process_tree import cpu_s, memory_mb, tree

#: Begins a child that works for so many seconds, and tells when it has.
WORK_S = 0.3
PARENT = f"""
import subprocess, sys
work = "import time\\nwhile time.process_time() < {WORK_S}: pass\\nprint(flush=True)\\ninput()"
subprocess.run([sys.executable, "-c", work], check=True)
"""
#: The kernel tells whole ticks: of two processes, own and children's, user's and system's, each may have lost one.
CUT_OFF_S = 2 * 4 / os.sysconf("SC_CLK_TCK")


def test_what_children_cost_counts_as_well() -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdout.readline()
        assert len(tree([parent.pid])) == 2
        assert WORK_S - CUT_OFF_S <= cpu_s([parent.pid]) < 5
        assert 2 < memory_mb([parent.pid]) < 200
        parent.stdin.write(b"\n")


def test_a_process_that_has_ended_costs_nothing_more() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert (cpu_s([ended.pid]), memory_mb([ended.pid])) == (0, 0)
    assert os.getpid() in tree([os.getpid()])
