"""The Celery tasks of a release. Their work stands in `releases/steps`."""

from __future__ import annotations

from celery import shared_task

from releases.states import Step
from tasks.monitors import Told
from tasks.step_task import StepTask


@shared_task(bind=True, base=StepTask, name=Step.ENSURE_DOMAINS.task_name)
def ensure_domains(self: StepTask, release_id: str, appid: str, _user_version: str = "") -> Told:
    """Add the platform's missing domains. Safe to run twice: reads first, adds only what is missing."""
    return self.run_step(Step.ENSURE_DOMAINS, release_id, appid)


@shared_task(bind=True, base=StepTask, name=Step.COMMIT_CODE.task_name)
def commit_code(self: StepTask, release_id: str, appid: str, _user_version: str = "") -> Told:
    """Commit the version. Safe to run twice: asks whether an earlier commit landed before repeating it."""
    return self.run_step(Step.COMMIT_CODE, release_id, appid)


@shared_task(bind=True, base=StepTask, name=Step.SUBMIT_AUDIT.task_name)
def submit_audit(self: StepTask, release_id: str, appid: str, _user_version: str = "") -> Told:
    """Submit for audit and return the audit id. Safe to run twice: asks for an earlier audit first."""
    return self.run_step(Step.SUBMIT_AUDIT, release_id, appid)


@shared_task(bind=True, base=StepTask, name=Step.WATCH_AUDIT.task_name)
def watch_audit(self: StepTask, release_id: str, appid: str, _user_version: str = "") -> Told:
    """Look at the audit. Safe to run twice: it reads, and asks before it withdraws."""
    return self.run_step(Step.WATCH_AUDIT, release_id, appid)


@shared_task(bind=True, base=StepTask, name=Step.PUBLISH.task_name)
def publish(self: StepTask, release_id: str, appid: str, _user_version: str = "") -> Told:
    """Publish what was ordered. Safe to run twice: asks whether an earlier call landed before repeating it."""
    return self.run_step(Step.PUBLISH, release_id, appid)


@shared_task(bind=True, base=StepTask, name=Step.VERIFY_LIVE.task_name)
def verify_live(self: StepTask, release_id: str, appid: str, _user_version: str = "") -> Told:
    """Check what is live, and with which domains. Safe to run twice: it reads."""
    return self.run_step(Step.VERIFY_LIVE, release_id, appid)


@shared_task(bind=True, base=StepTask, name=Step.REVERT.task_name)
def revert(self: StepTask, release_id: str, appid: str, _user_version: str = "") -> Told:
    """Take the live version back. Safe to run twice: WeChat goes back one version only, and is asked first."""
    return self.run_step(Step.REVERT, release_id, appid)
