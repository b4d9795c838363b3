"""What has to be true of all that Redis holds of releases, at any moment: a checker that knows the keys by itself.

Nothing of it is the product's, so that a mistake there is not repeated here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.support.looks import PLACE, Look, Record

GOING_ON = {"queued", "running", "waiting"}
STOPPED = {"blocked", "failed"}
DECIDED = {"rejected", "approved", "live", "replaced", "reverted"}
AT_REST = STOPPED | DECIDED | {"cancelled", "submitted"}
#: How much later than a lease's end the release may be due that is worked on under it, in seconds.
LITTLE_S = 0.1
#: Times are written with so much of a second.
CLOSE_S = 1e-5
_INDEX = re.compile(r"releases:(status|appid|wave):")
_URGENT_LANE, _BEGUN_LANE = "releases:due:urgent", "releases:due:begun"
_SENT = {True: "releases:sent:urgent", False: "releases:sent"}
_KINDS = re.compile(
    r"releases(\.urgent)?|unacked(_index|_mutex)?|_kombu\.binding.+|celeryev\..+|.+\.pidbox.*"
    r"|celery-task-meta-.+|release:[0-9a-f]{32}|mini-program:.+|lease:.+"
    r"|releases:(actions|all|mark|stopped|standing|last-lease|set-aside|wechat-calls|schema|schema-lock)"
    r"|releases:(changed|changed-late|webhook|webhook-deliveries|webhook-sender|broken|notices|notices-teller|notices-sent)"
    r"|releases:(status|since|appid|wave|wave-counts|wave-ends|publication-counts):.+|releases:looks-pace"
    r"|wave(-live)?:.+|waves:(watched|published|looking)|platform:pause:(all|submissions|(wave|live):.+)"
    r"|platform:(pool|pool-answer|pool-asking|templates|audit-quota|audit-quota-asked|stored-secrets|stored-secrets-counted)"
    r"|wechat:(ticket|refresh-token:.+|token:.+|token-lock:.+)"
    r"|pushed:(ticket-created|ticket-new|codes|unauthorized|looks|counts|following)"
    r"|rate:(platform|mini-program:.+|path:.+|learnt:.+)"
)
_FIELDS = {"document", "revision", "fence", "wave", "urgent", "place", "pushed"}


def broken(look: Look, before: Look | None = None) -> list[str]:
    """What is not as it has to be at any moment, in words."""
    found: list[Iterable[str]] = [
        _records(look),
        _places(look),
        _worked_on(look),
        _indexes(look),
        _waves(look),
        _publications(look),
        _causes(look),
        _standing(look),
        _since(look),
        _mini_programs(look),
        _forgotten(look),
        _leases(look),
        _kinds(look),
        _going_back(before, look) if before else (),
    ]
    return [problem for problems in found for problem in problems]


def unrest(look: Look) -> list[str]:
    """What still goes on, or is left behind, once nobody works any more and no pause is on."""
    found = [
        f"{one.id} is {one.status} in {one.place}"
        for one in look.records.values()
        if one.status in GOING_ON and not _awaits_audit(one)
    ]
    found += [f"a lease is left: {key}" for key in look.values if key.startswith("lease:")]
    found += [
        f"{one.id} is {one.status} and has no result"
        for one in look.records.values()
        if one.status in AT_REST and f"celery-task-meta-{one.id}" not in look.values
    ]
    return found


def left_behind(look: Look) -> list[str]:
    """What has not come to its end, once all of it has been gone on with."""
    return [
        f"{one.id} is {one.status} at {one.step} in {one.place}"
        for one in look.records.values()
        if one.status in GOING_ON | STOPPED | {"submitted", "approved"}
    ]


def _forgotten(look: Look) -> Iterator[str]:
    """One that waits behind another stands where it is looked at seldom: only while the other is there."""
    ahead = {one.document["appid"]: one for one in look.records.values() if one.role == "ahead"}
    for one in look.records.values():
        if one.place != "releases:due:looks" or one.status != "waiting":
            continue
        older = ahead.get(one.document["appid"])
        if _awaits_audit(one):
            continue
        if older is None:
            yield f"{one.id} waits behind nobody"
        elif older.status == "approved" and one.document.get("progress", {}).get("supersedes"):
            yield f"{one.id} waits behind {older.id}, which it may supersede"


def _awaits_audit(one: Record) -> bool:
    """Whether it waits for the end of an audit that runs at WeChat, though its release was given up."""
    return one.place == "releases:due:looks" and (one.document.get("wait") or {}).get("errcode") == 85009


def _records(look: Look) -> Iterator[str]:
    for one in look.records.values():
        if set(one.fields) - _FIELDS or not {"document", "revision", "fence"} <= set(one.fields):
            yield f"{one.id} has the fields {sorted(one.fields)}"
        if one.document["id"] != one.id:
            yield f"{one.id} is the record of {one.document['id']}"
        if one.status not in GOING_ON | AT_REST:
            yield f"{one.id} has the status {one.status}"
        if (one.fields.get("wave"), one.fields.get("urgent")) != (one.wave, "1" if one.is_urgent else None):
            yield f"{one.id}: wave and urgent of record and document differ"


def _places(look: Look) -> Iterator[str]:
    for one in look.records.values():
        stands = set(look.places.get(one.id, ()))
        if one.status in AT_REST - {"submitted"}:
            if stands or one.place:
                yield f"{one.id} is at rest ({one.status}) and stands in {sorted(stands)}, its record says {one.place}"
            continue
        if one.status == "submitted" and stands == {"releases:due:looks"} == {one.place}:
            continue
        if stands != {one.place}:
            yield f"{one.id} goes on ({one.status}), stands in {sorted(stands)}, and its record says {one.place}"
        yield from _right_place(one)
    for name in look.places.keys() - look.records.keys():
        yield f"{name} stands in {sorted(look.places[name])} and has no record"


def _right_place(one: Record) -> Iterator[str]:
    place = one.place or ""
    if place.startswith("releases:held-by:"):
        if (one.status, f"releases:held-by:{one.held}") != ("waiting", place):
            yield f"{one.id} is {one.status}, waits for {one.held!r} and stands in {place}"
    elif place == "releases:due:looks" and one.status == "waiting" and one.document["progress"].get("behind"):
        return
    elif one.is_urgent != (place in {_URGENT_LANE, _SENT[True]}):
        yield f"{one.id} is {'' if one.is_urgent else 'not '}urgent and stands in {place}"


def _worked_on(look: Look) -> Iterator[str]:
    for one in look.records.values():
        lease = f"lease:{one.document['appid']}"
        if one.status not in GOING_ON or look.values.get(lease) != str(one.fence):
            continue
        # Sent, where somebody resumed it in this moment: the message is an occasion to look as well.
        if one.place == _SENT[one.is_urgent]:
            continue
        at = look.places.get(one.id, {}).get(one.place or "", float("inf"))
        ends_in_s = at - look.time - look.left_ms[lease] / 1000
        if one.place != (_URGENT_LANE if one.is_urgent else _BEGUN_LANE) or ends_in_s > LITTLE_S:
            yield f"{one.id} is worked on and due {ends_in_s:.3f} s after its lease's end, in {one.place}"


def _indexes(look: Look) -> Iterator[str]:
    created = look.scores("releases:all")
    yield from _same("releases:all", created.keys(), look.records.keys())
    wanted: dict[str, set[str]] = defaultdict(set)
    for one in look.records.values():
        wanted[f"releases:status:{one.status}"].add(one.id)
        wanted[f"releases:appid:{one.document['appid']}"].add(one.id)
        if one.wave is not None:
            wanted[f"releases:wave:{one.wave}"].add(one.id)
    there = {key for key in look.values if _INDEX.match(key)}
    for key in wanted.keys() | there:
        listed = look.scores(key)
        yield from _same(key, listed, wanted.get(key, set()))
        for member, at in listed.items():
            if abs(created.get(member, at) - at) > CLOSE_S:
                yield f"{key} has {member} at {at}, releases:all at {created[member]}"


def _waves(look: Look) -> Iterator[str]:
    wanted: dict[str, Counter[str]] = defaultdict(Counter)
    for one in look.records.values():
        if one.wave is None or one.has_left_wave:
            continue
        wanted[one.wave][one.counted] += 1
        wanted[one.wave]["started"] += bool(one.document.get("attempts"))
        wanted[one.wave][f"waits {one.waits_for}"] += bool(one.waits_for) and one.half == 1
    counts, ends = look.begins("releases:wave-counts:"), look.begins("releases:wave-ends:")
    for wave in wanted.keys() | counts.keys():
        numbers = counts.get(wave, {}).items()
        there = {name: int(number) for name, number in numbers if name != "revision"}
        right = {name: number for name, number in wanted[wave].items() if number}
        if there != right:
            yield f"wave {wave} counts {_differing(there, right)}"
        ended = sum(number for name, number in right.items() if name in AT_REST)
        minutes = (number for minute, number in ends.get(wave, {}).items() if minute != "last")
        if sum(map(int, minutes)) < ended:
            yield f"of wave {wave} {ended} are at rest, and its minutes have fewer"
    watched = set(look.values.get("waves:watched", ()))
    for scope in look.begins("releases:held-by:wave:"):
        if scope not in watched:
            yield f"wave {scope} holds releases, and nobody watches it"


def _publications(look: Look) -> Iterator[str]:
    wanted: dict[str, Counter[str]] = defaultdict(Counter)
    for one in look.records.values():
        if one.wave is not None:
            wanted[one.wave].update(one.publication_counts)
    counts = look.begins("releases:publication-counts:")
    for wave in wanted.keys() | counts.keys():
        there = {name: int(number) for name, number in counts.get(wave, {}).items()}
        if there != dict(wanted[wave]):
            yield f"publications of wave {wave} count {_differing(there, wanted[wave])}"
    published = set(look.values.get("waves:published", ()))
    for scope in look.begins("releases:held-by:live:"):
        if scope not in published:
            yield f"publications of wave {scope} are held, and nobody watches them"


def _causes(look: Look) -> Iterator[str]:
    there = {cause: int(number) for cause, number in look.values.get("releases:stopped", {}).items()}
    right = dict(Counter(one.cause for one in look.records.values() if one.cause))
    if there != right:
        yield f"the causes are {_differing(there, right)}"


def _standing(look: Look) -> Iterator[str]:
    there = {name: int(number) for name, number in look.values.get("releases:standing", {}).items()}
    right: Counter[str] = Counter()
    for one in look.records.values():
        moves = one.status in GOING_ON | STOPPED
        if moves and one.document["step"] in {"publish", "verify_live", "revert"}:
            right[f"{one.document['step']} {one.status}"] += 1
        elif one.waits_for == "older":
            right["behind"] += 1
    if there != dict(right):
        yield f"what monitors count is {_differing(there, right)}"


def _since(look: Look) -> Iterator[str]:
    for status, name in (
        ("submitted", "submitted_at"),
        ("approved", "decided_at"),
        ("rejected", "decided_at"),
    ):
        key = f"releases:since:{status}"
        of_status = (one for one in look.records.values() if one.status == status)
        wanted = {one.id for one in of_status if (one.document.get("review") or {}).get(name)}
        yield from _same(key, look.scores(key), wanted)
    broken = {one.id for one in look.records.values() if (one.status, one.step) == ("blocked", "verify_live")}
    yield from _same("releases:broken", look.scores("releases:broken"), broken)


def _mini_programs(look: Look) -> Iterator[str]:
    created = look.scores("releases:all")
    by_appid: dict[str, list[Record]] = defaultdict(list)
    for one in look.records.values():
        by_appid[one.document["appid"]].append(one)
    there = look.begins("mini-program:")
    for appid in by_appid.keys() | there.keys():
        right: dict[str, str] = {}
        for role in ("active", "ahead", "live"):
            found = [one.id for one in by_appid[appid] if one.role == role]
            if len(found) > 1:
                yield f"{appid} has {len(found)} releases that are {role}: {sorted(found)}"
            right |= {role: found[0]} if found else {}
        for one in sorted(by_appid[appid], key=lambda one: created.get(one.id, 0)):
            if one.status != "cancelled":
                right[one.identity] = one.id
        if there.get(appid, {}) != right:
            yield f"mini-program:{appid} says {_differing(there.get(appid, {}), right)}"


def _leases(look: Look) -> Iterator[str]:
    last = int(look.values.get("releases:last-lease", 0))
    appids = {one.document["appid"] for one in look.records.values()}
    for appid, number in look.begins("lease:").items():
        if appid not in appids:
            yield f"a lease belongs to {appid}, which has no release"
        if look.left_ms[f"lease:{appid}"] < 0:
            yield f"the lease of {appid} never ends"
        if int(number) > last:
            yield f"the lease of {appid} has a number beyond the last one"
    for one in look.records.values():
        if one.fence > last:
            yield f"{one.id} was worked on under a lease beyond the last one"


def _kinds(look: Look) -> Iterator[str]:
    for key in look.values:
        if not (_KINDS.fullmatch(key) or PLACE.fullmatch(key)):
            yield f"nobody knows what {key} is"


def _going_back(before: Look, look: Look) -> Iterator[str]:
    for name, old in before.records.items():
        new = look.records.get(name)
        if new is None:
            yield f"the record of {name} is gone"
        elif new.revision < old.revision or new.fence < old.fence:
            yield f"{name} has gone back from revision {old.revision} to {new.revision}"
        elif new.revision == old.revision and new.fields["document"] != old.fields["document"]:
            yield f"{name} has changed and its revision has not"


def _same(key: str, there: Iterable[str], wanted: Iterable[str]) -> Iterator[str]:
    lacks, more = set(wanted) - set(there), set(there) - set(wanted)
    if lacks or more:
        yield f"{key} lacks {sorted(lacks)} and has {sorted(more)} too many"


def _differing(there: Mapping[str, Any], right: Mapping[str, Any]) -> str:
    names = sorted(name for name in there.keys() | right.keys() if there.get(name) != right.get(name))
    return ", ".join(f"{name}={there.get(name)} and has to be {right.get(name)}" for name in names)
