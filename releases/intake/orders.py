"""What people and programs order for many releases at once: the whole platform's, or a wave's."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from releases.errors import ReleaseConflict
from releases.intake.one import Releases
from releases.record import By, Release
from releases.scope import Scope, wave_scope
from releases.states import ACTIVE, Status
from releases.steps.preflight import Preflight
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from releases.waves.audit_quota import AuditQuotas
from releases.waves.waves import Waves

#: What the resume of a wave starts again: what stands still until a person acts.
STOPPED = (Status.BLOCKED, Status.FAILED)


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
    ) -> None:
        self._store = store
        self._releases = releases
        self._waves = waves
        self._pauses = pauses
        self._preflight = preflight
        self._audit_quotas = audit_quotas

    def resume_platform(self, by: By) -> tuple[list[Release], list[Scope]]:
        """End the platform's pauses; returns the releases that they held, and which there were."""
        waiting = self._store.find(status=Status.WAITING)
        held = [release for release in waiting if release.progress.held in set(Scope)]
        for scope in Scope:
            self._note(held, scope, "the platform goes on", by)
        lifted = [scope for scope in Scope if self._pauses.lift(scope)]
        # Whoever goes on may have had the quota raised.
        self._audit_quotas.forget()
        return held, lifted

    def is_braked(self, wave: str) -> bool:
        """Whether a brake holds the wave, now that somebody has done something about its cause: a canary is not cut short."""
        # The cause may have been a domain.
        self._preflight.forget()
        pause = self._waves.state(wave).pause
        return pause is not None and not pause.canary

    def let_go(self, wave: str, by: By) -> None:
        """Let a braked wave go on. Last: until then the brake would judge by what has just been resumed."""
        waiting = self._store.find(wave=wave, status=Status.WAITING)
        self._note(waiting, wave_scope(wave), "the wave goes on", by)
        self._waves.let_go(wave)

    def resume_wave(self, wave: str, by: By) -> None:
        """Start what is blocked or failed in the wave again, and let it go on if it is braked."""
        braked = self.is_braked(wave)
        for status in STOPPED:
            for release in self._store.find(wave=wave, status=status):
                with suppress(ReleaseConflict):  # somebody has ended it meanwhile
                    self._releases.resume(release.id, by)
        if braked:
            self.let_go(wave, by)

    def cancel_wave(self, wave: str, by: By) -> None:
        """End all of the wave that has not ended, while nothing of it begins; raises ReleaseConflict."""
        with self._waves.standing_still(wave):
            for status in sorted(ACTIVE):
                for release in self._store.find(wave=wave, status=status):
                    with suppress(ReleaseConflict):  # it has been submitted meanwhile
                        self._releases.cancel(release.id, by=by)

    def _note(self, waiting: Iterable[Release], scope: str, what: str, by: By) -> None:
        """Have the history of each release that this pause holds tell who ended it, before it is ended."""
        if self._pauses.current(scope) is None:
            return
        for release in waiting:
            if release.progress.held == scope:
                self._releases.note(release.id, what, by)
