"""What Flower shows of a look at an audit that finds nothing new: no failure, and what the audit is."""

import pytest

from tests.e2e.watched import Watched
from tests.support.workers import wait_for

pytest.importorskip("flower", reason="Flower is not installed: it is the extra `flower`")


@pytest.mark.long
@pytest.mark.parametrize("kind", ["submitted", "shaky"])
def test_a_look_that_finds_nothing_is_no_failure(watched_platform: Watched, kind: str) -> None:
    release = watched_platform.releases[kind]

    def shown() -> list[dict[str, str]]:
        looks = (task for task in watched_platform.tasks().values() if task["name"] == "tasks.watch_audit")
        return [task for task in looks if release["appid"] in task["kwargs"] and task["state"] == "SUCCESS"]

    (look,) = wait_for(shown)

    assert f"audit {release['auditid']} is in review, read " in look["result"]
    assert "looked at again by itself" in look["result"]
    assert not look["exception"]
