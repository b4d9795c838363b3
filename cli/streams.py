"""Where commands print: neither a closed stdout, a narrow encoding nor a full disk is a reason for a traceback."""

from __future__ import annotations

import errno
import io
import os
import sys

#: What a file says that can hold no more.
_FULL = (errno.ENOSPC, errno.EDQUOT)


def prepare() -> None:
    """Escape what the encoding lacks; and print nowhere where whoever started us has closed the stream.

    First of all: the next file that is opened would take the number of a closed one, and what is printed would go there.
    """
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, _nowhere("r" if name == "stdin" else "w"))
        elif isinstance(stream, io.TextIOWrapper) and name != "stdin":
            stream.reconfigure(errors="backslashreplace")


def of_output(error: Exception) -> list[str] | None:
    """What is said of a stdout that takes no more; None if that is not what is wrong, empty where nobody reads any more."""
    if not isinstance(error, BrokenPipeError) and getattr(error, "errno", None) not in _FULL:
        return None
    # Else the interpreter tries once more, at its end.
    sys.stdout = _nowhere("w")
    if isinstance(error, BrokenPipeError):
        return []
    return [
        f"The output could not be written: {getattr(error, 'strerror', '')}",
        "What is printed is not all. Make room, then repeat the command.",
    ]


def _nowhere(mode: str) -> io.TextIOWrapper:
    # Stays open as long as the process.
    return io.TextIOWrapper(io.FileIO(os.devnull, mode), encoding="utf-8")
