"""What all screens have in common."""

from tests.integration.web.page.conftest import Browser, browser_of
from tests.support.api import Api


def test_what_nobody_serves_is_a_screen_in_the_readers_language(page: Api, reader: Browser) -> None:
    told = reader.open("/nothing", 404)
    assert "<h1>Not Found</h1>" in told
    assert "reader" in told
    assert 'lang="zh-CN"' in browser_of(page, "read", "zh-CN").open("/nothing", 404)


def test_a_stranger_is_sent_to_the_login_and_back(page: Api) -> None:
    answer = Browser(page.url, None).session.get(
        f"{page.url}/wave?name=a%26b", allow_redirects=False, timeout=30
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?back=%2Fwave%3Fname%3Da%2526b")


def test_nothing_runs_in_a_screen_but_our_own_files(reader: Browser) -> None:
    answer = reader.session.get(f"{reader.url}/nothing", timeout=30)
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
