"""What the commands work with, built when a command needs it and not before."""

from __future__ import annotations

from functools import cache

from config.loading import load_settings
from config.settings import Settings
from tasks.services import Services
from worker.app import ReleaseCelery, create_app


@cache
def settings() -> Settings:
    """The settings of this process."""
    return load_settings()


@cache
def celery_app() -> ReleaseCelery:
    """The Celery app of this process."""
    return create_app(settings())


def services() -> Services:
    """The collaborators of this process."""
    return celery_app().services
