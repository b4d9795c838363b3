"""Everything at once, and workers that die of it: nothing of what has to be true is ever broken, and all comes to rest."""

import os
import random
import time
from collections import Counter

import pytest

from tests.faults.fleet import Fleet, fleet
from tests.support.hammer import Hammer, hammer
from tests.support.invariants import unrest
from tests.support.workers import Platform, wait_for

# Celery uses the older name of the command itself.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")

#: What a killed worker had in hand is looked at after so many seconds and 20 more.
_STEP_DEADLINE_S = 2
_ENVIRONMENT = {
    "MPRELEASE_WORKER__STEP_DEADLINE_S": str(_STEP_DEADLINE_S),
    "MPRELEASE_WORKER__VISIBILITY_TIMEOUT_S": "22",
    "MPRELEASE_WECHAT__READ_TIMEOUT_S": "1",
}
#: From then on a lease has ended, its release has been worked off, and what the last of them met is over; and all audits have
#: been looked at at their pace, for which newer releases wait.
_PATIENCE_S = _STEP_DEADLINE_S + 20 + 130
#: What WeChat does meanwhile, and how often.
_FAULTS = (
    {"endpoint": "modify_domain", "kind": "errcode", "errcode": -1, "probability": 0.1},
    {"endpoint": "commit", "kind": "errcode", "errcode": 85014, "probability": 0.1},
    {"endpoint": "commit", "kind": "errcode", "errcode": 47001, "probability": 0.05},
    {"endpoint": "commit", "kind": "cut_after", "probability": 0.05},
    {"endpoint": "submit_audit", "kind": "cut_before", "probability": 0.05},
    {"endpoint": "submit_audit", "kind": "errcode", "errcode": 85085, "probability": 0.01},
)


@pytest.mark.parametrize(
    ("seconds", "kills"),
    [
        pytest.param(10, 2, id="ten-seconds", marks=[pytest.mark.long, pytest.mark.timeout(300)]),
        pytest.param(60, 12, id="a-minute", marks=[pytest.mark.long, pytest.mark.timeout(400)]),
    ],
)
def test_all_at_once_breaks_nothing_and_all_comes_to_rest(
    own_platform: Platform, seconds: int, kills: int
) -> None:
    seed = int(os.environ.get("HAMMER_SEED", random.randrange(10**6)))
    print(f"HAMMER_SEED={seed}")  # noqa: T201 - for whoever has to do it again
    own_platform.environment.update(_ENVIRONMENT)
    own_platform.sim("POST", "faults", [{**fault, "times": -1} for fault in _FAULTS])
    with fleet(own_platform) as workers:
        with hammer(own_platform, 30, seed) as running:
            _kill(workers, random.Random(seed), kills, seconds)
        _let_all_come_to_rest(running)
    assert not running.problems, "\n".join(running.problems)
    assert running.looks > seconds / 2
    print(running.struck, Counter(one.status for one in running.look().records.values()))  # noqa: T201
    for blow in ("enqueue", "a wave", "cancel", "resume", "cancel --wave", "send what was lost"):
        assert running.struck[blow], running.struck


def _kill(workers: Fleet, chance: random.Random, kills: int, seconds: float) -> None:
    """Kill workers with -9 at any moment, and start others, for so many seconds."""
    began = time.monotonic()
    moments = sorted(chance.uniform(0, seconds) for _ in range(kills))
    for moment in moments:
        wait_for(lambda: time.monotonic() - began >= moment)  # noqa: B023 - called at once
        workers.kill(chance.choice(workers.members))
        workers.start()
    wait_for(lambda: time.monotonic() - began >= seconds, seconds + 1)


def _let_all_come_to_rest(running: Hammer) -> None:
    def is_at_rest() -> bool:
        running.let_all_go_on()
        return not unrest(running.look())

    try:
        wait_for(is_at_rest, _PATIENCE_S)
    except AssertionError:
        running.note(f"no rest: {problem}" for problem in unrest(running.look()))
