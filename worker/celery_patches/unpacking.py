"""A bound on what a compressed message unpacks to: kombu unpacks what its header says as soon as it is taken off the queue.

Not reported; goes when kombu has such a bound (README.md, unpacking).
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from kombu import compression

#: Largest message that is unpacked, in bytes, and the most memory that one algorithm may ask for. A request has some kB.
MAX_UNPACKED = 16 * 1024 * 1024
#: By kombu's names, what unpacks up to a bound. Another algorithm needs a package that is not installed.
_UNPACKERS: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "application/x-gzip": zlib.decompressobj,
        "application/x-bz2": bz2.BZ2Decompressor,
        "application/x-lzma": partial(lzma.LZMADecompressor, memlimit=4 * MAX_UNPACKED),
    }
)


def install() -> None:
    """Let kombu unpack by these."""
    for name, unpacker in _UNPACKERS.items():
        found: Any = compression.get_encoder(name)
        compression.register(found[0], partial(_unpack, unpacker), name)


def _unpack(unpacker: Callable[[], Any], body: bytes) -> bytes:
    plain: bytes = unpacker().decompress(body, MAX_UNPACKED + 1)
    if len(plain) > MAX_UNPACKED:
        raise ValueError(f"the body unpacks to more than {MAX_UNPACKED} bytes")
    return plain
