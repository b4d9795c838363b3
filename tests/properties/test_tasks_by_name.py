"""The tasks by name: whatever the arguments, the answer is a result or one of the contract's errors."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from releases.errors import InvalidRequest, ReleaseConflict, ReleaseError, UnknownRelease
from tests.faults.world import QUEUE
from tests.properties.cases import Cases, share
from tests.properties.json_values import any_json, any_object, near_misses
from tests.properties.right import APPID, requests
from tests.properties.survivor import Survivor

_BY_ID = st.sampled_from(("tasks.get_release", "tasks.resume_release", "tasks.cancel_release"))
_ODD_NAMES = st.sampled_from(("self", "args", "fields", "release_id", "request", "task", "kwargs", "id"))
_by_id = st.dictionaries(_ODD_NAMES, any_json, min_size=1) | st.fixed_dictionaries({"release_id": any_json})
_ANSWERED_WITHIN_S = 30


def answer_of(survivor: Survivor, task: str, arguments: list[Any], fields: dict[str, Any]) -> Any:
    """Whatever comes back; an error is returned as well."""
    result = survivor.app.send_task(task, args=arguments, kwargs=fields, queue=QUEUE)
    # Not raised: a traceback would keep the result, and its subscription, beyond the end of Redis.
    answer = result.get(timeout=_ANSWERED_WITHIN_S, propagate=False)
    result.forget()
    assert not isinstance(answer, Exception) or isinstance(answer, ReleaseError), repr(answer)
    return answer


@share(0.25)
@given(
    arguments=st.just([]) | st.lists(any_json, max_size=2),
    fields=near_misses(requests) | any_object | st.dictionaries(_ODD_NAMES, any_json),
)
def test_any_arguments_of_start_release_start_one_or_name_the_field(
    cases: Cases, survivor: Survivor, arguments: list[Any], fields: dict[str, Any]
) -> None:
    answer = answer_of(survivor, "tasks.start_release", arguments, fields)
    if not isinstance(answer, InvalidRequest | ReleaseConflict):
        assert set(answer) == {"release_id", "created"}
    cases.add()


@share(0.25)
@given(task=_BY_ID, arguments=st.just([]) | st.lists(any_json, max_size=2), fields=_by_id | any_object)
def test_any_arguments_of_the_tasks_by_id_find_a_release_or_say_what_is_wrong(
    cases: Cases, survivor: Survivor, task: str, arguments: list[Any], fields: dict[str, Any]
) -> None:
    answer = answer_of(survivor, task, arguments, fields)
    if not isinstance(answer, InvalidRequest | UnknownRelease | ReleaseConflict):
        assert answer["appid"] == APPID
    cases.add()
