"""The work of the three steps, with what each of them needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

from releases.record import Release
from releases.states import Step
from releases.steps.attempt import Attempt
from releases.steps.calls import MiniProgramCalls
from releases.steps.commit_code import commit_code
from releases.steps.ensure_domains import ALREADY_THERE, ensure_domains
from releases.steps.outcomes import Done, Submitted
from releases.steps.preflight import Preflight
from releases.steps.submit_audit import submit_audit
from wechat.domains import Domains


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Does a step's work. Safe to use from many threads."""

    wanted: Domains
    preflight: Preflight
    registered_hosts: Callable[[], Collection[str] | None]
    releases_of: Callable[[str], Iterable[Release]]

    def do(self, step: Step, mini_program: MiniProgramCalls, attempt: Attempt) -> Done | Submitted:
        """Do the step's work; raises what WeChat refuses, and StepBlocked or TrialReplaced."""
        match step:
            case Step.ENSURE_DOMAINS:
                return self._ensure_domains(mini_program, attempt)
            case Step.COMMIT_CODE:
                self._confirm_domains(mini_program, attempt)
                return Done(commit_code(mini_program, attempt.release, attempt))
            case Step.SUBMIT_AUDIT:
                confirm = partial(self._confirm_domains, mini_program, attempt)
                is_anothers = partial(self._is_anothers, attempt.release)
                return Submitted(*submit_audit(mini_program, attempt.release, attempt, confirm, is_anothers))

    def _ensure_domains(self, mini_program: MiniProgramCalls, attempt: Attempt) -> Done:
        own, wave = attempt.release.domains, attempt.release.wave
        is_committed = attempt.release.progress.commit_at is not None
        wanted = self._wanted_by(attempt.release)
        if wave is not None and not is_committed:
            self.preflight.check_template(attempt.release.template_id, wave)
        with self.preflight.of(wanted, wave) if own is None and wave is not None else nullcontext():
            what = ensure_domains(mini_program, wanted, self.registered_hosts, attempt.release.progress)
        attempt.domains_confirmed()
        return Done(what)

    def _confirm_domains(self, mini_program: MiniProgramCalls, attempt: Attempt) -> None:
        """Do the first step's work again where it was done long ago: a free `get`, as long as nobody removed one."""
        if not attempt.domains_are_old:
            return
        release = attempt.release
        wanted = self._wanted_by(release)
        what = ensure_domains(mini_program, wanted, self.registered_hosts, release.progress)
        if what != ALREADY_THERE:
            attempt.note(f"domains confirmed again: {what}")
        attempt.domains_confirmed()

    def _is_anothers(self, release: Release, auditid: int) -> bool:
        """Whether another release of this Mini Program has this audit."""
        others = self.releases_of(release.appid)
        return any(other.auditid == auditid and other.id != release.id for other in others)

    def _wanted_by(self, release: Release) -> Domains:
        return self.wanted if release.domains is None else Domains.wanted(release.domains)
