"""What an endpoint of WeChat is: its path, its verb, the token it wants and the function that answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.world.miniprogram import MiniProgram
from simulator.world.tokens import AUTHORIZER
from simulator.world.world import World

ANY_VERB = "GET or POST"
ANY_TOKEN = "component or authorizer"  # noqa: S105 - a kind of token, no token
NO_TOKEN = ""


@dataclass(slots=True, frozen=True)
class Call:
    """One checked call on its way to a handler: who calls (by the token), what the body and the query say."""

    world: World
    caller: str
    body: dict[str, Any]
    query: dict[str, str]

    @property
    def mini(self) -> MiniProgram:
        """Give the Mini Program the call is made for."""
        return self.world.miniprograms[self.caller]


#: A handler applies the call to the world and gives the fields of the answer, or a picture, or raises WeChatError.
Handler = Callable[[Call], dict[str, Any] | bytes]


@dataclass(slots=True, frozen=True)
class Endpoint:
    """One path of the API."""

    path: str
    verb: str
    handler: Handler
    token: str = AUTHORIZER
    #: Two such calls at once on one Mini Program end in 9402202.
    exclusive: bool = False
    #: The token endpoints send no errcode when all is well.
    bare: bool = False
    name: str = ""

    @property
    def short(self) -> str:
        """Give the short name, under which calls are counted and faults are scripted."""
        return self.name or self.path.rpartition("/")[2]
