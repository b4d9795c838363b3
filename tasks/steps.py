"""The three Celery tasks of a release. Their work stands in `releases/steps`."""

from __future__ import annotations

from celery import shared_task

from releases.states import Step
from tasks.step_task import StepTask


@shared_task(bind=True, base=StepTask, name=Step.ENSURE_DOMAINS.task_name)
def ensure_domains(self: StepTask, release_id: str, appid: str, _user_version: str = "") -> str:
    """Add the platform's missing domains. Safe to run twice: reads first, adds only what is missing."""
    return self.run_step(Step.ENSURE_DOMAINS, release_id, appid).told(Step.ENSURE_DOMAINS)


@shared_task(bind=True, base=StepTask, name=Step.COMMIT_CODE.task_name)
def commit_code(self: StepTask, release_id: str, appid: str, _user_version: str = "") -> str:
    """Commit the version. Safe to run twice: asks whether an earlier commit landed before repeating it."""
    return self.run_step(Step.COMMIT_CODE, release_id, appid).told(Step.COMMIT_CODE)


@shared_task(bind=True, base=StepTask, name=Step.SUBMIT_AUDIT.task_name)
def submit_audit(self: StepTask, release_id: str, appid: str, _user_version: str = "") -> int | None:
    """Submit for audit and return the audit id. Safe to run twice: asks for an earlier audit first."""
    return self.run_step(Step.SUBMIT_AUDIT, release_id, appid).auditid
