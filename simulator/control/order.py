"""A request to the control side, taken apart."""

from dataclasses import dataclass
from typing import Any

from simulator.control.patching import PatchError, objects
from simulator.world.miniprogram import MiniProgram
from simulator.world.world import World


@dataclass(slots=True, frozen=True)
class Order:
    """A control request: what is left of the path, the query and the parsed body."""

    rest: str
    query: dict[str, str]
    body: Any

    @property
    def fields(self) -> dict[str, Any]:
        """Give the body, which must be an object where there is one."""
        if not isinstance(self.body, dict):
            raise PatchError("the body must be a JSON object")
        return self.body

    @property
    def each(self) -> list[dict[str, Any]]:
        """Give the body as a list of objects, be it one or many."""
        return objects(self.body) if isinstance(self.body, list) else [self.fields]


def mini_of(world: World, appid: object) -> MiniProgram:
    """Give the Mini Program of that appid, or refuse."""
    mini = world.miniprograms.get(appid) if isinstance(appid, str) else None
    if mini is None:
        raise PatchError(f"no Mini Program {appid!r}")
    return mini
