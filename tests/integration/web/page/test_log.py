"""The screen of the log of actions: who ordered what, page by page, whatever they call themselves."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import redis
from markupsafe import escape

from db.database import Database
from releases.record import By
from releases.scope import Scope
from releases.store.actions import Action, Actions, What
from tests.integration.web.page.conftest import Browser
from tests.integration.web.page.test_platform import HOSTILE
from tests.support.examples import NOW, a_release, a_request
from web.page.log import SHOWN, WHAT

#: `make test` has to be quick.
pytestmark = pytest.mark.long


@pytest.fixture
def actions(redis_client: redis.Redis) -> Actions:
    return Actions(Database(redis_client))


def rows(screen: str) -> list[str]:
    """The text of each row, newest first."""
    body = screen.partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(unescape(re.sub("<[^>]+>", " ", row)).split()) for row in body.split("<tr>")[1:]]


def test_every_kind_of_order_has_its_words() -> None:
    assert list(WHAT) == list(What)


def test_an_order_says_who_what_when_why_and_of_how_many(reader: Browser, actions: Actions) -> None:
    by = By(actor="user:olga", reason="the template is there")
    release = a_release(a_request(wave="spring sale"))
    actions.note(Action.of(What.RESUME, by, NOW, wave="spring sale", number=17))
    actions.note(Action.of(What.PUBLISH, by, NOW + timedelta(seconds=1), release, detail="canary 1"))
    actions.note(Action.of(What.PAUSE, By(), NOW + timedelta(seconds=2), scope=Scope.SUBMISSIONS))

    told = reader.open("/log")

    alone = f"spring sale {release.id} {release.appid}"
    assert rows(told) == [
        "2026-03-14 09:26:55 UTC nobody was named paused the platform submissions alone",
        f"2026-03-14 09:26:54 UTC user:olga ordered to publish canary 1 {alone} 1 the template is there",
        "2026-03-14 09:26:53 UTC user:olga resumed spring sale 17 the template is there",
    ]
    for link in ("/wave?name=spring+sale", f"/release/{release.id}", f"/mini-program/{release.appid}"):
        assert f'<a href="{link}">' in told
    assert 'aria-current="page"' in told


def test_it_is_read_page_by_page_by_wave_and_by_person(reader: Browser, actions: Actions) -> None:
    for number in range(SHOWN + 5):
        who = By(actor="user:olga" if number % 2 else "cli:ben")
        actions.note(Action.of(What.CANCEL, who, NOW + timedelta(seconds=number), wave="a&b", number=number))
    actions.note(Action.of(What.CANCEL, By(actor="cli:ben"), NOW, wave="other", number=999))

    first = reader.open("/log?wave=a%26b")
    (older,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = reader.open(unescape(older))

    numbers = [int(row.split()[-1]) for row in rows(first) + rows(second)]
    assert numbers == list(range(SHOWN + 5))[::-1]
    assert len(rows(first)) == SHOWN
    assert 'rel="next"' not in second
    assert len(rows(reader.open("/log?by=olga"))) == (SHOWN + 5) // 2
    assert len(rows(reader.open("/log?by=cli%3Aben&wave=other"))) == 1
    assert "Nothing in the log is like that." in reader.open("/log?by=nobody")
    assert "cursor" in reader.open("/log?cursor=nonsense", 422)


def test_without_any_order_it_says_so(reader: Browser) -> None:
    assert "Nobody has ordered anything yet." in reader.open("/log")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_others_chose_is_text(reader: Browser, actions: Actions, text: str) -> None:
    names: Any = {"wave": text, "release_id": text, "appid": text, "detail": text, "scope": text}
    actions.note(Action.of(What.GRAY, By(actor=text, reason=text), NOW, **names))
    told = reader.open("/log")
    filtered = reader.session.get(f"{reader.url}/log", params={"by": text}, timeout=30)
    assert filtered.status_code == 200
    for screen in (told, filtered.text):
        assert len(rows(screen)) == 1
        assert screen.count(f"{escape(text)}"[:100]) >= 5
        assert "<script>alert" not in screen
        assert "<img" not in screen
