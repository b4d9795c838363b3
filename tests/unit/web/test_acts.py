"""What the screens offer: links that ask, and buttons that stop, to those who may."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest

from config.api_keys import KeyScope
from releases.record import counts
from releases.states import Status, Step
from releases.store.pauses import Pause
from releases.waves.report import Cause, PublicationReport, WaveReport
from tests.support.examples import a_problem, a_release
from web.login.person import Person
from web.page.acts.done import Done, done_in
from web.page.acts.kinds import Act
from web.page.addresses import to
from web.page.rendering import environment
from web.page.visit import Visit

_TEMPLATE = '{% import "parts/acts.html" as acts with context %}{{ acts[macro](*given) }}'


def offered(scope: str, macro: str, *given: Any, here: str = "/") -> str:
    visit = Visit(Person("olga", KeyScope(scope)), "en", "token")
    shown = environment("en").from_string(_TEMPLATE)
    return shown.render(visit=visit, here=here, macro=macro, given=given)


def links(told: str) -> list[str]:
    return [link.replace("&amp;", "&") for link in re.findall(r'(?:href|action)="([^"]+)"', told)]


def a_report(publication: PublicationReport | None = None, **numbers: int) -> WaveReport:
    return WaveReport(
        name="spring & co",
        counts=counts({Status(name): number for name, number in numbers.items()}),
        policy=None,
        pause=None,
        holds=(),
        per_minute=0.0,
        estimated_end=None,
        fit=None,
        publication=publication,
    )


def test_a_wave_offers_what_its_releases_can_take() -> None:
    name = "wave=spring+%26+co"
    assert links(offered("publish", "of_wave", a_report(running=2, blocked=1, approved=3, live=1))) == [
        f"/act/resume?{name}",
        f"/act/publish?{name}",
        f"/act/plan?{name}",
        f"/act/revert?{name}",
        f"/act/cancel?{name}",
    ]
    assert links(offered("publish", "of_wave", a_report(cancelled=5))) == []


def test_the_button_that_cancels_says_how_many_of_both_halves() -> None:
    live = PublicationReport(counts=counts({Status.WAITING: 4}), policy=None, pause=None, holds=())
    told = offered("operate", "of_wave", a_report(live, running=2, approved=4))
    assert "Cancel 6 releases</button>" in told
    assert 'name="number" value="6"' in told
    assert re.search(r'Why cancel \(may stay empty\) <input name="reason"', told)
    assert "Cancel 1 release<" in offered("operate", "of_wave", a_report(queued=1))


def test_publications_that_wait_for_a_person_can_be_resumed() -> None:
    asks = Pause(step=Step.PUBLISH, errmsg="went well", remedy="Resume.", canary=True, asks=True)
    canary = asks.model_copy(update={"asks": False})
    for pause, offers in ((asks, True), (canary, False), (None, False)):
        live = PublicationReport(counts=counts({Status.WAITING: 4}), policy=None, pause=pause, holds=())
        told = links(offered("operate", "of_wave", a_report(live, approved=4)))
        assert ("/act/resume?wave=spring+%26+co&half=live" in told) is offers


@pytest.mark.parametrize("macro", ["of_wave", "of_release", "of_platform"])
def test_who_only_looks_is_offered_nothing_that_changes_something(macro: str) -> None:
    given = {
        "of_wave": a_report(running=2, blocked=1, live=1),
        "of_release": a_release(status=Status.BLOCKED),
        "of_platform": 3,
    }[macro]
    told = offered("read", macro, given)
    assert "<form" not in told
    assert "/act/" not in told
    assert "role “operate”" in told


def test_a_release_offers_what_it_can_take() -> None:
    def of(**fields: Any) -> list[str]:
        told = links(offered("publish", "of_release", a_release(**fields)))
        return [link.removeprefix("/act/").partition("?")[0] for link in told]

    assert of(status=Status.RUNNING) == ["cancel"]
    assert of(status=Status.BLOCKED) == ["resume", "cancel"]
    assert of(status=Status.SUBMITTED) == ["look", "withdraw", "give-up"]
    assert of(status=Status.APPROVED) == ["publish", "plan", "give-up"]
    assert of(status=Status.LIVE) == ["revert"]
    assert of(status=Status.FAILED, step=Step.VERIFY_LIVE) == ["resume", "revert", "cancel"]
    assert of(status=Status.CANCELLED) == []


def test_a_cause_is_resumed_in_its_half() -> None:
    def of(**problem: Any) -> list[str]:
        return links(
            offered("operate", "of_cause", "spring", Cause(Status.BLOCKED, a_problem(**problem), 12))
        )

    assert of() == ["/act/resume?wave=spring&cause=blocked+ensure_domains+-"]
    assert of(step=Step.PUBLISH, errcode=85052) == [
        "/act/resume?wave=spring&half=live&cause=blocked+publish+85052"
    ]
    waits = Cause(Status.WAITING, a_problem(), 12)
    assert links(offered("operate", "of_cause", "spring", waits)) == []


def test_the_platform_offers_the_end_of_the_pauses_that_are_on() -> None:
    assert links(offered("operate", "of_platform", 3)) == [
        "/act/pause?scope=all",
        "/act/pause?scope=submissions",
    ]
    assert links(offered("operate", "of_pause", "submissions")) == ["/act/resume?scope=submissions"]
    assert "/act/" not in offered("read", "of_pause", "all")


@pytest.mark.parametrize("act", Act)
def test_what_was_done_is_told_with_its_number(act: Act) -> None:
    done, goes_on = Done(act, 2), Done(act, 2, goes_on=True)
    here = to("/wave", name="spring", **done.query("token"))
    assert done_in(here, "token") == done
    assert "status" in offered("read", "notice", here=here)
    here = to("/wave", name="spring", **goes_on.query("token"))
    assert "It is being done, for 2 releases." in offered("read", "notice", here=here)


@pytest.mark.parametrize("changed", ["done=publish", "n=5000", "mark=", "mark=%C3%A9", "goes=on"])
def test_a_link_tells_nobody_of_what_was_not_done(changed: str) -> None:
    told = Done(Act.CANCEL, 2).query("token")
    name, _, value = changed.partition("=")
    assert done_in(to("/wave", **told), "of another browser") is None
    assert done_in(to("/wave", **{**told, name: unquote(value)}), "token") is None


@pytest.mark.parametrize(
    "query", ["", "done=won&n=1", "done=cancel", "done=cancel&n=-1", "done=cancel&n=" + "9" * 99, "n=2"]
)
def test_no_other_text_is_told_as_done(query: str) -> None:
    assert done_in(f"/wave?{query}", "token") is None
    assert "status" not in offered("read", "notice", here=f"/wave?{query}")
