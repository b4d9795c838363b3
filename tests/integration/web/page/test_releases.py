"""Releases on the page: the list, what one field finds, one release in each status, one Mini Program; and what others wrote."""

import csv
import io
import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from releases.record import Event, Problem, Progress, Release
from releases.second_half import Publication, Review, ReviewStatus
from releases.states import Status, Step
from releases.store.creations import Creation
from releases.store.known import Known
from releases.store.places import looked_at, sent
from releases.store.records import ReleaseStore
from tests.integration.web.page.conftest import Browser
from tests.support.examples import NOW, a_problem, a_release, a_request
from tests.support.records import at, created

#: `make test` has to be quick.
pytestmark = pytest.mark.long

REASON = "1: 类目不符\n2: see the pictures"
REVIEW = Review(status=ReviewStatus.APPROVED, submitted_at=NOW, decided_at=NOW, checked_at=NOW)
PUBLICATION = Publication(ordered_at=NOW, ordered_by="key:robot", released_at=NOW, verified_at=NOW)
DROPPED = {"requestdomain": ["https://pay.example.com"]}
BLOCK = a_problem(errcode=85018, errmsg="no domain rid: 1-2", rid="1-2", domains=DROPPED)


def appid(number: int) -> str:
    return f"wx{number:016d}"


def stored(store: ReleaseStore, number: int = 1, *, created_at: Any = NOW, **fields: Any) -> Release:
    """A record as it stands, whatever a request may hold."""
    of_request = {"appid": appid(number), **{name: fields.pop(name) for name in ("wave",) if name in fields}}
    before = created(store, Release.of(a_request(**of_request), created_at))
    place = looked_at(at(3600)) if fields.get("status") is Status.SUBMITTED else None
    return store.save(before, before.release.model_copy(update=fields), place=place).release


def named(page: str) -> list[str]:
    """The releases that a table lists, in its order."""
    return re.findall(r'<td><a href="/release/([^"]+)"', page)


def csv_of(reader: Browser, query: str = "") -> list[dict[str, str]]:
    answer = reader.session.get(f"{reader.url}/releases.csv{query}", timeout=30)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


@pytest.fixture
def some(store: ReleaseStore) -> list[Release]:
    """Four, the oldest first: blocked, waiting, under audit, live."""
    return [
        stored(
            store, 1, status=Status.BLOCKED, block=BLOCK, label="Shop 1 茶", wave="spring", updated_at=NOW
        ),
        stored(store, 2, created_at=NOW + timedelta(hours=1), label="Shop 2", step=Step.COMMIT_CODE),
        stored(
            store, 3, created_at=NOW + timedelta(hours=2), status=Status.SUBMITTED, updated_at=at(-90 * 60)
        ),
        stored(store, 4, created_at=NOW + timedelta(hours=3), status=Status.LIVE, updated_at=at(-3 * 86400)),
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [3, 2, 1, 0]),
        ("?status=blocked", [0]),
        ("?errcode=+85018+&status=", [0]),
        ("?step=commit_code", [1]),
        ("?wave=spring", [0]),
        (f"?appid={appid(3)}", [2]),
        ("?label=SHOP&age=", [1, 0]),
        ("?age=1&unit=h", [3, 2, 1, 0]),
        ("?age=2", [3, 1, 0]),
        ("?age=4&unit=d", [1, 0]),
        ("?wave=none+of+this+name", []),
    ],
)
def test_the_list_and_its_csv_take_what_one_knows(
    reader: Browser, some: list[Release], query: str, found: list[int]
) -> None:
    expected = [some[number].id for number in found]
    assert named(reader.open(f"/releases{query}")) == expected
    assert [row["id"] for row in csv_of(reader, query)] == expected


@pytest.mark.parametrize(
    ("query", "field", "right"),
    [
        ("status=nonsense", "status", "There is no such status."),
        ("step=nonsense", "step", "There is no such step."),
        ("errcode=85018x", "errcode", "Must be a whole number, such as 85018."),
        (f"errcode={'9' * 5000}", "errcode", "Must be a whole number, such as 85018."),
        ("appid=wx1", "appid", "Must be wx and 16 letters or digits."),
        ("age=-1", "age", "Must be a whole number of hours or days, such as 12."),
        ("age=%D9%A3", "age", "Must be a whole number of hours or days, such as 12."),
        ("age=1&unit=years", "age", "Must be a whole number of hours or days, such as 12."),
    ],
)
def test_a_filter_that_is_wrong_is_told_at_its_field(
    reader: Browser, some: list[Release], query: str, field: str, right: str
) -> None:
    told = reader.open(f"/releases?{query}&label=Shop", 422)
    assert f'<p class="problem" id="{field}-wrong">{right}</p>' in told
    assert 'name="label" value="Shop"' in told
    assert named(told) == []
    assert f"{field}: {right}" in reader.open(f"/releases.csv?{query}", 422)


def test_older_releases_are_behind_a_link_and_csv_has_all(reader: Browser, store: ReleaseStore) -> None:
    every = [stored(store, number, created_at=NOW + timedelta(seconds=number)).id for number in range(1, 252)]
    first = reader.open("/releases?status=queued")
    assert named(first) == every[:-51:-1]
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    assert named(reader.open(older[1].replace("&amp;", "&"))) == every[-51:-101:-1]
    assert [row["id"] for row in csv_of(reader, "?status=queued")] == every[::-1]
    assert "cursor: is none of ours" in reader.open("/releases?cursor=nonsense", 422)


@pytest.mark.long
def test_what_is_rare_is_found_among_many_of_the_same_instant(reader: Browser, store: ReleaseStore) -> None:
    every = [a_release(a_request(appid=appid(number), label=f"Shop {number:04}")) for number in range(3000)]
    nothing = Known(None, None)
    assert store.create_all([Creation(one, nothing, sent(one, NOW), None) for one in every])
    last = min(every, key=lambda one: one.id)
    assert where(reader, str(last.label)) == f"/release/{last.id}"
    assert named(reader.open(f"/releases?label={last.label}")) == [last.id]
    assert len(csv_of(reader)) == len(every)


def test_csv_is_no_formula(reader: Browser, store: ReleaseStore) -> None:
    stored(store, label='=HYPERLINK("https://evil.example")', user_desc="a\nb")
    (row,) = csv_of(reader)
    assert (row["label"][:2], row["user_desc"]) == ("'=", "a b")


def where(reader: Browser, q: str) -> str:
    """Where a person is sent who looks for that."""
    answer = reader.session.get(f"{reader.url}/find", params={"q": q}, allow_redirects=False, timeout=30)
    return answer.headers.get("Location", str(answer.status_code))


def test_one_field_finds_by_appid_id_or_label(reader: Browser, some: list[Release]) -> None:
    page = f"/release/{some[0].id}"
    for q in (some[0].appid, some[0].id, f" {some[0].id[:12]} ", "shop 1"):
        assert where(reader, q) == page, q
    assert where(reader, "shop") == "/releases?label=shop"
    assert where(reader, "") == "/releases"
    assert where(reader, "x" * 9000).startswith("/releases?label=xxx")
    assert where(reader, appid(99)) == f"/mini-program/{appid(99)}"


def test_a_beginning_of_several_ids_lists_them(reader: Browser, store: ReleaseStore) -> None:
    for number in (1, 2):
        created(store, a_release(a_request(appid=appid(number)), id=f"abcd{number}".ljust(32, "0")))
    assert sorted(named(reader.open("/find?q=ABCD"))) == ["abcd1".ljust(32, "0"), "abcd2".ljust(32, "0")]


def publication_at(step: Step, status: Status, **fields: Any) -> dict[str, Any]:
    there = {"review": REVIEW, "publication": PUBLICATION, "auditid": 4711, "progress": Progress(orders=2)}
    return {"step": step, "status": status, **there, **fields}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": Status.QUEUED}, ["queued"]),
        ({"status": Status.RUNNING, "attempts": {"ensure_domains": 2}}, ["running", "domains 2"]),
        (
            {"status": Status.WAITING, "wait": a_problem(errcode=45009), "next_attempt_at": at(3600)},
            ["What it waits for", "<code>45009</code>", "Register it.", "Next try"],
        ),
        ({"status": Status.WAITING, "wait": a_problem(), "next_attempt_at": at(-60)}, ["waits for a worker"]),
        (
            {"status": Status.BLOCKED, "block": BLOCK},
            ["What has to be done", "https://pay.example.com", "Register it.", "<code>1-2</code>", "1-2"],
        ),
        ({"status": Status.FAILED, "failure": a_problem(errmsg="no answer")}, ["no answer", "Register it."]),
        (
            {"status": Status.CANCELLED, "progress": Progress(cancelled_because="a typing error")},
            ["a typing error"],
        ),
        (
            publication_at(Step.SUBMIT_AUDIT, Status.SUBMITTED, publication=None),
            ["under audit", "<code>4711</code>", "Submitted"],
        ),
        (
            publication_at(
                Step.SUBMIT_AUDIT,
                Status.REJECTED,
                review=Review(status=ReviewStatus.REJECTED, reason=REASON, screenshots=("a", "b")),
                publication=None,
            ),
            [REASON, "2 screenshots, which this process", "--screenshots DIR", "corrected version"],
        ),
        (publication_at(Step.SUBMIT_AUDIT, Status.APPROVED, publication=None), ["It may be published."]),
        (
            publication_at(Step.VERIFY_LIVE, Status.LIVE),
            ["key:robot", "Released", "domains checked", ".live2"],
        ),
        (
            publication_at(
                Step.VERIFY_LIVE,
                Status.BLOCKED,
                block=BLOCK,
                publication=PUBLICATION.model_copy(update={"missing_domains": DROPPED}),
            ),
            ["WeChat dropped these domains", "https://pay.example.com"],
        ),
        (publication_at(Step.VERIFY_LIVE, Status.REPLACED), ["replaced"]),
        (publication_at(Step.REVERT, Status.REVERTED), ["reverted"]),
    ],
)
def test_one_release_says_how_it_stands_and_what_to_do(
    reader: Browser, store: ReleaseStore, fields: dict[str, Any], said: list[str]
) -> None:
    shown = reader.open(f"/release/{stored(store, **fields).id}")
    for text in said:
        assert text in shown, text


def test_one_release_shows_its_request_its_bodies_and_who_did_what(
    reader: Browser, store: ReleaseStore
) -> None:
    earlier = stored(store, 1, status=Status.LIVE, user_version="1.4.1")
    asked = {"step": None, "what": "resumed", "by": "user:petra", "reason": "fixed it"}
    release = stored(
        store,
        1,
        created_at=NOW + timedelta(days=1),
        wave="a/b & c",
        ext={"extAppid": appid(1), "note": "\u202eturned"},
        audit={"version_desc": "faster"},
        domains={"requestdomain": ["https://own.example.com"]},
        history=(Event(time=NOW, step=Step.COMMIT_CODE, what="committed"), Event(time=NOW, **asked)),
    )
    shown = reader.open(f"/release/{release.id}")
    for text in (
        "/wxa/modify_domain",
        "https://own.example.com",
        r"extAppid\&#34;:\&#34;wx0000000000000001\&#34;",
        r"\u202eturned",
        "&#34;version_desc&#34;: &#34;faster&#34;",
        'href="/wave?name=a%2Fb+%26+c"',
        f'href="/mini-program/{appid(1)}"',
    ):
        assert text in shown, text
    rows = re.findall(r"<tr><td><time.*?</tr>", shown)
    assert ["resumed" in row and "user:petra" in row and "fixed it" in row for row in rows] == [True, False]
    assert named(shown) == [earlier.id]
    assert "\u202e" not in shown
    assert named(reader.open(f"/release/{earlier.id}")) == [release.id]


def test_a_release_that_is_not_there_is_told(reader: Browser) -> None:
    assert "no release has the id" in reader.open("/release/nothing", 404)
    reader.open("/release/nothing/screenshot/1", 404)


def test_a_mini_program_has_its_versions_side_by_side(reader: Browser, store: ReleaseStore) -> None:
    live = stored(store, user_version="1.0", **publication_at(Step.VERIFY_LIVE, Status.LIVE))
    fields = {**publication_at(Step.SUBMIT_AUDIT, Status.APPROVED, publication=None), "user_version": "2.0"}
    approved = stored(store, created_at=NOW + timedelta(days=1), label="Tea & more", **fields)
    newest = stored(
        store, created_at=NOW + timedelta(days=2), user_version="3.0", status=Status.BLOCKED, block=BLOCK
    )
    shown = reader.open(f"/mini-program/{appid(1)}")
    cards = [re.search(r'href="/release/([^"]+)', card) for card in shown.split('<div class="card">')[1:]]
    assert [card and card[1] for card in cards] == [approved.id, approved.id, live.id]
    assert named(shown) == [newest.id, approved.id, live.id]
    assert "https://pay.example.com" in shown
    assert "Only a process that has the AppSecret" in shown
    assert f"mprelease versions {appid(1)}" in reader.open(f"/mini-program/{appid(1)}?ask=1")


def test_a_mini_program_without_a_release_is_told(reader: Browser) -> None:
    for unknown in (appid(9), "%3Cscript%3E"):
        assert "No release belongs to this Mini Program." in reader.open(f"/mini-program/{unknown}", 404)


class Elements(HTMLParser):
    """All elements of a page, which have to be closed in their order."""

    _VOID = ("meta", "link", "input", "br", "img")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.every: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.every.append((tag, dict(attributes)))
        if tag not in self._VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "\u202egnp.exe\u2066",
        "長" * 10_000,
    ],
    ids=["script", "attribute", "direction", "long"],
)
def test_nothing_that_others_wrote_runs_or_breaks_a_screen(
    reader: Browser, store: ReleaseStore, evil: str
) -> None:
    problem = Problem(step=Step.COMMIT_CODE, errmsg=evil, rid=evil, domains={evil: [evil]}, remedy=evil)
    common = {
        "label": evil,
        "user_version": evil,
        "user_desc": evil,
        "wave": evil,
        "ext": {evil: evil},
        "audit": {evil: [evil]},
        "domains": {"requestdomain": [evil]},
        "attempts": {evil: 1},
        "history": (Event(time=NOW, step=None, what=evil, by=evil, reason=evil),),
    }
    review = Review(status=ReviewStatus.REJECTED, reason=evil, screenshots=(evil, evil))
    missing = PUBLICATION.model_copy(update={"ordered_by": evil, "missing_domains": {evil: [evil]}})
    released = publication_at(Step.VERIFY_LIVE, Status.LIVE, review=review, publication=missing)
    statuses: list[dict[str, Any]] = [
        {"status": Status.BLOCKED, "block": problem},
        {"status": Status.CANCELLED, "progress": Progress(cancelled_because=evil)},
        {"status": Status.REJECTED, "review": review},
        released,
    ]
    every = []
    for number, fields in enumerate(statuses, start=1):
        before = created(store, a_release(a_request(appid=appid(number))))
        every.append(store.save(before, before.release.model_copy(update={**common, **fields})).release)
    screens = ["/releases", "/releases?status=nonsense"]
    screens += [f"/{kind}" for one in every for kind in (f"release/{one.id}", f"mini-program/{one.appid}")]
    for path in screens:
        answer = reader.session.get(f"{reader.url}{path}", timeout=30)
        assert answer.status_code in (200, 422), (path, answer.text[-500:])
        page = Elements()
        page.feed(answer.text)
        assert page.open == [], path
        kinds = [tag for tag, attributes in page.every if tag == "script" and not attributes.get("src")]
        assert kinds == [], path
        assert not [1 for _, attributes in page.every for name in attributes if name.startswith("on")], path
        assert not [1 for tag, _ in page.every if tag == "img"], path


def test_where_nothing_is_found_a_link_leads_on(reader: Browser) -> None:
    assert 'There is no release yet. <a href="/">' in reader.open("/releases")
    assert 'No release matches. <a href="/releases">Show all</a>' in reader.open("/releases?status=blocked")
