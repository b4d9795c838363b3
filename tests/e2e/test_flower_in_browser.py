"""Flower as a person sees it: a real Chromium logs in, finds the releases of a Mini Program, reads a block."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, Request, expect

from tests.e2e.watched import UNREGISTERED, WAVE, Watched
from tests.support.chromium import IN_BROWSER
from tests.support.chromium import chromium as running_chromium
from tests.support.flower import LOGIN
from tests.support.workers import APPSECRET, TICKET

pytest.importorskip("flower", reason="Flower is not installed: it is the extra `flower`")

pytestmark = IN_BROWSER
#: The folder that the manual's pictures are kept in, when `make screenshot` takes them anew.
PICTURES = os.environ.get("PICTURES", "")
_WAIT_MS = 20_000


@dataclass
class Visit:
    """A page, and all that came over the wire for it."""

    page: Page
    url: str
    bodies: list[str] = field(default_factory=list)

    def search(self, text: str) -> None:
        """Look for tasks."""
        self.page.goto(f"{self.url}/tasks")
        self.page.get_by_role("searchbox").fill(text)

    def row(self, step: str) -> str:
        """The only row of a step, as it reads."""
        rows = self.page.locator("#tasks-table tbody tr").filter(has_text=f"tasks.{step}")
        expect(rows).to_have_count(1, timeout=_WAIT_MS)
        return rows.inner_text()

    def open(self, step: str) -> str:
        """Open the task of a step; returns the whole page as it reads."""
        rows = self.page.locator("#tasks-table tbody tr").filter(has_text=f"tasks.{step}")
        rows.get_by_role("link").last.click()
        expect(self.page.locator("#task-page")).to_be_visible(timeout=_WAIT_MS)
        return self.page.locator("#task-page").inner_text()

    def seen(self) -> str:
        """All that the browser was told on its way, this page as it stands included."""
        return "\n".join([*self.bodies, self.page.content()])


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def visit(chromium: Browser, watched_platform: Watched) -> Iterator[Visit]:
    url = watched_platform.flower.url
    login = {"username": LOGIN[0], "password": LOGIN[1], "origin": url}
    context = chromium.new_context(
        http_credentials=login,  # type: ignore[arg-type]  # a TypedDict
        viewport={"width": 1440, "height": 720},
        timezone_id="UTC",
    )
    context.set_default_timeout(_WAIT_MS)
    visiting = Visit(context.new_page(), url)

    def note(request: Request) -> None:
        answer = request.response()
        if answer is not None and request.resource_type in ("document", "xhr", "fetch"):
            visiting.bodies.append(answer.text())

    visiting.page.on("requestfinished", note)
    yield visiting
    context.close()


def test_nobody_gets_in_without_the_login(chromium: Browser, watched_platform: Watched) -> None:
    page = chromium.new_page()
    with pytest.raises(Error, match="ERR_INVALID_AUTH_CREDENTIALS"):
        page.goto(f"{watched_platform.flower.url}/tasks")
    page.close()


def test_nobody_gets_in_with_a_guessed_password(chromium: Browser, watched_platform: Watched) -> None:
    page = chromium.new_page(http_credentials={"username": LOGIN[0], "password": "guessed"})
    answer = page.goto(f"{watched_platform.flower.url}/tasks")
    assert answer is not None
    assert answer.status == 401
    page.close()


def test_the_steps_of_a_release_are_found_by_its_appid(visit: Visit, watched_platform: Watched) -> None:
    release = watched_platform.releases["submitted"]
    visit.search(release["appid"])

    for step, outcome in {
        "ensure_domains": "added https://api.example.com",
        "commit_code": "committed",
        "submit_audit": str(release["auditid"]),
    }.items():
        row = visit.row(step)
        assert release["appid"] in row
        assert WAVE in row
        assert "SUCCESS" in row
        assert outcome in row


def test_a_block_tells_its_errcode_its_domains_and_the_remedy(
    visit: Visit, watched_platform: Watched
) -> None:
    release = watched_platform.releases["blocked"]
    visit.search(f"kwargs:appid={release['appid']}")
    assert "FAILURE" in visit.row("ensure_domains")

    shown = visit.open("ensure_domains")

    for text in ("ReleaseBlocked", "errcode 85018", UNREGISTERED, release["block"]["remedy"], WAVE):
        assert text in shown


def test_a_step_that_waits_is_shown_as_waiting_and_says_for_what(
    visit: Visit, watched_platform: Watched
) -> None:
    visit.search(watched_platform.releases["waiting"]["appid"])

    row = visit.row("commit_code")

    assert "RETRY" in row
    assert "errcode 45011" in row
    assert "waits until" in row


def test_a_success_does_not_show_what_failed_before_it(visit: Visit, watched_platform: Watched) -> None:
    visit.search(watched_platform.releases["shaky"]["appid"])
    row = visit.row("commit_code")
    assert WAVE in row, "a repetition is shown with other arguments"
    assert "errcode -1" not in row
    assert "errcode -1" not in visit.open("commit_code")


def test_no_secret_is_on_any_page_nor_on_the_wire(visit: Visit, watched_platform: Watched) -> None:
    for path in ("workers", "tasks", "broker", "api/workers?refresh=1", "api/tasks"):
        visit.page.goto(f"{visit.url}/{path}")
        visit.page.wait_for_load_state("networkidle")
    visit.page.goto(f"{visit.url}/workers")
    visit.page.locator("#workers-table tbody a").first.click()
    visit.page.wait_for_load_state("networkidle")
    seen = visit.seen()

    told = watched_platform.platform.sim("GET", "state", secrets="1")["secrets"]
    secrets = {*told, APPSECRET, TICKET, LOGIN[1]}
    assert len(secrets) > 10
    assert watched_platform.releases["blocked"]["appid"] in seen, "there was nothing to see"
    assert [secret for secret in secrets if secret in seen] == []


def test_the_pictures_of_the_readme(visit: Visit, watched_platform: Watched, tmp_path: Path) -> None:
    listed, block = (Path(PICTURES or tmp_path, name) for name in ("flower.png", "flower-block.png"))
    visit.page.goto(f"{visit.url}/tasks")
    visit.page.get_by_role("searchbox").fill(f"kwargs:wave={WAVE}")
    expect(visit.page.locator("#tasks-table tbody tr")).to_have_count(11, timeout=_WAIT_MS)
    visit.page.screenshot(path=listed)
    visit.search(watched_platform.releases["blocked"]["appid"])
    visit.row("ensure_domains")
    visit.open("ensure_domains")
    visit.page.screenshot(path=block)
    assert max(picture.stat().st_size for picture in (listed, block)) < 200_000
