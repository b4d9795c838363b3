"""The three Celery tasks of a release. Their work stands in the modules named like them."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial

from celery import shared_task

from releases.states import Step
from releases.steps.attempt import Attempt
from releases.steps.commit_code import commit_code as do_commit_code
from releases.steps.ensure_domains import ALREADY_THERE
from releases.steps.ensure_domains import ensure_domains as do_ensure_domains
from releases.steps.submit_audit import submit_audit as do_submit_audit
from tasks.services import Services
from tasks.step_task import StepTask
from wechat.domains import Domains
from wechat.mini_program import MiniProgram


@shared_task(bind=True, base=StepTask, name=Step.ENSURE_DOMAINS.task_name)
def ensure_domains(self: StepTask, release_id: str, appid: str, _user_version: str = "") -> str:
    """Add the platform's missing domains. Safe to run twice: reads first, adds only what is missing."""
    return self.run_step(Step.ENSURE_DOMAINS, release_id, appid, _ensure_domains).told(Step.ENSURE_DOMAINS)


@shared_task(bind=True, base=StepTask, name=Step.COMMIT_CODE.task_name)
def commit_code(self: StepTask, release_id: str, appid: str, _user_version: str = "") -> str:
    """Commit the version. Safe to run twice: asks whether an earlier commit landed before repeating it."""
    return self.run_step(Step.COMMIT_CODE, release_id, appid, _commit_code).told(Step.COMMIT_CODE)


@shared_task(bind=True, base=StepTask, name=Step.SUBMIT_AUDIT.task_name)
def submit_audit(self: StepTask, release_id: str, appid: str, _user_version: str = "") -> int | None:
    """Submit for audit and return the audit id. Safe to run twice: asks for an earlier audit first."""
    return self.run_step(Step.SUBMIT_AUDIT, release_id, appid, _submit_audit).auditid


def _ensure_domains(mini_program: MiniProgram, attempt: Attempt, services: Services) -> None:
    own, wave = attempt.release.domains, attempt.release.wave
    wanted = _wanted(attempt, services)
    if wave is not None:
        services.audit_quotas.refresh(mini_program.appid)
    with services.preflight.of(wanted, wave) if own is None and wave is not None else nullcontext():
        what = do_ensure_domains(mini_program, wanted, services.wechat.registered_hosts)
    attempt.domains_confirmed()
    attempt.done(Step.COMMIT_CODE, what)


def _commit_code(mini_program: MiniProgram, attempt: Attempt, services: Services) -> None:
    _confirm_domains(mini_program, attempt, services)
    what = do_commit_code(mini_program, attempt.release, attempt)
    attempt.done(Step.SUBMIT_AUDIT, what)


def _submit_audit(mini_program: MiniProgram, attempt: Attempt, services: Services) -> None:
    confirm = partial(_confirm_domains, mini_program, attempt, services)
    attempt.submitted(*do_submit_audit(mini_program, attempt.release, attempt, confirm))


def _confirm_domains(mini_program: MiniProgram, attempt: Attempt, services: Services) -> None:
    """Do the first step's work again where it was done long ago: a free `get`, as long as nobody removed one."""
    if not attempt.domains_are_old:
        return
    what = do_ensure_domains(mini_program, _wanted(attempt, services), services.wechat.registered_hosts)
    if what != ALREADY_THERE:
        attempt.note(f"domains confirmed again: {what}")
    attempt.domains_confirmed()


def _wanted(attempt: Attempt, services: Services) -> Domains:
    own = attempt.release.domains
    return services.wanted if own is None else Domains.wanted(own)
