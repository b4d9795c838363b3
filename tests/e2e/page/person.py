"""A person at a browser: what they read and press, by the texts of their language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from config.language import Language
from tests.e2e.page.shop import HEADER, PEOPLE, Shop
from web.page.rendering import translations

WAIT_MS = 20_000
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 375, "height": 720}


@dataclass
class Person:
    """Who looks at one page, in one language, and how often they have pressed something."""

    page: Page
    url: str
    language: Language
    taps: int = 0

    def say(self, text: str, plural: str = "", **values: Any) -> str:
        """A text of the page in the person's language."""
        found = translations(self.language)
        said = found.ngettext(text, plural, values["n"]) if plural else found.gettext(text)
        return said % values if values else said

    def open(self, path: str, status: int = 200) -> None:
        """Type an address."""
        answer = self.page.goto(f"{self.url}{path}")
        assert answer is not None
        assert answer.status == status, path

    def follow(self, name: str, within: Locator | None = None) -> None:
        """Press the link of this name."""
        self._press((within or self.page).get_by_role("link", name=name, exact=True).first)

    def press(self, name: str) -> None:
        """Press the button of this name."""
        self._press(self.page.get_by_role("button", name=name, exact=True))

    def fill(self, name: str, text: str) -> None:
        """Fill the field of this name."""
        self.page.get_by_label(name, exact=True).fill(text)

    def reads(self, *texts: str, within: Locator | None = None) -> None:
        """Wait until it says this; the screen is not loaded anew for it."""
        for text in texts:
            expect(within or self.page.locator("main")).to_contain_text(text, timeout=WAIT_MS)

    def fits(self) -> bool:
        """Whether nothing of the screen, or of a table in it, is beside it."""
        fits: bool = self.page.evaluate(
            "[document.documentElement, ...document.querySelectorAll('.wide')]"
            ".every(it => it.scrollWidth <= it.clientWidth)"
        )
        return fits

    def _press(self, what: Locator) -> None:
        self.taps += 1
        what.click()


@contextmanager
def somebody(
    browser: Browser, shop: Shop, *, may: str | None = None, language: Language = "en", **options: Any
) -> Iterator[Person]:
    """Somebody whom the proxy names, or whom nobody knows yet."""
    names = {} if may is None else {HEADER: PEOPLE[may]}
    locale = {"en": "en-GB", "zh": "zh-CN"}[language]
    context = browser.new_context(
        **{"viewport": DESKTOP, "timezone_id": "Asia/Shanghai", **options},
        locale=locale,
        extra_http_headers=names,
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: broken.append(said.text) if "Content Security" in said.text else None)
    yield Person(page, shop.url, language)
    context.close()
    assert broken == []
