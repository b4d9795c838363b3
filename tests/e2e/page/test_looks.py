"""Every screen: nothing that keeps people out by axe, nothing beside the screen of a phone or at 400 per cent."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from config.language import Language
from tests.e2e.page.person import PHONE, Person, somebody
from tests.e2e.page.screens import walk
from tests.e2e.page.shop import LANGUAGES, Shop
from tests.support.chromium import IN_BROWSER

pytestmark = IN_BROWSER

#: A screen of 1280 x 1024 at 400 per cent.
NEAR = {"width": 320, "height": 256}


def serious(person: Person, *rules: str) -> list[tuple[object, ...]]:
    """What axe finds on the screen, by all of its rules or by these."""
    options = json.dumps({"runOnly": list(rules)} if rules else {})
    person.page.evaluate(Axe().axe_script)
    # Of what it tells, much, only this is brought here.
    found = person.page.evaluate(f"axe.run({options}).then(told => told.violations)")
    return [
        (one["id"], node["target"], node["failureSummary"])
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_serious_in_the_light_and_in_the_dark(
    browser: Browser, shop: Shop, language: Language
) -> None:
    found = {}
    with somebody(browser, shop, may="publish", language=language, color_scheme="light") as person:
        for name in walk(person, shop):
            found[name] = serious(person)
            person.page.emulate_media(color_scheme="dark")
            found[f"{name}, dark"] = serious(person, "color-contrast")
            person.page.emulate_media(color_scheme="light")
    assert {name: told for name, told in found.items() if told} == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("viewport", [PHONE, NEAR], ids=["phone", "400 per cent"])
def test_nothing_is_beside_the_screen(
    browser: Browser, shop: Shop, language: Language, viewport: dict[str, int]
) -> None:
    with somebody(browser, shop, may="publish", language=language, viewport=viewport) as person:
        wide = [name for name in walk(person, shop) if not person.fits()]
    assert wide == []
