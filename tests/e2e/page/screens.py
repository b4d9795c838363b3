"""All screens of the page, by a short name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tests.e2e.page.person import Person
from tests.e2e.page.shop import BRAKED, NO_TEMPLATE, OVER, REJECTED, Shop
from web.page import addresses

#: The address of each in a shop; one whose acts are asked about is a publisher's.
SCREENS: dict[str, Callable[[Shop], str]] = {
    "waves": lambda _: "/",
    "wave": lambda _: addresses.wave(BRAKED),
    "wave that is live": lambda _: addresses.wave(OVER),
    "releases": lambda _: addresses.to("/releases", wave=BRAKED, errcode=NO_TEMPLATE),
    "filter that is wrong": lambda _: addresses.to("/releases", errcode="many", age="-1"),
    "release that is blocked": lambda shop: addresses.release(shop.release(BRAKED)["id"]),
    "release that is rejected": lambda shop: addresses.release(shop.release(REJECTED)["id"]),
    "release that is live": lambda shop: addresses.release(shop.release(OVER)["id"]),
    "Mini Program": lambda shop: addresses.mini_program(shop.appids[OVER][0]),
    "Mini Program as WeChat has it": lambda shop: addresses.to(
        addresses.mini_program(shop.appids[OVER][0]), ask=1
    ),
    "platform": lambda _: "/platform",
    "log": lambda _: "/log",
    "what would go live": lambda _: addresses.to("/act/plan", wave=REJECTED),
    "login": lambda _: "/login",
}
#: Of these a person is asked, who may do it.
ACTS: dict[str, Callable[[Shop], str]] = {
    "resume": lambda _: addresses.to("/act/resume", wave=BRAKED),
    "publish": lambda _: addresses.to("/act/publish", wave=REJECTED),
    "revert": lambda _: addresses.to("/act/revert", wave=OVER),
    "withdraw": lambda shop: addresses.to("/act/withdraw", release=shop.release(REJECTED, 7)["id"]),
    "pause": lambda _: addresses.to("/act/pause", scope="all"),
}
EVERY = SCREENS | ACTS
#: Where it is not 200.
STATUS = {"filter that is wrong": 422}


def walk(person: Person, shop: Shop) -> Iterator[str]:
    """Open each screen, with all that is folded in it; yields its name."""
    for name in _walk(EVERY, person, shop):
        person.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        yield name


def walk_to_read(person: Person, shop: Shop) -> Iterator[str]:
    """Open each that needs no role; yields its name."""
    return _walk(SCREENS, person, shop)


def _walk(screens: Mapping[str, Callable[[Shop], str]], person: Person, shop: Shop) -> Iterator[str]:
    for name, address in screens.items():
        person.open(address(shop), STATUS.get(name, 200))
        yield name
