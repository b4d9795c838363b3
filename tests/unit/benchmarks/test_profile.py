import pytest

from benchmarks.measures.profile import shares

LIBRARY = "/venv/lib/python3.11/site-packages"
WORKER = f"run (/house/worker/consumer.py:9);loop ({LIBRARY}/celery/worker/loops.py:7)"
STEP = f"{WORKER};trace ({LIBRARY}/celery/app/trace.py:3);run_step (/house/tasks/base.py:5)"


@pytest.mark.parametrize(
    ("stack", "owner", "own"),
    [
        (STEP, "ours", 1),
        (WORKER, "celery", 0),
        # What a library does counts for whoever called it.
        (
            f"{STEP};execute ({LIBRARY}/redis/client.py:8);dumps (/usr/lib/python3.11/json/__init__.py:2)",
            "ours",
            0,
        ),
        (f"{WORKER};execute ({LIBRARY}/redis/client.py:8)", "celery", 0),
        (f"{STEP};call (/house/wechat/transport.py:4);send ({LIBRARY}/requests/sessions.py:6)", "http", 0),
        (
            f"{STEP};apply_async ({LIBRARY}/celery/app/task.py:6);publish ({LIBRARY}/kombu/messaging.py:6)",
            "celery",
            0,
        ),
        (f"{STEP};<native>", "ours", 1),
        ("bootstrap (/usr/lib/python3.11/threading.py:1)", "other", 0),
        # A package that has a folder of such a name is not ours.
        (f"{WORKER};x ({LIBRARY}/other/tasks/x.py:1)", "celery", 0),
    ],
)
def test_a_sample_counts_for_the_innermost_frame_that_is_anybodys(stack: str, owner: str, own: int) -> None:
    found = shares([f"{stack} 17"])
    assert found[owner] == 1
    assert found["own"] == own
    assert found["samples"] == 17


def test_shares_are_of_the_samples_and_not_of_the_lines() -> None:
    found = shares([f"{STEP} 1", f"{WORKER} 3"])
    assert (found["ours"], found["celery"]) == (0.25, 0.75)
