"""The waves, and one wave: what a person reads there, and that it is only what is known."""

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from itertools import count
from typing import Any

import pytest
import redis

from db.database import Database
from releases.scope import Scope
from releases.second_half import Publication
from releases.states import ACTIVE, Status, Step
from releases.store import keys
from releases.store.creations import Creation
from releases.store.known import Known
from releases.store.pauses import Pause, Pauses
from releases.store.places import sent
from releases.store.records import ReleaseStore
from releases.waves.audit_quota import Quota
from releases.waves.brake import WavePolicy
from releases.waves.waves import Waves
from tests.integration.web.page.conftest import Browser, browser_of
from tests.support.api import Api
from tests.support.examples import NOW, a_problem, a_release, a_request
from tests.support.records import created
from tests.support.workers import wait_for
from web.page import addresses

#: `make test` has to be quick.
pytestmark = pytest.mark.long

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\u202e' + "W" * 10_000
_NUMBERS = count(1)


@pytest.fixture
def waves(store: ReleaseStore, redis_client: redis.Redis) -> Waves:
    db = Database(redis_client)
    return Waves(db, store=store, pauses=Pauses(db))


def text_of(html: str) -> str:
    """What a person reads, on one line."""
    main = html.partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def a_wave(store: ReleaseStore, name: str, how: Mapping[Status, int], **different: Any) -> None:
    """Releases of this wave, so many in each status; a blocked one for an errcode and a domain."""
    statuses = [status for status, number in how.items() for _ in range(number)]
    for status in statuses:
        stored = created(store, a_release(a_request(appid=f"wx{next(_NUMBERS):016d}", wave=name)))
        if status is Status.QUEUED:
            continue
        fields = {"status": status, **({} if status in ACTIVE else {"step": Step.SUBMIT_AUDIT}), **different}
        if status is Status.BLOCKED:
            fields["block"] = a_problem(
                step=fields.get("step", Step.ENSURE_DOMAINS),
                errcode=85018,
                domains={"requestdomain": ["https://pay.example.com"]},
            )
        store.save(stored, stored.release.changed("as the test has it", NOW, **fields))


def test_no_wave_yet_says_how_the_first_begins(reader: Browser) -> None:
    assert "mprelease enqueue --file releases.jsonl --wave NAME" in reader.open("/")


def test_a_wave_that_is_not_there_is_told_so(reader: Browser) -> None:
    assert "no release belongs to a wave 'nobody'" in text_of(reader.open("/wave?name=nobody", 404))
    assert "no release belongs to a wave ''" in text_of(reader.open("/wave", 404))


def test_a_braked_wave_tells_why_what_to_do_and_each_cause_once(
    reader: Browser, store: ReleaseStore, waves: Waves
) -> None:
    a_wave(store, "spring", {Status.BLOCKED: 3, Status.SUBMITTED: 27, Status.QUEUED: 2})
    waves.set_bound("spring", 5)
    waves.look()
    for told in (text_of(reader.open("/")), text_of(reader.open("/wave?name=spring"))):
        assert re.search("(spring|To the audit) braked", told)
        assert "3 of 30 ended blocked" in told
        assert "Remove the causes, then “Resume…” lets it go on, or “Cancel” ends it." in told
        assert "See mprelease wave" not in told
        assert "27 under audit" in told.replace("under audit 27", "27 under audit")
    assert "Brake: it stops when more than 5 % of what was started are blocked or failed." in told
    assert "3 blocked at the step “domains” 85018" in told
    assert told.count("https://pay.example.com") == 1
    assert "/releases?wave=spring&amp;status=blocked&amp;errcode=85018" in reader.open("/wave?name=spring")


def test_a_canary_tells_that_the_others_wait_for_it(
    reader: Browser, store: ReleaseStore, waves: Waves
) -> None:
    policy = WavePolicy(canary=2, max_blocked=10)
    known = Known(None, None)
    rows = [a_release(a_request(appid=f"wx{next(_NUMBERS):016d}", wave="careful")) for _ in range(3)]
    store.create_all(
        [Creation(row, known, sent(row, row.created_at), None) for row in rows],
        waves.opening("careful", policy),
    )
    told = text_of(reader.open("/wave?name=careful"))
    assert "To the audit canary" in told
    assert "the first 2 run alone" in told
    assert "Canary: the first 2 run alone. Brake: it stops when more than 10 %" in told


def test_a_pause_of_the_platform_is_told_once_beside_what_waits_for_something_else(
    page: Api, reader: Browser, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    pause = Pause(
        step=Step.ENSURE_DOMAINS, errmsg="paused by hand: the books", remedy="Ask Ann.", by_hand=True
    )
    Pauses(Database(redis_client)).begin(Scope.ALL, pause)
    redis_client.set(keys.AUDIT_QUOTA, Quota(rest=1, limit=20, submitted=0).model_dump_json(), ex=80_000)
    for held in range(3):
        stored = created(store, a_release(a_request(appid=f"wx{next(_NUMBERS):016d}", wave="held")))
        waits = stored.release.put_off(pause, NOW, held=Scope.ALL)
        if held == 0:
            later: dict[str, Any] = {
                "wait": a_problem(errcode=-1),
                "next_attempt_at": NOW,
                "status": Status.WAITING,
            }
            waits = stored.release.changed("waiting", NOW, **later)
        store.save(stored, waits)
    assert "所有发版已由人暂停：the books" in browser_of(page, "read", "zh-CN").open("/wave?name=held")
    told = text_of(reader.open("/wave?name=held"))
    assert told.count("2 held back: all releases paused by hand: the books") == 1
    assert told.count("Ask Ann.") == 1
    assert "1 waiting at the step “domains” -1" in told
    assert "1 of 20 left, 0 reserved by others" in told
    assert "2 of 3 will not fit" in told
    assert "a minute" not in told
    assert "stimated end" not in told


def test_nothing_is_said_of_workers_before_they_were_asked_and_then_that_there_are_none(
    reader: Browser, store: ReleaseStore
) -> None:
    a_wave(store, "alone", {Status.QUEUED: 1})
    wait_for(
        lambda: "No worker answers. Start one: mprelease worker" in text_of(reader.open("/wave?name=alone"))
    )
    assert "No worker answers" in text_of(reader.open("/"))
    a_wave(store, "done", {Status.SUBMITTED: 1})
    assert "worker" not in text_of(reader.open("/wave?name=done"))


def test_a_wave_with_open_audits_is_not_told_to_be_over(reader: Browser, store: ReleaseStore) -> None:
    a_wave(store, "submitted", {Status.SUBMITTED: 2, Status.APPROVED: 1})
    a_wave(store, "stopped", {Status.SUBMITTED: 1, Status.BLOCKED: 2})
    a_wave(store, "approved", {Status.APPROVED: 1})
    told = text_of(reader.open("/"))
    for wave, state in (
        ("submitted", "submitted, 2 audits open"),
        ("stopped", "2 stopped, 1 audit open"),
        ("approved", "over"),
    ):
        assert f"{wave} {state} " in told
        assert f"To the audit {state} " in text_of(reader.open(f"/wave?name={wave}"))


def test_both_halves_are_told_apart_and_what_would_go_live_has_a_link(
    reader: Browser, store: ReleaseStore
) -> None:
    a_wave(store, "both", {Status.APPROVED: 4})
    told = text_of(reader.open("/wave?name=both"))
    assert "4 are approved, and nothing goes live by itself. Show them" in told
    assert "To the shop" not in told
    assert "/act/plan?wave=both" in reader.open("/wave?name=both")
    order = Publication(ordered_at=NOW)
    a_wave(store, "both", {Status.BLOCKED: 2, Status.LIVE: 1}, step=Step.PUBLISH, publication=order)
    told = text_of(reader.open("/wave?name=both"))
    assert "To the audit over" in told
    assert "To the shop over, 2 stopped 3 releases were ordered to go live" in told
    assert "on the way to the shop 2 blocked at the step “publication” 85018" in told
    assert "on the way to the audit" not in told
    assert "both 7 releases" in text_of(reader.open("/")), "what is being published is not over"
    assert "No canary. It stops at once when a release is live and not as it should be." in told


def test_whatever_a_wave_is_called_and_wechat_says_it_is_text(reader: Browser, store: ReleaseStore) -> None:
    name = HOSTILE[:64]
    stored = created(store, a_release(wave=name))
    problem = a_problem(errmsg=HOSTILE, remedy=HOSTILE, domains={HOSTILE: [HOSTILE]})
    store.save(stored, stored.release.changed(HOSTILE, NOW, status=Status.BLOCKED, block=problem))
    for told in (reader.open("/"), reader.open(addresses.wave(name))):
        assert unescape(told).count(name) >= 1
        assert "<script>alert" not in told
        assert "<img" not in told
    assert unescape(told).count(HOSTILE) >= 4


def test_the_newest_fifty_waves_are_shown_and_a_link_leads_to_older_ones(
    reader: Browser, store: ReleaseStore
) -> None:
    for number in range(52):
        created(
            store,
            a_release(
                a_request(appid=f"wx{next(_NUMBERS):016d}", wave=f"w{number:02d}"),
                created_at=NOW + timedelta(seconds=number),
            ),
        )
    first = reader.open("/")
    found = re.findall(r'href="/wave\?name=(w\d\d)"', first)
    assert found == [f"w{number:02d}" for number in range(51, 1, -1)]
    (older,) = re.findall(r'href="(/\?older=[^"]+)"', first)
    assert re.findall(r'href="/wave\?name=(w\d\d)"', reader.open(unescape(older))) == ["w01", "w00"]
