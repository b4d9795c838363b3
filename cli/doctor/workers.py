"""The workers: whether they answer, take messages, and have the settings of this shell."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache

from cli.context import celery_app, settings
from cli.doctor.findings import Finding, fail, ok, warn
from releases.store.schema import NEWEST
from worker.agreement import differing, fingerprints, new_salt
from worker.asking import Answer, ask_how_they_stand
from worker.celery_patches import set_aside
from worker.redis_client import connect

#: Seconds between two looks at a worker that seems to take no messages.
_LOOK_AGAIN_S = 1.0
#: So many workers with the same difference are named.
_NAMED_WORKERS = 3


def workers() -> Iterator[Finding]:
    """Who answers, who is of an older version, who takes no messages, and who has other settings."""
    answers = _answers()
    if not answers:
        yield fail("workers", "none answers; start `mprelease worker`")
        return
    yield ok("workers", f"{len(answers)} answer{'s' * (len(answers) == 1)}")
    # An older one does not know this question, or not that its schema belongs to the answer.
    for name in (name for name, answer in answers.items() if answer.schema < NEWEST):
        yield fail("workers", f"{name} is of an older version: it looks where nothing stands; stop it")
    stuck = _that_take_nothing(answers)
    if stuck:
        time.sleep(_LOOK_AGAIN_S)  # one that has just ended its work may look like it for a moment
        _answers.cache_clear()
        again = _that_take_nothing(_answers())
        for name in sorted(stuck.keys() & again.keys()):
            yield fail("workers", f"{name} takes no messages: {again[name]}; restart it")
    yield from _other_settings()


def _other_settings() -> Iterator[Finding]:
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, variables in sorted(differences().items()):
        alike.setdefault(variables, []).append(name)
    for variables, names in alike.items():
        further = f" and {len(names) - _NAMED_WORKERS} more" if len(names) > _NAMED_WORKERS else ""
        yield warn(
            "workers",
            f"{', '.join(names[:_NAMED_WORKERS])}{further}: {', '.join(variables)} "
            f"{'is' if len(variables) == 1 else 'are'} not the same there as in this shell; set the right value in both, and "
            "restart the worker where it was wrong",
        )


@cache
def differences() -> dict[str, tuple[str, ...]]:
    """The workers with other settings than this shell's, and which; only settings in which all have to agree."""
    ours = fingerprints(settings(), _salt())
    found = {name: differing(ours, answer.settings) for name, answer in _answers().items()}
    return {name: variables for name, variables in found.items() if variables}


_salt = cache(new_salt)


@cache
def _answers() -> dict[str, Answer]:
    """What each worker answers when it is asked whether it takes messages, and for its settings."""
    return ask_how_they_stand(celery_app(), _salt())


def _that_take_nothing(answers: dict[str, Answer]) -> dict[str, str]:
    """The workers that answer and take no messages, and why."""
    return {name: answer.problem for name, answer in answers.items() if answer.problem}


def messages_set_aside() -> Iterator[Finding]:
    """Nothing is missing when a release can run; but whoever sent these may be waiting."""
    number = set_aside.number(connect(settings().redis, 1))
    if number:
        yield warn(
            "set aside",
            f"{number} message{'s' * (number != 1)} that no worker could run; see `mprelease set-aside list`",
        )
