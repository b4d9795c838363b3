"""The notices: whether people are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from cli.context import settings
from cli.context import unchecked_services as services
from cli.doctor.findings import Finding, ok, warn
from releases.notices.memory import Channel, Memory
from releases.notices.robots import ROBOTS
from worker.redis_client import connect


def channels() -> Iterator[Finding]:
    """A line for each group that workers tell, or should."""
    told = Memory(connect(settings().redis, 1)).channels()
    here = services().notices
    set_here = here.channels if here is not None else ()
    for robot in ROBOTS:
        channel = told.get(robot.channel)
        if channel is not None and channel.failures:
            yield warn("notices", f"{robot.title}: {_trouble(channel)}; try `mprelease notify --test`")
        elif channel is not None:
            yield ok("notices", f"{robot.title}: taken")
        elif robot.channel in set_here:
            yield warn(
                "notices",
                f"{robot.title}: no worker tells it; give the workers MPRELEASE_NOTIFY__{robot.channel.upper()}_URL, and restart them",
            )


def _trouble(channel: Channel) -> str:
    at = datetime.fromtimestamp(channel.failed_at, UTC)
    return f"{channel.error} ({channel.failures} in a row, the last at {at:%Y-%m-%d %H:%M:%S} UTC)"
