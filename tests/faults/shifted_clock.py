"""A wrong clock for a real process, by a small library that is compiled and preloaded (Linux)."""

import shutil
import struct
import subprocess
import sys
from pathlib import Path

HOUR_S = 3600.0
IS_POSSIBLE = sys.platform == "linux" and shutil.which("cc") is not None
_SOURCE = Path(__file__).with_name("clock_shift.c")


class ShiftedClock:
    """The clock of the processes that are started with its environment, and of their children."""

    def __init__(self, directory: Path, ahead_s: float = 0.0) -> None:
        directory.mkdir()
        self._file, library = directory / "shift", directory / "clock_shift.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, _SOURCE, "-ldl"], check=True, timeout=60)
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_SHIFT_FILE": str(self._file)}
        self._file.write_bytes(struct.pack("d", ahead_s))

    def set(self, ahead_s: float) -> None:
        """Let the clock jump; 0 is right."""
        with self._file.open("r+b", buffering=0) as file:
            file.write(struct.pack("d", ahead_s))
