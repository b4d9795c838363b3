"""The manual's pictures of the page; `make screenshot` keeps them."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from config.language import Language
from tests.e2e.page.person import PHONE, somebody
from tests.e2e.page.shop import BRAKED, REJECTED, TO_PUBLISH, Shop
from tests.support.chromium import IN_BROWSER
from web.page import addresses

pytestmark = IN_BROWSER

#: The folder that they are kept in, when they are taken anew.
PICTURES = os.environ.get("PICTURES", "")
_LARGEST = 120_000
_DESK = {"width": 1000, "height": 720}
_TAKEN: list[tuple[str, Language, dict[str, int]]] = [
    ("wave", "en", _DESK),
    ("release", "en", _DESK),
    ("mini-program", "en", _DESK),
    ("platform", "en", _DESK),
    ("wave-zh", "zh", _DESK),
    ("phone", "en", PHONE),
]


@pytest.mark.parametrize(("name", "language", "viewport"), _TAKEN)
def test_the_pictures_of_the_manual(
    browser: Browser, shop: Shop, tmp_path: Path, name: str, language: Language, viewport: dict[str, int]
) -> None:
    picture = Path(PICTURES or tmp_path, f"page-{name}.png")
    address = {
        "release": addresses.release(shop.release(REJECTED)["id"]),
        "mini-program": addresses.to(addresses.mini_program(shop.appids[TO_PUBLISH["en"]][5]), ask=1),
        "platform": "/platform",
    }.get(name, addresses.wave(BRAKED))
    with somebody(
        browser, shop, may="publish", language=language, viewport=viewport, color_scheme="light"
    ) as person:
        person.open(address)
        person.page.screenshot(path=picture)
    assert picture.stat().st_size < _LARGEST
