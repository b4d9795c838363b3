"""A change of a record as its scripts take it: one JSON object, whose names `lua/shared.lua` uses as they are.

What is None or empty is left out: Lua then has nil.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from releases.record import Release
from releases.scope import wave_scope
from releases.states import AT_REST, Status
from releases.store import keys
from releases.store.creations import Creation, Opening
from releases.store.known import Stored, dump
from releases.store.places import Place

#: What a release leaves of its Mini Program: the active place, or also its place as the newest of its version.
_LEAVES = {Status.SUBMITTED: "active", Status.CANCELLED: "all"}


def saving(
    before: Stored,
    after: Release,
    *,
    number: int | None,
    ends_lease: bool,
    place: Place | None,
    unless_paused: Sequence[str],
    left: str | None,
) -> str:
    """For save_release.lua; `left` is the newest release of a cancelled one's version that was not."""
    change = {
        **_change(before.release, after, place),
        "revision": str(before.revision),
        "number": None if number is None else str(number),
        "lease": keys.lease(after.appid),
        "ends_lease": ends_lease,
        "pauses": [keys.pause(scope) for scope in unless_paused],
        "mini_program": keys.mini_program(after.appid),
        "identity": after.identity,
        "leaves": _LEAVES.get(after.status),
        "left": left,
    }
    return _json(change)


def creating(creation: Creation, position: int, left: str | None) -> str:
    """One release for create_releases.lua; `position` is that among the new ones, `left` as above, of the superseded."""
    release, known = creation.release, creation.known
    # A microsecond apart at the least: they are listed in the order of their requests.
    created = release.created_at.timestamp() + position / 1e6
    change = {
        **_change(None, release, creation.place, created),
        "mini_program": keys.mini_program(release.appid),
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


def opening(what: Opening | None) -> str:
    """What begins with the releases, for create_releases.lua."""
    if what is None:
        return "{}"
    return _json(
        {
            "wave": what.wave,
            "policy": what.policy,
            "pause": what.pause or None,
            "policy_key": keys.wave_policy(what.wave),
            "pause_key": keys.pause(wave_scope(what.wave)),
            "watched": keys.WATCHED_WAVES,
        }
    )


def _superseded(creation: Creation, left: str | None) -> dict[str, Any] | None:
    after, before = creation.superseded, creation.known.active
    if after is None or before is None:
        return None
    change = _change(before.release, after, None)
    return _given(**change, revision=str(before.revision), identity=after.identity, left=left)


def counted(release: Release) -> list[str]:
    """The counts of its wave in which it is."""
    state = _state(release)
    return [
        state["status"],
        *([state["waits"]] if "waits" in state else []),
        *(["started"] if release.attempts else []),
    ]


def _change(
    before: Release | None, after: Release, place: Place | None, created: float | None = None
) -> dict[str, Any]:
    """What `write` in shared.lua takes. Without a place the release stays where it is; at rest it has none."""
    at_rest = after.status in AT_REST
    where = (
        {}
        if at_rest
        else None
        if place is None
        else _given(index=place.index, at=None if place.at is None else f"{place.at:.3f}")
    )
    comes_to_rest = at_rest and (before is None or before.status is not after.status)
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
        starts=bool(after.attempts and not (before and before.attempts)) or None,
        minute=str(int(after.updated_at.timestamp() // 60)) if comes_to_rest else None,
        ended_at=str(int(after.updated_at.timestamp())) if comes_to_rest else None,
        place=where,
        rests=at_rest or None,
        untold=keys.UNTOLD,
        changed=keys.CHANGED,
    )


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


def _state(release: Release) -> dict[str, str]:
    return _given(
        status=str(release.status),
        index=keys.by_status(release.status),
        cause=release.cause or None,
        waits=f"waits {release.waits_for}" if release.waits_for else None,
    )


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _json(fields: dict[str, Any]) -> str:
    return json.dumps(_given(**fields), ensure_ascii=False)
