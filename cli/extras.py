"""What an installation without extras lacks, said before anything is started."""

from __future__ import annotations

from importlib.util import find_spec


class MissingExtra(RuntimeError):
    """A command needs an extra that was not installed."""


def need_demo(command: str) -> None:
    """Raise MissingExtra where what the simulator runs on is not there."""
    if find_spec("aiohttp") is None:
        raise MissingExtra(
            f"{command} needs aiohttp, which the extra 'demo' installs. In the checkout: pip install '.[demo]'"
        )
