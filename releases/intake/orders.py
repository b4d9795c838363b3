"""What people and programs order for many releases at once: the whole platform's, or a wave's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

from releases.errors import ReleaseConflict
from releases.intake.course import resumed
from releases.intake.one import Releases
from releases.record import By, Problem, Release
from releases.scope import Scope, live_scope
from releases.states import ACTIVE, Status, Step
from releases.steps.live.order import ordered, reverting
from releases.steps.live.times import Times
from releases.steps.preflight import Preflight
from releases.store.known import Stored
from releases.store.pauses import Pauses
from releases.store.places import Place, fed, held
from releases.store.records import ReleaseStore
from releases.waves.audit_quota import AuditQuotas
from releases.waves.brake import DEFAULT_MAX_BLOCKED, WavePolicy
from releases.waves.halves import FIRST, HALVES, LIVE, Half
from releases.waves.waves import Waves

#: What the resume of a wave starts again: what stands still until a person acts.
STOPPED = (Status.BLOCKED, Status.FAILED)
#: Which of them, where not all are meant.
Part = Callable[[Release], bool]


class Orders:
    """Resumes and cancels many. Each may be repeated: what was done already is left as it is."""

    def __init__(
        self,
        *,
        store: ReleaseStore,
        releases: Releases,
        waves: Waves,
        pauses: Pauses,
        preflight: Preflight,
        audit_quotas: AuditQuotas,
        times: Times,
    ) -> None:
        self._store = store
        self._releases = releases
        self._waves = waves
        self._pauses = pauses
        self._preflight = preflight
        self._audit_quotas = audit_quotas
        self._times = times

    def resume_platform(
        self, by: By, scopes: Collection[Scope] = tuple(Scope)
    ) -> tuple[list[Release], list[Scope]]:
        """End the platform's pauses, all or some; returns the releases that they held, and which there were."""
        held = self.held_by_platform(scopes)
        for scope in scopes:
            self._note(held, scope, "the platform goes on", by)
        lifted = [scope for scope in scopes if self._pauses.lift(scope)]
        # Whoever goes on may have had the quota raised.
        self._audit_quotas.forget()
        return held, lifted

    def held_by_platform(self, scopes: Collection[Scope] = tuple(Scope)) -> list[Release]:
        """The releases that the platform's pauses hold."""
        waiting = self._store.find(status=Status.WAITING)
        return [release for release in waiting if release.progress.held in scopes]

    def is_braked(self, wave: str, halves: Collection[Half] = HALVES) -> bool:
        """Whether the wave waits for a person, in either half, who has done something about it: a canary is not cut short."""
        # The cause may have been a domain.
        self._preflight.forget()
        return any(self._waves.is_stopped(wave, half) for half in halves)

    def let_go(self, wave: str, by: By, halves: Collection[Half] = HALVES) -> None:
        """Let a braked wave go on. Last: until then the brake would judge by what has just been resumed."""
        waiting = list(self._store.find(wave=wave, status=Status.WAITING))
        for half, what in ((FIRST, "the wave goes on"), (LIVE, "the publications of the wave go on")):
            if half in halves and self._waves.is_stopped(wave, half):
                self._note(waiting, half.scope(wave), what, by)
        self._waves.let_go(wave, halves)

    def stopped_in(self, wave: str, part: Part, halves: Collection[Half] = HALVES) -> list[Release]:
        """What a resume of the wave starts again, or of a part of it."""
        return [
            release
            for status in STOPPED
            for release in self._store.find(wave=wave, status=status)
            if part(release) and (FIRST if release.is_active else LIVE) in halves
        ]

    def resume_wave(
        self, wave: str, by: By, part: Part = lambda _: True, halves: Collection[Half] = HALVES
    ) -> None:
        """Start what is blocked or failed in the wave again, and let it go on if it waits for a person."""
        braked = self.is_braked(wave, halves)
        for release in self.stopped_in(wave, part, halves):
            with suppress(ReleaseConflict):  # somebody has ended it meanwhile
                self._releases.resume(release.id, by)
        if braked:
            self.let_go(wave, by, halves)

    def cancel_wave(self, wave: str, by: By) -> None:
        """End all of the wave that has not ended, while nothing of it begins; raises ReleaseConflict.

        What was ordered to go live, and has not been sent to WeChat, is approved as before; what has been is left alone.
        """
        with self._waves.standing_still(wave):
            for status in sorted(ACTIVE):
                for release in self._store.find(wave=wave, status=status):
                    with suppress(ReleaseConflict):  # its publication has been sent meanwhile
                        # What has left its step is left alone: another cancel of the wave may have made it approved again.
                        self._releases.cancel(release.id, by=by, only_moving=True)

    def publish_wave(
        self,
        wave: str,
        by: By,
        *,
        canary: int = 0,
        max_blocked: float | None = None,
        not_before: datetime | None = None,
    ) -> list[Release]:
        """Order all approved releases of the wave to go live, not before that time; returns those that this has ordered.

        The `canary` oldest go first, and the rest waits for `resume_wave`. They are fed to the queue as a new wave is, so
        that nobody waits behind them. Repeated, it orders what is left: also where it was broken off in the middle.
        """
        found = list(self._store.find_stored(wave=wave, status=Status.APPROVED))
        if not found:
            return []
        ordering = partial(ordered, now=self._releases.now(), by=by, not_before=not_before)
        first = self._first_to_publish(wave, canary, len(found))
        # In this order: those that wait for a pause find it, and its canary is not judged before there is one.
        written = self._order_all(
            found[:first], lambda old: self._begun(ordering(old).progressed(passes=bool(canary)))
        )
        self._waves.begin_publishing(wave, _policy(canary, max_blocked))
        pause = self._waves.state(wave, LIVE).pause
        if pause is None:
            rest = self._order_all(found[first:], lambda old: self._begun(ordering(old)))
        else:
            why = Problem(**pause.model_dump(include=set(Problem.model_fields)))
            rest = self._order_all(
                found[first:],
                lambda old: ordering(old).put_off(why, self._releases.now(), held=live_scope(wave)),
            )
        return written + rest

    def revert_wave(self, wave: str, by: By) -> list[Release]:
        """Take back what is live of the wave, well or not; what of it is not live yet waits. Returns what this takes back."""
        self._waves.stop_publishing(wave)
        stopped = (
            stored for status in STOPPED for stored in self._store.find_stored(wave=wave, status=status)
        )
        in_the_shop = [stored for stored in stopped if stored.release.step in (Step.VERIFY_LIVE, Step.REVERT)]
        live = self._store.find_stored(wave=wave, status=Status.LIVE)
        written = self._order_all([*live, *in_the_shop], lambda old: self._taken_back(old, by))
        for stored in in_the_shop:
            self._releases.outcomes.tell(stored.release.id)
        return written

    def _taken_back(self, release: Release, by: By) -> Release:
        """One whose revert was stopped goes on with that: what was sent to WeChat may have been done."""
        now = self._releases.now()
        return resumed(release, now, by) if release.step is Step.REVERT else reverting(release, now, by)

    def _first_to_publish(self, wave: str, canary: int, found: int) -> int:
        """How many may go first: what is left of a canary that was ordered in part; nobody where a pause is on for another reason."""
        pause = self._waves.state(wave, LIVE).pause
        if pause is None:
            return canary or found
        if not pause.canary:
            return 0
        tally = self._store.tally(LIVE.counts(wave))
        return max(0, canary - (sum(tally.counts.values()) - tally.held))

    def _begun(self, release: Release) -> Release:
        return self._times.begun(release, self._releases.now())

    def _order_all(self, found: Sequence[Stored], change: Callable[[Release], Release]) -> list[Release]:
        """Change many, whose messages workers send as the queue empties."""
        changed = [(stored, change(stored.release)) for stored in found]
        return self._store.save_all([(stored, after, _place(after)) for stored, after in changed])

    def _note(self, waiting: Iterable[Release], scope: str, what: str, by: By) -> None:
        """Have the history of each release that this pause holds tell who ended it, before it is ended."""
        if self._pauses.current(scope) is None:
            return
        for release in waiting:
            if release.progress.held == scope:
                self._releases.note(release.id, what, by)


def _policy(canary: int, max_blocked: float | None) -> WavePolicy | None:
    if not canary and max_blocked is None:
        return None
    return WavePolicy(canary=canary, max_blocked=DEFAULT_MAX_BLOCKED if max_blocked is None else max_blocked)


def _place(release: Release) -> Place:
    return held(release.progress.held) if release.progress.held else fed(release)
