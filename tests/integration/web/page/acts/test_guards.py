"""What keeps an act of the page from being done: what was typed, what has changed, who may not, who did not ask."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
import redis

from db.database import Database
from releases.record import Progress
from releases.scope import Scope
from releases.second_half import Publication
from releases.states import Status, Step
from releases.store.pauses import Pause, Pauses
from releases.store.records import ReleaseStore
from tests.integration.web.page.acts.acting import (
    APPROVED,
    LIVE,
    Make,
    act,
    confirm,
    hidden,
    led_to,
    now,
    sent,
)
from tests.integration.web.page.conftest import Browser
from tests.support.examples import NOW, a_problem, a_release
from tests.support.records import created

#: `make test` has to be quick.
pytestmark = pytest.mark.long

HOSTILE = '<script>alert(1)</script>"><img onerror=alert(1)> \u202eevil'


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("canary", "0"),
        ("canary", "two"),
        ("max_blocked", "101"),
        ("max_blocked", "nan"),
        ("at", "tomorrow"),
        ("at", "2036-12-01T02:00:00"),
        ("reason", "x" * 201),
        ("reason", "two\nlines"),
    ],
)
def test_what_is_typed_wrong_is_told_at_its_field(
    publisher: Browser, make: Make, store: ReleaseStore, field: str, typed: str
) -> None:
    release = make(**APPROVED)
    answer = confirm(publisher, act("publish", wave="spring"), wave="spring", **{field: typed})
    assert answer.status_code == 422
    (wrong,) = re.findall(r'<input id="(\w+)"[^>]*aria-invalid', answer.text, re.DOTALL)
    assert wrong == field
    assert now(store, release).status is Status.APPROVED


def test_what_has_changed_since_it_was_shown_is_shown_again(
    publisher: Browser, make: Make, store: ReleaseStore
) -> None:
    one = make(**APPROVED)
    path = act("publish", wave="spring")
    fields = {**hidden(publisher.open(path)), "wave": "spring", "reason": "the sale"}
    two = make(**APPROVED)

    answer = sent(publisher, path, fields)
    assert answer.status_code == 409
    assert "it has changed since it was shown" in answer.text
    assert "2 releases go live." in answer.text
    assert 'value="the sale"' in answer.text
    assert now(store, one).status is Status.APPROVED

    # As many, but not the same.
    fields = {**hidden(answer.text), "wave": "spring"}
    confirm(publisher, act("give-up", release=one.id))
    three = make(**APPROVED, updated_at=now(store, one).updated_at)
    assert sent(publisher, path, fields).status_code == 409
    assert now(store, two).status is Status.APPROVED

    # Less: somebody else has done a part of it.
    fields = {**hidden(publisher.open(path)), "wave": "spring"}
    confirm(publisher, act("publish", release=two.id))
    assert led_to(sent(publisher, path, fields)).endswith("done=publish&n=1")
    assert now(store, three).step is Step.PUBLISH


@pytest.mark.parametrize("what", ["publish", "revert"])
def test_who_may_not_is_told_which_role_can(
    reader: Browser, operator: Browser, make: Make, store: ReleaseStore, what: str
) -> None:
    release = make(**(APPROVED if what == "publish" else LIVE))
    for target in ({"wave": "spring"}, {"release": release.id}):
        for who in (reader, operator):
            told = who.open(act(what, **target), 403)
            assert "role “publish”" in told
            assert "<button" not in told.partition("<main")[2]
    form = hidden(operator.open(act("cancel", release=release.id)))
    answer = operator.send(act(what, release=release.id), form=form.get("form", "none"), number="1")
    assert answer.status_code == 403
    assert now(store, release).status is release.status


def test_who_only_looks_does_nothing_but_plan(reader: Browser, make: Make, store: ReleaseStore) -> None:
    release = make(**APPROVED)
    for path in (
        act("resume", wave="spring"),
        act("cancel", wave="spring"),
        act("cancel", release=release.id),
        act("withdraw", release=release.id),
        act("look", wave="spring"),
        act("pause", scope="all"),
        act("resume", scope="all"),
    ):
        assert "role “operate”" in reader.open(path, 403)
        reader.session.cookies.set("mprelease-form", "ours")
        answer = reader.send(path, form="ours", number="9")
        assert answer.status_code == 403
        assert "role “operate”" in answer.text
    told = reader.open(act("plan", wave="spring"))
    assert "1 release would go live." in told
    assert "the platform&#39;s domain pool is unknown" in told
    assert "<form method" not in told.partition("<main")[2]
    assert now(store, release) == release


def test_a_plan_is_only_shown(publisher: Browser, make: Make, store: ReleaseStore) -> None:
    release = make(**LIVE)
    form = hidden(publisher.open(act("revert", wave="spring")))
    for target in ({"wave": "spring"}, {"release": release.id}):
        assert sent(publisher, act("plan", **target), {**form, "wave": "spring"}).status_code == 405
    assert now(store, release) == release


def test_a_form_of_another_page_does_nothing(operator: Browser, make: Make, store: ReleaseStore) -> None:
    release = make()
    path = act("cancel", release=release.id)
    form = hidden(operator.open(path))["form"]
    for forged in ({"form": "guessed"}, {"form": form, "origin": "https://evil.example"}):
        assert operator.send(path, number="1", **forged).status_code == 403
    assert now(store, release).status is Status.QUEUED


def test_what_others_chose_stays_text(publisher: Browser, store: ReleaseStore) -> None:
    theirs: dict[str, Any] = {"wave": HOSTILE, "label": HOSTILE, "user_version": HOSTILE + "x" * 10_000}
    stored = created(store, a_release(**theirs))
    release = store.save(stored, stored.release.model_copy(update=APPROVED), place=None).release
    for path in (act("publish", wave=HOSTILE), act("publish", release=release.id), act("plan", wave=HOSTILE)):
        told = publisher.open(path, 200)
        assert "<img" not in told
        assert "<script>" not in told
        assert f"<bdi>{html.escape(HOSTILE).replace('&quot;', '&#34;')}</bdi>" in told
    answer = confirm(publisher, act("publish", wave=HOSTILE), wave=HOSTILE, canary=HOSTILE, reason=HOSTILE)
    assert answer.status_code == 422
    assert "<img" not in answer.text
    assert confirm(publisher, act("publish", wave=HOSTILE), wave=HOSTILE).status_code == 303
    assert now(store, release).step is Step.PUBLISH


def test_an_address_that_names_nothing_that_is_there_is_told(operator: Browser, make: Make) -> None:
    make()
    assert "no release belongs to a wave" in operator.open(act("cancel", wave="autumn"), 404)
    assert "no release has the id" in operator.open(act("cancel", release="nothing"), 404)
    for path in (
        "/act/cancel",
        act("pause", wave="spring"),
        act("withdraw", wave="spring"),
        act("cancel", scope="all"),
        act("cancel", wave="spring", scope="all"),
        act("fly", wave="spring"),
    ):
        operator.open(path, 422)


def test_a_cancel_that_is_sent_twice_gives_up_nothing_that_was_approved(
    operator: Browser, make: Make, store: ReleaseStore
) -> None:
    release = make(
        **{**APPROVED, "status": Status.QUEUED, "step": Step.PUBLISH},
        publication=Publication(ordered_at=NOW),
        progress=Progress(orders=1),
    )
    path = act("cancel", release=release.id)
    fields = hidden(operator.open(path))
    assert led_to(sent(operator, path, fields)).endswith("done=cancel&n=1")
    assert led_to(sent(operator, path, fields)).endswith("done=cancel&n=0")
    assert now(store, release).status is Status.APPROVED
    assert "What was ordered" in operator.open(act("give-up", release=release.id))
    confirm(operator, act("give-up", release=release.id))
    assert now(store, release).status is Status.CANCELLED


def test_a_wave_that_has_grown_is_cancelled_all_the_same(
    operator: Browser, make: Make, store: ReleaseStore
) -> None:
    one, path = make(), act("cancel", wave="spring")
    fields = hidden(operator.open(path))
    two = make()
    assert led_to(sent(operator, path, fields)).endswith("done=cancel&n=2")
    assert {now(store, release).status for release in (one, two)} == {Status.CANCELLED}


def test_whoever_resumes_one_sees_how_many_go_on_with_it(
    operator: Browser, make: Make, redis_client: redis.Redis
) -> None:
    pauses = Pauses(Database(redis_client))
    pauses.begin(Scope.ALL, Pause(step=Step.COMMIT_CODE, errcode=45009, errmsg="too many", remedy="Wait."))
    waits = {"status": Status.WAITING, "wait": a_problem(), "progress": Progress(held=Scope.ALL)}
    held = [make(**waits) for _ in range(3)]
    path = act("resume", release=held[0].id)
    told = operator.open(path)
    assert "3 releases go on." in told
    assert "1 of them is started again." in told
    assert "2 of them wait for the pause, which ends with this." in told
    assert "Resume 3 releases</button>" in told
    fields = hidden(told)
    make(**waits)
    assert sent(operator, path, fields).status_code == 409
    assert led_to(confirm(operator, path)).endswith("done=resume&n=4")
    assert pauses.current(Scope.ALL) is None
