"""What workers of any version answer, and what is believed of it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from releases.store.schema import NEWEST
from worker.agreement import disagreements, in_short
from worker.asking import Answer, Roll

IDLE: dict[str, Any] = {"problem": "", "schema": NEWEST, "settings": {"MPRELEASE_A": "1" * 64}}
STUCK = {**IDLE, "problem": "its 4 slots are taken, and it works on nothing"}


def roll_of(*rounds: dict[str, Any]) -> Roll:
    answers: Iterator[dict[str, Any]] = iter(rounds)

    def inspect(**_options: Any) -> Any:
        return SimpleNamespace(_request=lambda *_question, **_arguments: next(answers))

    return Roll(cast("Any", SimpleNamespace(control=SimpleNamespace(inspect=inspect))), "salt")


def test_that_a_worker_takes_no_messages_is_believed_the_second_time() -> None:
    roll = roll_of({"b": STUCK, "a": IDLE}, {"b": STUCK, "a": STUCK}, {"b": IDLE, "a": STUCK})
    told = [{name: bool(one.problem) for name, one in roll.call().items()} for _ in range(3)]
    assert told == [{"a": False, "b": False}, {"a": False, "b": True}, {"a": True, "b": False}]


def test_a_worker_that_misses_one_question_is_still_there() -> None:
    roll = roll_of({"b": IDLE, "a": IDLE}, {"b": IDLE}, {"b": IDLE}, {}, {})
    assert [list(roll.call()) for _ in range(5)] == [["a", "b"], ["a", "b"], ["b"], ["b"], []]


@pytest.mark.parametrize("raw", [None, "no", 3, [], {}, {"error": "unknown"}, {"schema": "x", "settings": 3}])
def test_a_worker_that_does_not_know_the_question_is_of_an_older_version(raw: object) -> None:
    assert Answer.read(raw) == Answer(problem="", schema=1, settings={})


def test_who_has_the_same_setting_stands_together() -> None:
    one, other = {"A": "1" * 64, "B": "2" * 64}, {"A": "1" * 64, "B": "3" * 64}
    assert disagreements({"x": one, "y": other, "z": one, "old": {}}) == {
        "B": {"2" * 8: ["x", "z"], "3" * 8: ["y"]}
    }
    assert disagreements({"x": one, "z": one}) == {}
    assert in_short(one) == in_short({**one}) != in_short(other)
    assert in_short({}) == ""
