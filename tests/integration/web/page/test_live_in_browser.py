"""A screen that renews itself as a browser shows it: our scripts, under the page's own policy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from playwright.sync_api import Page, expect, sync_playwright

from releases.store.records import ReleaseStore
from tests.integration.web.page.conftest import HEADER, LETS_IN
from tests.integration.web.page.test_live import a_new_one
from tests.support import api as serving
from tests.support.api import Api

#: The distribution's own; Playwright downloads none.
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium on PATH (Debian and Ubuntu: apt install chromium)"
    ),
]
#: As a browser does when its tab is left, or shown again.
_BE_HIDDEN = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def own(environment: dict[str, str], redis_client: redis.Redis, tmp_path: Path) -> Iterator[Api]:
    with serving.running({**environment, **LETS_IN}, tmp_path) as api:
        yield api


@pytest.fixture
def tab(own: Api) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(extra_http_headers={HEADER: "reader"}).new_page()
        page.set_default_timeout(30_000)
        yield page
        browser.close()


def test_a_tab_renews_itself_while_it_is_shown_and_says_when_nobody_answers(
    own: Api, tab: Page, store: ReleaseStore
) -> None:
    number, lost = tab.locator("[sse-swap=standing] dd").first, tab.locator(".live-lost")
    a_new_one(store, 1)
    with tab.expect_request("**/live?*"):
        tab.goto(f"{own.url}/wave?name=spring")
    expect(number).to_have_text("1")
    a_new_one(store, 2)
    expect(number).to_have_text("2", timeout=30_000)

    with tab.expect_event("requestfailed", lambda request: "/live" in request.url):
        tab.evaluate(_BE_HIDDEN, arg=True)
    a_new_one(store, 3)
    expect(number).to_have_text("2")
    with tab.expect_request("**/live?*"):
        tab.evaluate(_BE_HIDDEN, arg=False)
    expect(number).to_have_text("3", timeout=30_000)
    expect(lost).to_be_hidden()

    own.stop()
    expect(lost).to_be_visible(timeout=30_000)
