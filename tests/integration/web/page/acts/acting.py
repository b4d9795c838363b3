"""How somebody acts on the page, and what became of it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import requests

from releases.record import Release
from releases.second_half import Publication
from releases.states import Status, Step
from releases.store.records import ReleaseStore
from tests.integration.web.page.conftest import Browser
from tests.support.examples import NOW, a_problem

#: How the releases of a wave stand.
APPROVED = {"status": Status.APPROVED, "step": Step.SUBMIT_AUDIT, "auditid": 4711}
BLOCKED = {"status": Status.BLOCKED, "block": a_problem(errcode=85014)}
LIVE = {
    "status": Status.LIVE,
    "step": Step.VERIFY_LIVE,
    "publication": Publication(ordered_at=NOW, verified_at=NOW),
}

Make = Callable[..., Release]


def sent(who: Browser, path: str, fields: dict[str, str]) -> requests.Response:
    """The answer to a form, not followed."""
    return who.session.post(
        f"{who.url}{path}",
        data=fields,
        headers={"Origin": who.url},
        timeout=30,
        allow_redirects=False,
    )


def act(what: str, **target: Any) -> str:
    return f"/act/{what}?{urlencode(target, doseq=True)}"


def hidden(text: str) -> dict[str, str]:
    """What the form of a screen holds that nobody types."""
    main = text.partition("<main")[2]
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', main)
    return {name: html.unescape(value) for name, value in found}


def confirm(who: Browser, path: str, **typed: str) -> Any:
    """Open a screen, send its form; the answer to that, not followed."""
    return sent(who, path, {**hidden(who.open(path)), **typed})


def led_to(answer: requests.Response) -> str:
    """Where the answer sends the browser, without what only it can have."""
    where, mark, _ = answer.headers["Location"].partition("&mark=")
    assert mark
    return where


def now(store: ReleaseStore, release: Release) -> Release:
    stored = store.get(release.id)
    assert stored is not None
    return stored.release


def whose(release: Release) -> tuple[str | None, str | None]:
    return release.history[-1].by, release.history[-1].reason
