"""Business (web-view) domains by the commands: their pool, one Mini Program, the plan, and a release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.workers import Platform

NEW = "m.example.org"
PAGES = ["https://pages.example.com", f"https://{NEW}"]


@pytest.mark.long
def test_business_domains_are_planned_registered_and_ensured(own_platform: Platform, tmp_path: Path) -> None:
    platform = own_platform
    platform.environment["MPRELEASE_DOMAINS__WEBVIEWDOMAIN"] = ",".join(PAGES)
    by_hand, appid = platform.mini_program(), platform.mini_program()
    path = tmp_path / "one.jsonl"
    path.write_text(json.dumps(platform.request(appid)))

    (planned,) = platform.documents("enqueue", "--file", str(path), "--plan", code=1)
    added = {"path": "/wxa/setwebviewdomain", "body": {"action": "add", "webviewdomain": PAGES}}
    assert added in planned["calls"]
    assert NEW in planned["obstacles"][0]
    doctor = platform.run("doctor", code=1).stdout
    assert f"not published on the platform: {NEW}; `mprelease platform domains add --web-view`" in doctor
    # The command that remedies name leads to the other one.
    assert "add --web-view" in platform.run("platform", "domains", "add").stderr

    registered = platform.documents("platform", "domains", "add", "--web-view", "--yes")[0]
    assert registered["published"] == ["pages.example.com", NEW]
    assert platform.documents("platform", "domains", "get", "--web-view")[0]["missing"] == []
    assert "nothing is missing" in platform.run("platform", "domains", "add", "--web-view").stderr

    here = platform.documents("domains", "add", by_hand, "--webviewdomain", PAGES[0])[0]
    assert here["webviewdomain"] == PAGES[:1]
    assert platform.documents("domains", "get", by_hand)[0] == here
    assert "nothing was sent" in platform.run("domains", "add", by_hand, "--webviewdomain", PAGES[0]).stderr

    with platform.worker():
        assert platform.release(appid)["status"] == "submitted"
    assert platform.mini(appid)["webviewdomain"] == PAGES
    sent = [call["action"] for call in platform.calls(appid, "setwebviewdomain")]
    assert sent == ["get", "get", "add", "get"]
