"""What the commands work with, built when a command needs it and not before."""

from __future__ import annotations

from functools import cache

from cli.printing import notes
from config.loading import load_settings
from config.settings import Settings
from releases.store.schema import NEWEST
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


@cache
def services() -> Services:
    """The collaborators of this process, on keys that are laid out as they need it; raises SchemaError."""
    moved = unchecked_services().schema.check()
    if moved:
        notes.print(f"Redis has schema {NEWEST} now: {moved} releases that go on were moved")
    return unchecked_services()


def unchecked_services() -> Services:
    """The same, whatever layout Redis has: for what has to tell of it."""
    return celery_app().services
