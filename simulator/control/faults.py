"""Scripted faults: which calls they hit, and how often."""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from simulator.control.patching import (
    PatchError,
    Setter,
    flag,
    headers,
    integer,
    integers,
    number,
    one_of,
    patch,
    text,
)

#: Kinds that answer instead of WeChat: the call is not applied unless the fault says "apply".
REPLACING = ("errcode", "status", "html", "empty", "body", "invalid_json", "oversized", "cut_before")
#: Kinds that let the call through and spoil only its answer.
SPOILING = ("delay", "delay_before", "hold", "cut_after", "trickle", "interim")

FOR_EVER = -1


@dataclass(slots=True)
class Fault:
    """One scripted fault. A field left None matches any call."""

    kind: str = ""
    appid: str | None = None
    endpoint: str | None = None
    action: str | None = None
    times: int = 1
    skip: int = 0
    probability: float = 1.0
    apply: bool | None = None
    errcode: int = -1
    errmsg: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    seconds: float = 5.0
    status: int | None = None
    size: int = 16 * 1024 * 1024
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    interim: list[int] = field(default_factory=lambda: [103])
    text_plain: bool = False

    @property
    def applies(self) -> bool:
        """Tell whether the call takes effect all the same."""
        return self.kind in SPOILING if self.apply is None else self.apply

    def matches(self, name: str, appid: str | None, action: str | None) -> bool:
        """Tell whether this fault is meant for such a call."""
        return (
            (self.appid is None or self.appid == appid)
            and (self.endpoint is None or self.endpoint == name)
            and (self.action is None or self.action == action)
        )


FIELDS: dict[str, Setter] = {
    "kind": one_of(*REPLACING, *SPOILING),
    "appid": text,
    "endpoint": text,
    "action": text,
    "times": integer,
    "skip": integer,
    "probability": number,
    "apply": flag,
    "errcode": integer,
    "errmsg": text,
    "fields": dict,
    "seconds": number,
    "status": integer,
    "size": integer,
    "body": text,
    "headers": headers,
    "interim": integers,
    "text_plain": flag,
}


class FaultBook:
    """The faults still to come, oldest first."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._faults: list[Fault] = []
        self._chance = chance
        self._cleared = asyncio.Event()

    def add(self, wanted: Mapping[str, Any], name_of: Callable[[str], str | None]) -> None:
        """Script a fault; `name_of` turns a path or short name into the name of an endpoint."""
        fault = Fault()
        patch(fault, {key: value for key, value in wanted.items() if value is not None}, FIELDS)
        if not fault.kind:
            raise PatchError("kind is missing")
        if fault.endpoint is not None:
            known = name_of(fault.endpoint)
            if known is None:
                raise PatchError(f"endpoint: no {fault.endpoint!r} here")
            fault.endpoint = known
        self._faults.append(fault)

    def take(self, name: str, appid: str | None, action: str | None) -> Fault | None:
        """Give the fault that hits this call, and use it up by one."""
        for fault in self._faults:
            if fault.matches(name, appid, action) and self._strikes(fault):
                return fault
        return None

    def left(self) -> list[dict[str, Any]]:
        """List the faults still to come."""
        return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        """Forget all faults; what they hold goes on."""
        self._faults.clear()
        self._cleared.set()
        self._cleared = asyncio.Event()

    @property
    def cleared(self) -> asyncio.Event:
        """Set when the faults of now are forgotten."""
        return self._cleared

    def _strikes(self, fault: Fault) -> bool:
        if fault.skip > 0:
            fault.skip -= 1
            return False
        if fault.probability < 1 and self._chance() >= fault.probability:
            return False
        if fault.times != FOR_EVER:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
        return True


async def until(event: asyncio.Event, at_most_s: float) -> None:
    """Wait for it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(at_most_s):
            await event.wait()
