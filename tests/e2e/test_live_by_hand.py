"""From the audit to the shop and back, typed as an operator does, with a worker and a WeChat."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.workers import Platform, wait_for

REASON = "1: the category does not fit<br>2: see the pictures"


def decided(platform: Platform, release: dict[str, Any], status: int, **fields: Any) -> dict[str, Any]:
    """The release when its audit was decided without a push, and somebody had it read."""
    decision = {"appids": [release["appid"]], "status": status, "push": False, **fields}
    assert platform.sim("POST", "audits", decision) == {"decided": 1}
    assert "1 audit will be read" in platform.run("audits", "--ask", "--wave", release["wave"]).stderr
    return wait_for(lambda: _after(platform, release))


def _after(platform: Platform, release: dict[str, Any]) -> dict[str, Any] | None:
    shown = platform.show(release["id"])
    return None if shown["status"] == "submitted" else shown


def approved(platform: Platform, appid: str, version: str) -> dict[str, Any]:
    release = platform.release(appid, user_version=version, wave=f"{appid} {version}")
    return decided(platform, release, 0)


def test_two_versions_go_live_and_the_second_is_taken_back(platform: Platform) -> None:
    appid = platform.mini_program()
    first = approved(platform, appid, "1.0.0")
    assert "would go live" in platform.run("publish", first["id"], "--plan").stderr
    (live,) = platform.documents("publish", first["id"], "--yes", "--wait")
    assert (live["status"], live["publication"]["missing_domains"]) == ("live", None)

    second = approved(platform, appid, "1.1.0")
    (live,) = platform.documents("publish", "--wave", second["wave"], "--yes", "--wait")
    assert live["status"] == "live"
    assert platform.show(first["id"])["status"] == "replaced"
    (versions,) = platform.documents("versions", appid)
    assert (versions["live"]["version"], versions["unknown"]) == ("1.1.0", {})

    (reverted,) = platform.documents("revert", second["id"], "--yes", "--wait")
    assert reverted["status"] == "reverted"
    (versions,) = platform.documents("versions", appid)
    assert versions["live"]["version"] == "1.0.0"
    assert len(platform.calls(appid, "release")) == 2


def test_a_rejection_is_told_with_its_pictures_and_withdrawn_audits_end(platform: Platform) -> None:
    appid = platform.mini_program()
    release = platform.release(appid, wave=f"{appid} rejected")
    rejected = decided(platform, release, 1, reason=REASON, screenshot="media-1")
    assert (rejected["status"], rejected["review"]["reason"]) == (
        "rejected",
        "1: the category does not fit\n2: see the pictures",
    )
    folder = platform.directory / "pictures"
    assert "1 screenshot fetched" in platform.run("show", release["id"], "--screenshots", str(folder)).stderr
    assert len(list(folder.iterdir())) == 1

    (again,) = platform.documents("resume", release["id"], "--wait")
    assert (again["status"], again["review"]["status"]) == ("submitted", "in_review")
    assert "withdrawn soon" in platform.run("withdraw", release["id"]).stderr
    ended = wait_for(lambda: _after(platform, release))
    assert (ended["status"], ended["review"]["status"]) == ("rejected", "withdrawn")
    assert len(platform.calls(appid, "undocodeaudit")) == 1


@pytest.mark.long
def test_the_switches_of_a_shop(platform: Platform) -> None:
    appid = platform.mini_program()
    platform.run("visit", appid, "close")
    assert json.loads(platform.run("versions", appid, "--json").stdout)["is_open"] is False
    assert "Let users into" in platform.on_terminal("visit", appid, "open", typed="y\n")
    assert json.loads(platform.run("versions", appid, "--json").stdout)["is_open"] is True
