"""Every error of the contract reaches a client through the JSON result backend with its name and fields."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, states

from releases import errors
from releases.errors import ReleaseError

# Celery 5.6's own call; redis-py 8 calls it deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")

CLASSES = [
    value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, ReleaseError) and not name.startswith("_")
]
EXAMPLES: dict[str, Any] = {
    "str": '域名 \U0001f680 "quoted"',
    "str | None": None,
    "int | None": -(2**40),
    "dict[str, list[str]]": {"requestdomain": ["https://a.example.com"]},
}

#: A client without our code: Celery alone.
CLIENT = """
import json, sys
from celery import Celery
app = Celery(broker=sys.argv[1], backend=sys.argv[1])
seen = {}
for task_id in sys.argv[2:]:
    try:
        app.AsyncResult(task_id).get(timeout=10)
    except Exception as error:
        seen[task_id] = [type(error).__name__, error.args]
assert "tasks" not in sys.modules
print(json.dumps(seen))
"""


def example(kind: type[ReleaseError]) -> ReleaseError:
    if kind is ReleaseError:
        return kind("text")
    fields = list(inspect.signature(kind).parameters.values())
    return kind(*(EXAMPLES[field.annotation] for field in fields))


def test_the_contract_has_these_errors() -> None:
    assert [kind.__name__ for kind in CLASSES] == [
        *("ReleaseError", "ReleaseBlocked", "ReleaseFailed", "ReleaseCancelled"),
        *("InvalidRequest", "ReleaseConflict", "UnknownRelease"),
    ]


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_comes_back_as_itself(kind: type[ReleaseError], celery_app: Celery) -> None:
    error = example(kind)
    celery_app.backend.store_result("an-id", error, states.FAILURE)

    # Not raised here: a caught traceback would keep the result, and its connection, beyond the test.
    seen = celery_app.AsyncResult("an-id").get(timeout=10, propagate=False)

    assert type(seen) is kind
    assert seen.args == error.args
    assert str(seen) == str(error)
    assert vars(seen) == vars(error)


def test_a_client_without_our_code_gets_the_same_names_and_arguments(
    celery_app: Celery, redis_url: str, tmp_path: Path
) -> None:
    for kind in CLASSES:
        celery_app.backend.store_result(kind.__name__, example(kind), states.FAILURE)

    answer = subprocess.run(
        [sys.executable, "-c", CLIENT, redis_url, *(kind.__name__ for kind in CLASSES)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout

    assert json.loads(answer) == {
        kind.__name__: [kind.__name__, list(example(kind).args)] for kind in CLASSES
    }
