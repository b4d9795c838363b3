"""Lua scripts, kept in .lua files beside the modules that use them."""

from __future__ import annotations

from importlib import resources

import redis
from redis.commands.core import Script


def load_script(client: redis.Redis, package: str, name: str) -> Script:
    """Return the package's `lua/NAME.lua`, ready to be called."""
    return client.register_script((resources.files(package) / "lua" / f"{name}.lua").read_text())
