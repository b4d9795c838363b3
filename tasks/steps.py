"""The three Celery tasks of a release. Their work stands in the modules named like them."""

from __future__ import annotations

from celery import shared_task

from tasks.attempt import Attempt
from tasks.commit_code import commit_code as do_commit_code
from tasks.ensure_domains import ensure_domains as do_ensure_domains
from tasks.names import Step
from tasks.services import Services
from tasks.step_task import StepTask
from tasks.submit_audit import submit_audit as do_submit_audit
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
    wanted = services.wanted if own is None else Domains.wanted(own)
    if own is None and wave is not None:
        services.preflight.check(wanted, wave)
    if wave is not None:
        services.audit_quotas.refresh(mini_program.appid)
    what = do_ensure_domains(mini_program, wanted, services.wechat.registered_hosts)
    attempt.done(Step.COMMIT_CODE, what)


def _commit_code(mini_program: MiniProgram, attempt: Attempt, _services: Services) -> None:
    what = do_commit_code(mini_program, attempt.release, attempt)
    attempt.done(Step.SUBMIT_AUDIT, what)


def _submit_audit(mini_program: MiniProgram, attempt: Attempt, _services: Services) -> None:
    attempt.submitted(*do_submit_audit(mini_program, attempt.release, attempt))
