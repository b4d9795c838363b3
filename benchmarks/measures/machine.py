"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import redis

_PACKAGES = ("celery", "kombu", "redis", "requests", "aiohttp", "dramatiq", "huey", "rq")


def machine(client: redis.Redis) -> dict[str, Any]:
    """CPU, cores and versions."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "redis": client.info("server")["redis_version"],
        "versions": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def _version(name: str) -> str:
    """Empty for one that is not there: not everything that is measured needs all of them."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
