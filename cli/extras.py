"""What an installation without extras lacks, said before anything is started."""

from __future__ import annotations

from importlib.util import find_spec


class MissingExtra(RuntimeError):
    """A command needs an extra that was not installed."""


def need_demo(command: str) -> None:
    """Raise MissingExtra where what the simulator runs on is not there."""
    _need(command, "aiohttp", "demo")


def need_web(command: str) -> None:
    """Raise MissingExtra where what serves HTTP is not there."""
    _need(command, "fastapi", "web")


def _need(command: str, package: str, extra: str) -> None:
    if find_spec(package) is None:
        raise MissingExtra(
            f"{command} needs {package}, which the extra {extra!r} installs. In the checkout: pip install '.[{extra}]'"
        )
