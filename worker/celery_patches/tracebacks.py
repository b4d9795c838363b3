"""Tracebacks that cost what they tell.

For whatever a task raises, and each wait is raised, billiard copies the traceback, so that it can cross a pool. Of each
frame it keeps the positions of all instructions, thousands in Celery's own `trace_task`; they underline a part of a line
for those who read it. That was a third of the CPU time of a release that waits once.
"""

from __future__ import annotations

from itertools import repeat
from types import CodeType
from typing import Any

from billiard import einfo

_KEPT = (
    "co_filename",
    "co_name",
    "co_qualname",
    "co_argcount",
    "co_firstlineno",
    "co_flags",
    "co_names",
    "co_nlocals",
    "co_stacksize",
)
_BILLIARDS: Any = einfo._Code  # noqa: SLF001 - its frames have the class as an attribute, but it has no other name


class Code(_BILLIARDS):  # type: ignore[misc]
    """What billiard keeps of a code object, without the positions: each is said to be unknown."""

    def __init__(self, code: CodeType) -> None:
        for name in _KEPT:
            setattr(self, name, getattr(code, name))
        self.co_cellvars = self.co_freevars = self.co_varnames = ()
        self.co_code = self.co_lnotab = b""
        self._co_positions = repeat((None, None, None, None))


def install() -> None:
    """Let billiard's frames keep this, in this process."""
    einfo.Traceback.Frame.Code = Code
