"""Releases that were rejected, or are live and broken: found by when that happened, and told in groups.

Those of a wave are told by their reasons, with the number and a few names each. Of no wave each is told by itself, unless they
are many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from shlex import quote
from typing import Any

import redis

from releases.notices import texts
from releases.notices.notice import Notice, Voice, plain, wave_path
from releases.notices.texts import Kind
from releases.record import Release
from releases.remedies import Text
from releases.states import Status
from releases.store import keys
from releases.store.changes import is_broken
from releases.store.records import ReleaseStore

#: A verdict counts as found so many seconds before it was, at the most: whoever notes it is a worker, whose call takes its time.
OVERLAP_S = 300.0
#: Releases that are looked at in one go; the others follow.
MOST_AT_ONCE = 1000
#: Rejections in a wave are told of at once, and after that no more often than that, in seconds: audits take days.
REJECTIONS_EVERY_S = 3600.0
#: So many releases of no wave are told of one by one; and so many reasons of many, and names of a reason.
_ONE_BY_ONE, _MOST_REASONS, _MOST_NAMES = 5, 2, 3
#: Two reasons are one that begin with the same so many characters.
_ALIKE = 60


@dataclass(frozen=True, slots=True)
class Group:
    """Releases that are told of together, by id with when it happened; none to tell of if `tell` is None."""

    kind: Kind
    members: Mapping[str, float]
    wave: str | None
    tell: Callable[[], Notice] | None


@dataclass(frozen=True, slots=True)
class _Heads:
    """What is said of many in a wave, of many in none, and of one."""

    in_wave: Text
    many: Text
    one: Text


_HEADS = {
    Kind.RELEASE_REJECTED: _Heads(texts.REJECTED_IN_WAVE, texts.REJECTED, texts.REJECTED_ONE),
    Kind.RELEASE_BROKEN: _Heads(texts.BROKEN_IN_WAVE, texts.BROKEN, texts.BROKEN_ONE),
}
_INDEXES = {Kind.RELEASE_REJECTED: keys.since(Status.REJECTED), Kind.RELEASE_BROKEN: keys.BROKEN}
KINDS = tuple(_INDEXES)


@dataclass(frozen=True, slots=True)
class StoppedReleases:
    """Finds and groups them. Safe to use from many threads."""

    client: redis.Redis
    store: ReleaseStore
    voice: Voice

    def since(self, kind: Kind, until: float, known: Mapping[str, float]) -> dict[str, float]:
        """Those of a kind that came after `until` and are not known, by id with when; a bounded number."""
        index, first = _INDEXES[kind], until - OVERLAP_S
        most = MOST_AT_ONCE + len(known)
        found: Any = self.client.zrangebyscore(index, first, "+inf", start=0, num=most, withscores=True)
        return {release_id: at for release_id, at in found if known.get(release_id) != at}

    def groups(self, kind: Kind, found: Mapping[str, float]) -> Iterator[Group]:
        """The same as they are told."""
        by_wave: defaultdict[str | None, list[Release]] = defaultdict(list)
        gone = dict(found)
        for stored in self.store.get_many(found):
            if stored is not None and _is(kind, stored.release):
                by_wave[stored.release.wave].append(stored.release)
                del gone[stored.release.id]
        if gone:
            yield Group(kind, gone, None, None)
        alone = by_wave.pop(None, [])
        if len(alone) > _ONE_BY_ONE:
            by_wave[None] = alone
        else:
            for release in alone:
                tell = partial(self._one, kind, release)
                yield Group(kind, {release.id: found[release.id]}, None, tell)
        for wave, releases in by_wave.items():
            members = {release.id: found[release.id] for release in releases}
            yield Group(kind, members, wave, partial(self._many, kind, wave, releases))

    def _one(self, kind: Kind, release: Release) -> Notice:
        voice = self.voice
        remedy = self._remedy(release) or voice(texts.SEE_RELEASE, id=release.id)
        head = voice(_HEADS[kind].one, name=_name(release))
        return voice.notice(head, self._why(release), remedy=remedy, path=f"/release/{release.id}")

    def _many(self, kind: Kind, wave: str | None, releases: Sequence[Release]) -> Notice:
        voice, heads = self.voice, _HEADS[kind]
        lines = tuple(self._reasons(releases))
        if wave is None:
            status = Status.REJECTED if kind is Kind.RELEASE_REJECTED else Status.BLOCKED
            see, path = voice(texts.SEE_STOPPED, status=status), f"/releases?status={status}"
            return voice.notice(voice(heads.many, number=len(releases)), *lines, remedy=see, path=path)
        head = voice(heads.in_wave, wave=wave, number=len(releases))
        see = voice(texts.SEE_WAVE, wave=quote(wave))
        return voice.notice(head, *lines, remedy=see, path=wave_path(wave))

    def _reasons(self, releases: Sequence[Release]) -> Iterator[str]:
        alike: defaultdict[str, list[Release]] = defaultdict(list)
        for release in releases:
            alike[plain(self._why(release), _ALIKE)].append(release)
        groups = sorted(alike.items(), key=lambda group: -len(group[1]))
        for reason, of_reason in groups[:_MOST_REASONS]:
            yield self.voice(texts.REASON, number=len(of_reason), reason=reason, names=self._names(of_reason))
        others = sum(len(of_reason) for _, of_reason in groups[_MOST_REASONS:])
        if others:
            yield self.voice(texts.MORE_REASONS, number=others)

    def _names(self, releases: Sequence[Release]) -> str:
        names = [plain(_name(release), 20) for release in releases[:_MOST_NAMES]]
        more = len(releases) - len(names)
        return self.voice(texts.BETWEEN).join(
            [*names, *([self.voice(texts.MORE_NAMES, number=more)] if more else [])]
        )

    def _why(self, release: Release) -> str:
        if release.block is not None:
            return self.voice.why(release.block)
        return (release.review and release.review.reason) or self.voice(texts.NO_REASON)

    def _remedy(self, release: Release) -> str:
        return "" if release.block is None else self.voice.remedy(release.block)


def _is(kind: Kind, release: Release) -> bool:
    """Whether it still is what it is to be told as."""
    return release.status is Status.REJECTED if kind is Kind.RELEASE_REJECTED else is_broken(release)


def _name(release: Release) -> str:
    return release.label or release.appid
