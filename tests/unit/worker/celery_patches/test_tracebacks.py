import pickle
import traceback
from typing import Any

import pytest
from billiard.einfo import ExceptionInfo

from worker.celery_patches import tracebacks

tracebacks.install()


def deep(left: int) -> None:
    if left:
        deep(left - 1)
    raise ValueError("told")


@pytest.fixture
def info() -> Any:
    try:
        deep(3)
    except ValueError:
        return ExceptionInfo()


def test_a_traceback_names_the_same_lines_as_ever(info: Any) -> None:
    lines = info.traceback.splitlines()
    assert sum("in deep" in line for line in lines) == 4
    assert lines[-1] == "ValueError: told"


@pytest.mark.parametrize(
    "copied", [lambda tb: tb, lambda tb: pickle.loads(pickle.dumps(tb))], ids=["here", "across"]
)
def test_its_copy_can_be_printed_on_both_sides_of_a_pool(info: Any, copied: Any) -> None:
    printed = "".join(traceback.format_tb(copied(info.tb)))
    assert printed.count("in deep") == 4
    assert 'raise ValueError("told")' in printed


def test_its_copy_is_small(info: Any) -> None:
    assert len(pickle.dumps(info.tb)) < 3000
