"""Lua scripts, kept in .lua files beside the modules that use them."""

from __future__ import annotations

from importlib import resources

import redis
from redis.commands.core import Script


def load_script(client: redis.Redis, package: str, *names: str) -> Script:
    """Return the package's `lua/NAME.lua`, ready to be called; of several, what the last one needs stands before it."""
    folder = resources.files(package) / "lua"
    return client.register_script("\n".join((folder / f"{name}.lua").read_text() for name in names))
