from types import SimpleNamespace
from typing import Any, cast

import pytest
import redis
from celery.worker.control import Panel
from kombu.exceptions import OperationalError

from releases.store.schema import NEWEST
from worker.asking import schema_of
from worker.celery_patches.remote_control import schema
from worker.old_workers import old_workers


def asked(answers: Any) -> Any:
    """An app whose workers answer so."""

    def request(_command: str) -> Any:
        if isinstance(answers, Exception):
            raise answers
        return answers

    inspect = SimpleNamespace(_request=request)
    return SimpleNamespace(control=SimpleNamespace(inspect=lambda **_: inspect))


def listened_to(*, by_any: bool) -> redis.Redis:
    return cast("redis.Redis", SimpleNamespace(exists=lambda _key: int(by_any)))


#: One of ours, one of a later version, and what those say that know no schema, or not this question.
ANSWERS = {
    "ours": {"schema": NEWEST},
    "newer": {"schema": NEWEST + 1},
    "older": {"schema": NEWEST - 1},
    "old": {"error": "KeyError('schema')"},
    "odd": None,
}


def test_a_worker_that_does_not_know_the_question_is_an_old_one() -> None:
    assert old_workers(asked(ANSWERS), listened_to(by_any=True)) == ["odd", "old", "older"]
    assert schema_of(ANSWERS["newer"]) == NEWEST + 1
    assert old_workers(asked(None), listened_to(by_any=True)) == []


def test_where_nobody_listens_nobody_is_asked() -> None:
    assert old_workers(asked(AssertionError()), listened_to(by_any=False)) == []


def test_a_redis_that_is_away_is_told_as_one() -> None:
    with pytest.raises(redis.ConnectionError, match="refused"):
        old_workers(asked(OperationalError("refused")), listened_to(by_any=True))


def test_a_worker_answers_with_its_schema() -> None:
    assert Panel.data["schema"] is schema
    assert schema(None) == {"schema": NEWEST}
