"""What people and programs order for many releases at once: the whole platform's, or a wave's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from releases.intake.course import resumed
from releases.intake.one import Releases
from releases.intake.publications import in_words
from releases.record import By, Release
from releases.scope import Scope, live_scope
from releases.states import ACTIVE, Status, Step
from releases.steps.live.order import ordered, reverting
from releases.steps.live.times import Times
from releases.steps.preflight import Preflight
from releases.store.actions import Action, Actions, What
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
    """Resumes and cancels many. Each may be repeated: what was done already is left as it is.

    `within` is the order of which something is a part, where that is for more than this.
    """

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
        actions: Actions,
    ) -> None:
        self._store = store
        self._releases = releases
        self._waves = waves
        self._pauses = pauses
        self._preflight = preflight
        self._audit_quotas = audit_quotas
        self._times = times
        self._actions = actions

    def pause_platform(self, scope: Scope, by: By) -> None:
        """Have everything, or submissions alone, wait until somebody resumes the platform."""
        self._actions.note(self._action(What.PAUSE, by, scope=scope))
        self._pauses.begin_by_hand(scope, by.reason or "", by.actor)

    def resume_platform(
        self, by: By, scopes: Collection[Scope] = tuple(Scope)
    ) -> tuple[list[Release], list[Scope]]:
        """End the platform's pauses, all or some; returns the releases that they held, and which there were."""
        held = self.held_by_platform(scopes)
        on = [scope for scope in scopes if self._pauses.current(scope) is not None]
        if on:
            self._actions.note(self._action(What.RESUME_PLATFORM, by, scope=on[0], number=len(held)))
        for scope in on:
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

    def held(self, wave: str, halves: Collection[Half] = HALVES) -> int:
        """How many releases of the wave wait for a person who lets it go on."""
        stopped = [half for half in halves if self._waves.is_stopped(wave, half)]
        return sum(self._waves.state(wave, half).held for half in stopped)

    def set_bound(self, wave: str, max_blocked: float, by: By) -> None:
        """Have the wave stop at so many per cent blocked or failed from now on."""
        said = in_words(None, max_blocked=max_blocked)
        self._actions.note(self._action(What.SET_BOUND, by, wave=wave, detail=said))
        self._waves.set_bound(wave, max_blocked)

    def let_go(
        self, wave: str, by: By, within: Action | None = None, halves: Collection[Half] = HALVES
    ) -> None:
        """Let a braked wave go on. Last: until then the brake would judge by what has just been resumed."""
        self._actions.note(within or self._action(What.RESUME, by, wave=wave, number=self.held(wave)))
        waiting = list(self._store.find(wave=wave, status=Status.WAITING))
        for half, what in ((FIRST, "the wave goes on"), (LIVE, "the publications of the wave go on")):
            if half in halves and self._waves.is_stopped(wave, half):
                self._note(waiting, half.scope(wave), what, by)
        self._waves.let_go(wave, halves)

    def stopped_in(self, wave: str, part: Part, halves: Collection[Half] = HALVES) -> list[Release]:
        """What a resume of the wave starts again, or of a part of it."""
        found = self._each_once(wave, STOPPED)
        return [one for one in found if part(one) and (FIRST if one.is_active else LIVE) in halves]

    def resume_wave(
        self,
        wave: str,
        by: By,
        part: Part = lambda _: True,
        halves: Collection[Half] = HALVES,
        detail: str | None = None,
    ) -> None:
        """Start what is blocked or failed in the wave again, or a part of it, and let it go on if it waits for a person."""
        braked = self.is_braked(wave, halves)
        stopped = self.stopped_in(wave, part, halves)
        number = len(stopped) + (self.held(wave, halves) if braked else 0)
        order = self._action(What.RESUME, by, wave=wave, number=number, detail=detail)
        self._releases.resume_all([release.id for release in stopped], by, within=order)
        if braked:
            self.let_go(wave, by, order, halves)

    def cancel_wave(self, wave: str, by: By) -> None:
        """End all of the wave that has not ended, while nothing of it begins; raises ReleaseConflict.

        What was ordered to go live, and has not been sent to WeChat, is approved as before; what has been is left alone.
        """
        with self._waves.standing_still(wave):
            found = self._each_once(wave, sorted(ACTIVE))
            order = self._action(What.CANCEL, by, wave=wave, number=len(found))
            # What has left its step is left alone: another cancel of the wave may have made it approved again.
            self._releases.cancel_all([release.id for release in found], by, within=order)

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
        said = in_words(not_before, canary, max_blocked)
        self._actions.note(self._action(What.PUBLISH, by, wave=wave, number=len(found), detail=said))
        ordering = partial(ordered, now=self._releases.now(), by=by, not_before=not_before)
        first = self._first_to_publish(wave, canary, len(found))
        # In this order: those that wait for a pause find it, and its canary is not judged before there is one.
        written = self._order_all(
            found[:first], lambda old: self._begun(ordering(old).progressed(canary=bool(canary)))
        )
        self._waves.begin_publishing(wave, _policy(canary, max_blocked))
        pause = self._waves.state(wave, LIVE).pause
        if pause is None:
            rest = self._order_all(found[first:], lambda old: self._begun(ordering(old)))
        else:
            rest = self._order_all(
                found[first:],
                lambda old: ordering(old).put_off(pause, self._releases.now(), held=live_scope(wave)),
            )
        return written + rest

    def revert_wave(self, wave: str, by: By) -> list[Release]:
        """Take back what is live of the wave, well or not; what of it is not live yet waits. Returns what this takes back."""
        is_stopped = self._waves.stop_publishing(wave)
        stopped = (
            stored for status in STOPPED for stored in self._store.find_stored(wave=wave, status=status)
        )
        in_the_shop = [stored for stored in stopped if stored.release.step in (Step.VERIFY_LIVE, Step.REVERT)]
        live = self._store.find_stored(wave=wave, status=Status.LIVE)
        found = [*live, *in_the_shop]
        if found or is_stopped:
            self._actions.note(self._action(What.REVERT, by, wave=wave, number=len(found)))
        return self._order_all(found, lambda old: self._taken_back(old, by))

    def _each_once(self, wave: str, statuses: Iterable[Status]) -> list[Release]:
        """Those of the wave that stand so."""
        found = (one for status in statuses for one in self._store.find(wave=wave, status=status))
        return list({release.id: release for release in found}.values())

    def _action(self, what: What, by: By, **to: Any) -> Action:
        return Action.of(what, by, self._releases.now(), **to)

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
        held_by = [release.id for release in waiting if release.progress.held == scope]
        self._releases.note_all(held_by, what, by)


def _policy(canary: int, max_blocked: float | None) -> WavePolicy | None:
    if not canary and max_blocked is None:
        return None
    return WavePolicy(canary=canary, max_blocked=DEFAULT_MAX_BLOCKED if max_blocked is None else max_blocked)


def _place(release: Release) -> Place:
    return held(release.progress.held) if release.progress.held else fed(release)
