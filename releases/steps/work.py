"""The work of the steps, with what each of them needs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from releases.record import Release
from releases.states import Status, Step
from releases.steps.ahead import Others, make_way
from releases.steps.attempt import Attempt
from releases.steps.calls import MiniProgramCalls, WebView
from releases.steps.commit_code import commit_code
from releases.steps.ensure_domains import (
    ALREADY_THERE,
    RegisteredHosts,
    each_in_turn,
    ensure_domains,
    wanted_by,
)
from releases.steps.live.guard import Guard
from releases.steps.live.publish import publish
from releases.steps.live.revert import revert
from releases.steps.live.shop import Shop
from releases.steps.live.times import Times
from releases.steps.live.verify_live import verify_live
from releases.steps.look import Look
from releases.steps.ours import name_of_live
from releases.steps.outcomes import Arrived, Done, Outcome, Submitted
from releases.steps.preflight import Preflight
from releases.steps.submit_audit import submit_audit
from releases.steps.watch_audit import watch_audit
from releases.store.known import Stored
from wechat.domains import Domains


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Does a step's work. Safe to use from many threads."""

    wanted: Domains
    preflight: Preflight
    registered_hosts: RegisteredHosts
    registered_jump_hosts: RegisteredHosts
    others: Others
    shop: Shop
    now: Callable[[], datetime]
    times: Times

    def do(  # noqa: PLR0911 - one line for each step
        self, step: Step, mini_program: MiniProgramCalls, attempt: Attempt
    ) -> Outcome:
        """Do the step's work; raises what WeChat refuses, and StepBlocked, Undone, StandsBehind or NotYet."""
        self.times.may_begin(attempt.release, self.now())
        match step:
            case Step.ENSURE_DOMAINS:
                return self._ensure_domains(mini_program, attempt)
            case Step.COMMIT_CODE:
                self._make_way(mini_program, attempt)
                self._confirm_domains(mini_program, attempt)
                return Done(commit_code(mini_program, attempt.release, attempt))
            case Step.SUBMIT_AUDIT:
                if attempt.release.progress.submit_at is None:
                    self._make_way(mini_program, attempt)
                confirm = partial(self._confirm_domains, mini_program, attempt)
                whose = partial(self._whose, attempt.release)
                return Submitted(*submit_audit(mini_program, attempt.release, attempt, confirm, whose))
            case Step.WATCH_AUDIT if isinstance(attempt, Look):
                return watch_audit(mini_program, attempt.release, attempt, self.now())
            case Step.PUBLISH:
                self._mend(mini_program, attempt)
                return Done(publish(mini_program, attempt.release, attempt, self._guard(attempt.release)))
            case Step.VERIFY_LIVE:
                return Arrived(Status.LIVE, self._verify(mini_program, attempt))
            case Step.REVERT:
                return Arrived(Status.REVERTED, self._revert(mini_program, attempt))
        raise NotImplementedError(step)

    def _ensure_domains(self, mini_program: MiniProgramCalls, attempt: Attempt) -> Done:
        own, wave = attempt.release.domains, attempt.release.wave
        is_committed = attempt.release.progress.commit_at is not None
        if wave is not None and not is_committed:
            self.preflight.check_template(attempt.release.template_id, wave)
        what = self._ensure(mini_program, attempt.release, wave if own is None else None)
        self._confirmed(attempt)
        return Done(what)

    def _confirm_domains(self, mini_program: MiniProgramCalls, attempt: Attempt) -> None:
        """Do the first step's work again where it was done long ago: a free `get`, as long as nobody removed one."""
        if not attempt.domains_are_old:
            return
        what = self._ensure(mini_program, attempt.release)
        if what != ALREADY_THERE:
            attempt.note(f"domains confirmed again: {what}")
        self._confirmed(attempt)

    def _confirmed(self, attempt: Attempt) -> None:
        attempt.know(domains_at=self.now().timestamp(), unshown=0, unadded=0)

    def _make_way(self, mini_program: MiniProgramCalls, attempt: Attempt) -> None:
        make_way(self.others, mini_program, attempt, self.now(), self.shop.taken_by)

    def _whose(self, release: Release, auditid: int) -> Stored | None:
        """The other release of this Mini Program that has this audit, if there is one."""
        others = self.others.find(appid=release.appid)
        has_it = (other.id for other in others if other.auditid == auditid and other.id != release.id)
        return next(filter(None, map(self.others.get, has_it)), None)

    def _ensure(self, mini_program: MiniProgramCalls, release: Release, wave: str | None = None) -> str:
        """Ensure the domains of both kinds; with a wave they are held against the platform's pools before."""
        wanted, progress = wanted_by(release, self.wanted), release.progress

        def server() -> str:
            with nullcontext() if wave is None else self.preflight.of(wanted.server, wave):
                return ensure_domains(mini_program, wanted.server, self.registered_hosts, progress)

        def web_view() -> str:
            return ensure_domains(
                WebView(mini_program), wanted.web_view, self.registered_jump_hosts, progress
            )

        if not wanted.web_view:
            return server()
        if wave is not None:
            self.preflight.check_web_view(wanted.web_view, wave)
        return each_in_turn(server, web_view)

    def _verify(self, mini_program: MiniProgramCalls, attempt: Attempt) -> str:
        release = attempt.release  # with what a resume has asked for
        self._mend(mini_program, attempt)
        what = verify_live(mini_program, release, attempt, wanted_by(release, self.wanted))
        self.shop.taken_by(release)
        return what

    def _revert(self, mini_program: MiniProgramCalls, attempt: Attempt) -> str:
        live = revert(mini_program, attempt.release, attempt)
        self.shop.given_back(attempt.release, live)
        return f"taken back; {name_of_live(live)} is live" if live else "taken back"

    def _mend(self, mini_program: MiniProgramCalls, attempt: Attempt) -> None:
        """Ensure the domains after a resume: what stopped it may have been the platform's pool, which is read anew."""
        if attempt.release.progress.mend:
            self.preflight.forget()
            attempt.note(f"before it goes on: {self._ensure(mini_program, attempt.release)}")
            attempt.know(mend=False)

    def check_time(self, release: Release) -> None:
        """Raise NotYet where nothing is to be published now."""
        self.times.check(release, self.now())

    def _guard(self, release: Release) -> Guard:
        return Guard(
            wanted_by(release, self.wanted),
            self.preflight.published_hosts,
            self.preflight.published_jump_hosts,
            check_time=self.check_time,
        )
