"""What Redis had to do between two looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis

#: Commands by which we look ourselves.
_OURS = ("cmdstat_info", "cmdstat_memory|usage", "cmdstat_memory")


@dataclass(frozen=True, slots=True)
class RedisCosts:
    """Totals since the server began; the difference of two is what happened between them."""

    commands: int
    cpu_s: float
    bytes_in: int
    bytes_out: int

    def __sub__(self, before: RedisCosts) -> RedisCosts:
        return RedisCosts(
            self.commands - before.commands,
            self.cpu_s - before.cpu_s,
            self.bytes_in - before.bytes_in,
            self.bytes_out - before.bytes_out,
        )


def look(client: redis.Redis) -> RedisCosts:
    """Look now. Commands are all that Redis ran, those inside scripts included."""
    everything: dict[str, Any] = client.info("all")
    return RedisCosts(
        commands=sum(
            int(stat["calls"])
            for name, stat in everything.items()
            if name.startswith("cmdstat_") and name not in _OURS
        ),
        cpu_s=everything["used_cpu_user"] + everything["used_cpu_sys"],
        bytes_in=everything["total_net_input_bytes"],
        bytes_out=everything["total_net_output_bytes"],
    )


def kept_bytes(client: redis.Redis) -> int:
    """What all keys take."""
    total, page = 0, list[str]()
    for key in client.scan_iter(count=1000):
        page.append(key)
        if len(page) == 1000:
            total += _usage(client, page)
            page = []
    return total + _usage(client, page)


def _usage(client: redis.Redis, keys: list[str]) -> int:
    with client.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.memory_usage(key, samples=0)
        return sum(int(size or 0) for size in pipe.execute())
