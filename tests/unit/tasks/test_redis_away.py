"""What is waited for, how it is put into words, and what is a bug."""

import logging

import pytest
import redis
from redis import exceptions

from tasks.redis_away import is_away, is_cluster, say_once, why_away

SCRIPT = "Error running script (call to f_1598c6f3e51a4f1e0332250357072457855e73f8): @user_script:5: @user_script: 5: -"
REFUSED = {
    "MISCONF Redis is configured to save RDB snapshots, but it can't. Look": "MISCONF Redis is configured to save RDB snapshots, but it can't",
    "NOREPLICAS Not enough good replicas to write.": "NOREPLICAS Not enough good replicas to write.",
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)": (
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)"
    ),
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL.": "BUSY Redis is busy running a script",
    f"{SCRIPT}READONLY You can't write against a read only replica.": "READONLY You can't write against a read only replica.",
    "OOM command not allowed. script: 1598c6f3e51a4f1e0332250357072457855e73f8, on @user_script:5.": "OOM command not allowed.",
    "Command # 1 (SET a secret) of pipeline caused error: NOREPLICAS Not enough.": "NOREPLICAS Not enough.",
}
BUGS = (
    "WRONGTYPE Operation against a key holding the wrong kind of value",
    "ERR unknown command",
    f"{SCRIPT}WRONGTYPE Operation",
    "BUSYGROUP Consumer Group name already exists",
    "BUSYKEY Target key name already exists.",
)
CLUSTER = (
    exceptions.MovedError("3999 127.0.0.1:6381"),
    exceptions.AskError("3999 127.0.0.1:6381"),
    exceptions.ClusterCrossSlotError("Keys in request don't hash to the same slot"),
    exceptions.ClusterDownError("Hash slot not served"),
    redis.ResponseError("SELECT is not allowed in cluster mode"),
)


@pytest.mark.parametrize("answer", REFUSED)
def test_a_refusal_is_waited_for_and_told_without_what_was_sent(answer: str) -> None:
    error = redis.ResponseError(answer)
    assert is_away(error)
    assert why_away(error) == REFUSED[answer]


@pytest.mark.parametrize("answer", BUGS)
def test_a_bug_is_not(answer: str) -> None:
    assert not is_away(redis.ResponseError(answer))


@pytest.mark.parametrize("error", CLUSTER)
def test_a_cluster_is_known(error: Exception) -> None:
    assert is_cluster(error)


def test_a_master_that_is_down_is_none() -> None:
    error = exceptions.MasterDownError("Link with MASTER is down")
    assert is_away(error)
    assert not is_cluster(error)


def test_what_is_not_permitted_is_named_with_where_to_look() -> None:
    error = exceptions.NoPermissionError("this user has no permissions to run the 'brpop' command")
    assert is_away(error)
    assert "'brpop'" in why_away(error)
    assert "docs/redis-users.md" in why_away(error)


def test_a_reason_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        say_once(logging.getLogger("here"), "a reason of this test", "something waits")
    assert caplog.text.count("something waits") == 1
