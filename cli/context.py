"""What the commands work with, built when a command needs it and not before.

What only some commands need (Celery, the client of WeChat) is imported when they do: `show` starts in half the time.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import redis

from cli.printing import notes
from config.loading import load_settings
from config.settings import Settings
from db.database import Database
from releases.reading import Reader
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from releases.store.schema import Schema, in_words
from worker.redis_client import connect

if TYPE_CHECKING:
    from tasks.services import Services
    from worker.app import ReleaseCelery


#: What this process says of itself, see `only_reads`.
_SAID = {"only reads": False}


def only_reads() -> None:
    """Say that the command that runs changes nothing: then nothing of it can be left unconfirmed."""
    _SAID["only reads"] = True


def reads_alone() -> bool:
    """Whether the command that runs has said that it only reads."""
    return _SAID["only reads"]


@cache
def settings() -> Settings:
    """The settings of this process."""
    return load_settings()


@cache
def celery_app(**worker: Any) -> ReleaseCelery:
    """The Celery app of this process; `worker` is given in place of the settings of that name."""
    from worker.app import create_app

    made = settings()
    return create_app(made.model_copy(update={"worker": made.worker.model_copy(update=worker)}))


@cache
def reader() -> Reader:
    """Reads releases, on keys that are laid out as it needs them; raises SchemaError."""
    db = Database(connect(settings().redis, max_connections=2))
    _bring_up_to_date(Schema(db, old_workers=lambda: _old_workers(db.redis)))
    return Reader(ReleaseStore(db), Pauses(db))


@cache
def services() -> Services:
    """The collaborators of this process, on keys that are laid out as they need it; raises SchemaError."""
    _bring_up_to_date(unchecked_services().schema)
    return unchecked_services()


def unchecked_services() -> Services:
    """The same, whatever layout Redis has: for what has to tell of it."""
    return celery_app().services


def _bring_up_to_date(schema: Schema) -> None:
    moved = schema.check()
    if moved:
        notes.print(in_words(moved))


def _old_workers(client: redis.Redis) -> list[str]:
    from worker.old_workers import old_workers

    return old_workers(celery_app(), client)
