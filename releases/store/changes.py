"""A change of a record as its scripts take it: one JSON object, whose names `lua/shared.lua` uses as they are.

What is None or empty is left out: Lua then has nil.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from releases.record import Release
from releases.results import results
from releases.scope import wave_scope
from releases.states import AT_REST, LOOKED_AT, SUBMITTED_ONCE, TO_AUDIT, Status, Step
from releases.store import keys
from releases.store.actions import Action
from releases.store.known import Stored, dump
from releases.store.places import AT_ONCE, Lane, Place

if TYPE_CHECKING:  # as in `releases.store.records`
    from releases.store.creations import Creation, Opening


def saving(
    before: Stored,
    after: Release,
    *,
    place: Place | None,
    lease: int | None = None,
    end_lease: bool = False,
    unless_paused: Sequence[str] = (),
    behind: Stored | None = None,
    left: str | None = None,
) -> str:
    """For save_release.lua; `left` is the newest release of a cancelled one's version that was not, all else as for `save`."""
    change = {
        **_change(before.release, after, place),
        "revision": str(before.revision),
        "number": None if lease is None else str(lease),
        "lease": keys.lease(after.appid),
        "ends_lease": end_lease,
        "pauses": [keys.pause(scope) for scope in unless_paused],
        "canary": after.progress.canary or None,
        "identity": after.identity,
        "cancels": after.status is Status.CANCELLED or None,
        "left": left,
        "behind": None
        if behind is None
        else {**_WAKE, "key": keys.record(behind.release.id), "revision": str(behind.revision)},
        "takes": _takes(before.release, after),
    }
    return _json(change)


def creating(
    creations: Sequence[Creation], left: Mapping[str, str], what: Opening | None, action: Action | None
) -> list[str]:
    """For create_releases.lua: what begins with the releases and who ordered them, then each release.

    `left` is as above, by the id of the superseded.
    """
    ordered = {**_opening(what), "action": None if action is None else action.entry}
    return [_json(ordered), *(_creating(position, one, left) for position, one in enumerate(creations))]


def _creating(position: int, creation: Creation, left: Mapping[str, str]) -> str:
    release, known = creation.release, creation.known
    # A microsecond apart at the least: they are listed in the order of their requests.
    created = release.created_at.timestamp() + position / 1e6
    change = {
        **_change(None, release, creation.place, created),
        "identity": release.identity,
        "known": _given(
            active=known.active and known.active.release.id, same=known.same and known.same.release.id
        ),
        "indexes": [
            keys.ALL,
            keys.by_appid(release.appid),
            *([keys.by_wave(release.wave)] if release.wave else []),
        ],
        "urgent": release.urgent or None,
        "superseded": _superseded(creation, left),
    }
    return _json(change)


def migrating(before: Stored, after: Release, place: Place | None = None) -> str:
    """For migrate_2_to_3.lua: nobody has kept what it is to its Mini Program so far, and its results were told long ago."""
    change = _change(before.release, after, place)
    return _json({**change, "revision": str(before.revision), "role_before": None, "results": None})


def telling(stored: Stored) -> str:
    """For tell_results.lua."""
    release = stored.release
    revision = str(stored.revision)
    told = {
        "id": release.id,
        "record": keys.record(release.id),
        "revision": revision,
        "results": results(release),
    }
    return _json(told)


def _opening(what: Opening | None) -> dict[str, Any]:
    if what is None:
        return {}
    return {
        "wave": what.wave,
        "policy": what.policy,
        "pause": what.pause or None,
        "policy_key": keys.wave_policy(what.wave),
        "pause_key": keys.pause(wave_scope(what.wave)),
        "watched": keys.WATCHED_WAVES,
    }


def _superseded(creation: Creation, left: Mapping[str, str]) -> dict[str, Any] | None:
    after, before = creation.superseded, creation.known.active
    if after is None or before is None:
        return None
    change = _change(before.release, after, None)
    return _given(**change, revision=str(before.revision), identity=after.identity, left=left.get(after.id))


def counted(release: Release) -> list[str]:
    """The counts of its wave in which it is."""
    state = _state(release)
    return [
        state["counted"],
        *([state["waits"]] if "waits" in state else []),
        *(["started"] if release.attempts else []),
    ]


def _change(
    before: Release | None, after: Release, place: Place | None, created: float | None = None
) -> dict[str, Any]:
    """What `write` in shared.lua takes. Without a place the release stays where it is; at rest it has none."""
    ends = _comes_to_rest(before, after)
    return _given(
        id=after.id,
        record=keys.record(after.id),
        document=dump(after),
        created=None if created is None else f"{created:.6f}",
        all=keys.ALL,
        before=None if before is None else _state(before),
        after=_state(after),
        wave=_wave(before, after),
        causes=keys.STOPPED,
        standing=keys.STANDING,
        starts=bool(after.attempts and not (before and before.attempts)) or None,
        minute=str(int(after.updated_at.timestamp() // 60)) if ends else None,
        ended_at=str(int(after.updated_at.timestamp())) if ends else None,
        place=_place(after, place),
        results=results(after) if _may_have_new_results(before, after) else None,
        changed=None if before is not None and _only_looked(before, after) else keys.CHANGED,
        publication=_publication(before, after),
        mini_program=keys.mini_program(after.appid),
        role_before=(before.role or None) if before else None,
        role=after.role or None,
        wake=_WAKE if before is not None and _lets_go_on(before, after) else None,
    )


#: How a release that waits behind another one is made to go on.
_WAKE = {
    "record": keys.record(""),
    "looks": keys.due(Lane.LOOKS),
    "lanes": AT_ONCE,
}


def _lets_go_on(before: Release, after: Release) -> bool:
    """Whether one that waits behind it has to look again: it has left, or may be given up from now on."""
    is_approved = after.status is Status.APPROVED is not before.status
    return before.role == "ahead" and (after.role != "ahead" or is_approved)


def _takes(before: Release, after: Release) -> str | None:
    """The place at its Mini Program that it comes back to, which another one may have taken meanwhile."""
    comes_back = after.role in ("active", "ahead") and before.role not in ("active", after.role)
    return after.role if comes_back else None


def _place(after: Release, place: Place | None) -> dict[str, Any] | None:
    """Where it stands from now on; None: where it stood."""
    if after.status not in LOOKED_AT:
        return {}
    if place is None:
        return None
    return _given(index=place.index, at=None if place.at is None else f"{place.at:.3f}")


def _comes_to_rest(before: Release | None, after: Release) -> bool:
    """Whether the first half of it ends with this."""
    was = before.counted if before else None
    return after.counted in AT_REST and was is not after.counted and was not in SUBMITTED_ONCE


def _may_have_new_results(before: Release | None, after: Release) -> bool:
    """Whether what its handles say may be another: it comes to rest, rests otherwise, or goes on again."""
    if before is None or before.status is after.status:
        return False
    return before.status in AT_REST or after.status in AT_REST


def _only_looked(before: Release, after: Release) -> bool:
    """Whether nothing has changed but when somebody looked."""
    if before.status is not after.status or before.review is None or after.review is None:
        return False
    return before.history == after.history and before.review == after.review.model_copy(
        update={"checked_at": before.review.checked_at}
    )


def _publication(before: Release | None, after: Release) -> dict[str, Any] | None:
    """How it is counted among those of its wave that were ordered to go live; None where that stays."""
    if after.wave is None:
        return None
    was, now = published_as(before), published_as(after)
    if was == now:
        return None
    return {
        "counts": keys.publication_counts(after.wave),
        "watched": keys.PUBLISHED_WAVES,
        "wave": after.wave,
        "before": was,
        "after": now,
    }


def published_as(release: Release | None) -> list[str]:
    """The counts of its wave's publications in which it is."""
    if release is None or release.publication is None:
        return []
    waits = [f"waits {release.waits_for}"] if release.waits_for else []
    return [str(release.status), *waits, *(["broken"] if is_broken(release) else [])]


def is_broken(release: Release) -> bool:
    """Whether it is live, and not as it should be."""
    return release.status is Status.BLOCKED and release.step is Step.VERIFY_LIVE


def _wave(before: Release | None, after: Release) -> dict[str, Any] | None:
    """Where it is counted; None where it has left its wave."""
    if after.wave is None or (before is not None and before.progress.left_wave):
        return None
    return _given(
        name=after.wave,
        counts=keys.wave_counts(after.wave),
        ends=keys.wave_ends(after.wave),
        left=after.progress.left_wave or None,
        had_started=bool(before and before.attempts) or None,
    )


def standing(release: Release) -> str:
    """What monitors count it as, beside its status; empty for most."""
    if release.is_moving and release.step not in TO_AUDIT:
        return f"{release.step} {release.status}"
    return "behind" if release.waits_for == "older" else ""


def _since(release: Release) -> dict[str, str] | None:
    """In which index it stands by the time since when it is what it is."""
    review = release.review
    if is_broken(release):
        return {"index": keys.BROKEN, "at": f"{release.updated_at.timestamp():.3f}"}
    if review is None:
        return None
    at = {
        Status.SUBMITTED: review.submitted_at,
        Status.APPROVED: review.decided_at,
        Status.REJECTED: review.decided_at,
    }.get(release.status)
    return None if at is None else {"index": keys.since(release.status), "at": f"{at.timestamp():.3f}"}


def _state(release: Release) -> dict[str, Any]:
    return _given(
        status=str(release.status),
        counted=str(release.counted),
        index=keys.by_status(release.status),
        cause=release.cause or None,
        standing=standing(release) or None,
        since=_since(release),
        waits=f"waits {release.waits_for}" if release.waits_for and release.is_active else None,
    )


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _json(fields: dict[str, Any]) -> str:
    return json.dumps(_given(**fields), ensure_ascii=False)
