from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from kombu.message import Message

from worker.celery_patches import unpacking
from worker.celery_patches.unpacking import MAX_UNPACKED

each_way = pytest.mark.parametrize(
    ("name", "pack"), [("zlib", zlib.compress), ("bzip2", bz2.compress), ("lzma", lzma.compress)]
)


def received(name: str, packed: bytes) -> Any:
    """As kombu makes it of what was on the queue."""
    unpacking.install()
    made: Any = Message
    return made(body=packed, headers={"compression": name})


@each_way
def test_a_compressed_message_is_read(name: str, pack: Callable[[bytes], bytes]) -> None:
    assert received(name, pack(b"[]")).body == b"[]"
    assert received(name, pack(bytes(MAX_UNPACKED))).body == bytes(MAX_UNPACKED)


@each_way
def test_one_that_unpacks_to_more_than_the_bound_is_no_message(
    name: str, pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(bytes(4 * MAX_UNPACKED))

    message = received(name, packed)

    ((_, error, _),) = message.errors
    assert "unpacks to more than" in str(error)
    assert message.body == packed
