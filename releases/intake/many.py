"""Many requests at once: all of them become releases, or none does.

Their records are written in one go and their messages are left to the workers (`Due`), so a crash in
the middle loses nothing, and repeating the same batch finds what the first time wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from shlex import quote

from releases.errors import InvalidRequest, ReleaseConflict
from releases.intake.decide import Repetition, decide
from releases.intake.one import Enqueued, Releases
from releases.record import NOBODY, By, Problem, Release, identity
from releases.request import ReleaseRequest
from releases.scope import wave_scope
from releases.states import GOING_ON
from releases.store.actions import Action, What
from releases.store.creations import Creation
from releases.store.known import Known
from releases.store.places import fed, held
from releases.store.records import ReleaseStore
from releases.waves.brake import WavePolicy, canary_pause
from releases.waves.waves import Waves

#: The batch is decided anew so often when others enqueue for the same Mini Programs at the same moment.
_TRIES = 5


def contradictions(requests: Sequence[ReleaseRequest]) -> Iterator[tuple[int, int]]:
    """The positions of requests whose Mini Program has another request in the batch already, and of that."""
    first: dict[str, int] = {}
    for position, request in enumerate(requests):
        earlier = first.setdefault(request.appid, position)
        if requests[earlier] != request:
            yield position, earlier


class Conflicts(Exception):
    """Requests that contradict releases which are there, by their position in the batch."""

    def __init__(self, conflicts: Mapping[int, ReleaseConflict]) -> None:
        super().__init__(conflicts)
        self.conflicts = conflicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Enqueues many requests. Safe to use from many threads and processes."""

    store: ReleaseStore
    releases: Releases

    def enqueue(
        self,
        requests: Sequence[ReleaseRequest],
        policy: WavePolicy | None = None,
        before_writing: Callable[[], None] = lambda: None,
        by: By = NOBODY,
    ) -> list[Enqueued]:
        """Create what is new and find what is not, in the order of the requests; raises Conflicts.

        With a policy all requests have to be of one wave that has no release yet, or repeat those that it has. A wave
        that has some begins anew where these requests supersede or repeat all of them that go on.
        `before_writing` is called before they are written, all or none.
        """
        for _ in range(_TRIES):
            creations, enqueued = self._decided(requests, by)
            repeated = [one.release for one in enqueued if not one.created]
            if repeated and not self.store.confirm(*(release.id for release in repeated)):
                continue  # one of them was never confirmed, and is lost
            opening = None
            if policy is not None and creations:
                creations = self._with_canary(creations, repeated, policy)
                opening = Waves.opening(str(creations[0].release.wave), policy)
                enqueued = _updated(enqueued, creations)
            before_writing()
            if not creations or self.store.create_all(creations, opening, self._action(creations, by)):
                return enqueued
        raise ReleaseConflict("", "others enqueue for the same Mini Programs at this moment; try again")

    def check(self, requests: Sequence[ReleaseRequest], policy: WavePolicy | None) -> None:
        """Raise the InvalidRequest that `enqueue` would raise for the policy as things stand; writes nothing.

        Requests that contradict releases which are there would be refused before that, so they raise nothing here.
        """
        if policy is None:
            return
        with suppress(Conflicts):
            creations, enqueued = self._decided(requests, NOBODY)
            if creations:
                self._with_canary(creations, [one.release for one in enqueued if not one.created], policy)

    def _action(self, creations: Sequence[Creation], by: By) -> Action:
        """The order, which counts what is new."""
        first, *more = (creation.release for creation in creations)
        now = self.releases.now()
        if not more:
            return Action.of(What.ENQUEUE, by, now, first)
        is_wave = all(other.wave == first.wave for other in more)
        return Action.of(What.ENQUEUE, by, now, wave=first.wave if is_wave else None, number=len(creations))

    def _decided(self, requests: Sequence[ReleaseRequest], by: By) -> tuple[list[Creation], list[Enqueued]]:
        """What is to be created, and the answer to each request; raises Conflicts."""
        known = self.store.known_to_all([(request.appid, identity(request)) for request in requests])
        conflicts: dict[int, ReleaseConflict] = {}
        creations: list[Creation] = []
        answers: dict[ReleaseRequestKey, Enqueued] = {}
        enqueued: list[Enqueued] = []
        for number, (request, there) in enumerate(zip(requests, known, strict=True)):
            key = request.appid, identity(request)
            if key not in answers:
                try:
                    answers[key] = self._answer(request, there, creations, by)
                except ReleaseConflict as conflict:
                    conflicts[number] = conflict
                    continue
            enqueued.append(answers[key])
        if conflicts:
            raise Conflicts(conflicts)
        return creations, enqueued

    def _answer(self, request: ReleaseRequest, known: Known, creations: list[Creation], by: By) -> Enqueued:
        decision = decide(request, known)
        if isinstance(decision, Repetition):
            return Enqueued(decision.release, created=False)
        release, superseded = self.releases.new(request, decision, by=by)
        creations.append(Creation(release, known, fed(release), superseded))
        return Enqueued(release, created=True)

    def _with_canary(
        self, creations: Sequence[Creation], repeated: Sequence[Release], policy: WavePolicy
    ) -> list[Creation]:
        """The first so many pass, the rest waits for them."""
        superseded = [one.known.active.release for one in creations if one.superseded and one.known.active]
        wave = self._opened_by([creation.release.wave for creation in creations], superseded, repeated)
        if not policy.canary:
            return list(creations)
        pause = canary_pause(wave, policy)
        return [
            replace(creation, release=creation.release.progressed(passes=True))
            if number < policy.canary
            else _held_back(creation, wave, pause)
            for number, creation in enumerate(creations)
        ]

    def _opened_by(
        self, waves: Sequence[str | None], superseded: Sequence[Release], repeated: Sequence[Release]
    ) -> str:
        """The wave that all new releases are of, and that begins with them, or anew; raises InvalidRequest."""
        wave = waves[0]
        if not wave or any(other != wave for other in waves):
            raise InvalidRequest("wave", "must be the same for all, where there is a canary or a brake")
        counts = self.store.wave_tally(wave).counts
        if not sum(counts.values()):
            return wave
        if not any(old.wave == wave for old in superseded):
            raise InvalidRequest(
                "canary",
                f"wave {wave} has releases already; begin a new wave, or ask for `supersede` to begin this one anew",
            )
        met = {one.id: one.status for one in (*superseded, *repeated) if one.wave == wave}
        others = sum(counts[status] for status in GOING_ON) - sum(of in GOING_ON for of in met.values())
        if others > 0:
            raise InvalidRequest(
                "canary",
                f"{others} of the releases of wave {wave} that go on are not superseded by these requests: add them, or "
                f"cancel them first. See: mprelease list --wave {quote(wave)}",
            )
        return wave


#: Which release a request is for: appid and identity.
ReleaseRequestKey = tuple[str, str]


def _held_back(creation: Creation, wave: str, why: Problem) -> Creation:
    before = creation.release
    release = before.put_off(why, before.created_at, held=wave_scope(wave))
    return replace(creation, release=release, place=held(wave_scope(wave)))


def _updated(enqueued: Sequence[Enqueued], creations: Sequence[Creation]) -> list[Enqueued]:
    newest = {creation.release.id: creation.release for creation in creations}
    return [Enqueued(newest.get(one.release.id, one.release), one.created) for one in enqueued]
