"""The platform's screen with real workers: who answers, with which settings, and what they count."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.integration.web.page.conftest import HEADER, Browser
from tests.support import api as serving
from tests.support import workers
from tests.support.keys import NEW
from tests.support.workers import APPSECRET, KEYS, TICKET, Platform, wait_for

pytestmark = pytest.mark.long

SECRET, RATE = "MPRELEASE_PLATFORM__APPSECRET", "MPRELEASE_RATE__PLATFORM_PER_MINUTE"
OTHER_SECRET = "f" * 32


def without_secrets(platform: Platform) -> dict[str, str]:
    """What the page needs: neither AppSecret nor encryption keys."""
    kept = {name: value for name, value in platform.environment.items() if name not in (SECRET, KEYS)}
    proxy = {"MPRELEASE_WEB__PROXY_USER_HEADER": HEADER, "MPRELEASE_WEB__TRUSTED_PROXIES": "127.0.0.1"}
    return {**kept, **proxy}


def alarms_in(screen: str) -> list[str]:
    return re.findall(r'id="alarm-([\w-]+)"', screen)


def test_workers_stand_side_by_side_and_what_differs_is_named_without_its_value(tmp_path: Path) -> None:
    with (
        workers.platform(tmp_path, settings={KEYS: NEW}) as platform,
        serving.running(without_secrets(platform), tmp_path) as api,
        platform.worker("--hostname", "one@here"),
    ):
        platform.mini_program()
        browser = Browser(api.url, "reader")

        def screen() -> str:
            return browser.open("/platform")

        wait_for(lambda: "one@here" in screen() and "Mini Programs that have authorized" in screen())
        assert alarms_in(screen()) == []
        assert 'id="all-well"' in screen()

        other = {SECRET: OTHER_SECRET, RATE: "600", "MPRELEASE_WORKER__CONCURRENCY": "3"}
        with platform.worker("--hostname", "two@here", **other):
            wait_for(lambda: "two@here" in screen())
            told = screen()
        assert alarms_in(told) == ["workers-differ"]
        alarm = told.partition('id="alarm-workers-differ"')[2].partition("<p class")[0]
        assert re.findall(r"<bdi>(\w+)</bdi>", alarm) == [SECRET, RATE]
        for text in (APPSECRET, OTHER_SECRET, TICKET, NEW):
            assert text not in told
        wait_for(lambda: "two@here" not in screen())
        assert alarms_in(screen()) == []
