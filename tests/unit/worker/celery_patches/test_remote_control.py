from types import SimpleNamespace

import pytest
from celery.worker.control import Panel

from config.settings import Settings
from releases.store.schema import NEWEST
from worker.agreement import fingerprints
from worker.celery_patches.remote_control import stats, takes_messages

CONCURRENCY = 2


def test_stats_tell_nothing_that_may_hold_a_secret() -> None:
    broker = {
        "hostname": "h",
        "password": "secret",
        "alternates": ["sentinel://:secret@b"],
        "transport_options": {"sentinel_kwargs": {"password": "secret"}},
    }
    controller = SimpleNamespace(stats=lambda: {"pid": 1, "broker": broker})
    told = stats(SimpleNamespace(consumer=SimpleNamespace(controller=controller)))
    assert told == {"pid": 1, "broker": {"hostname": "h"}}


def test_it_stands_in_for_celerys_own() -> None:
    assert Panel.data["stats"] is stats


class Taking:
    """A consumer of some queues with two slots, as far as it is asked."""

    def __init__(self, queues: set[str], in_hand: int) -> None:
        self._queues = queues
        qos = SimpleNamespace(_delivered=range(in_hand), _dirty=(), can_consume=lambda: in_hand < CONCURRENCY)
        self.task_consumer = SimpleNamespace(consuming_from=self._consumes, channel=SimpleNamespace(qos=qos))

    def _consumes(self, queue: str) -> bool:
        return queue in self._queues


@pytest.mark.parametrize(
    ("consumer", "problem"),
    [
        (Taking({"a", "b"}, 0), ""),
        (Taking({"a", "b"}, CONCURRENCY - 1), ""),
        (Taking({"a"}, 0), "it does not consume from b"),
        (Taking({"a", "b"}, CONCURRENCY), "its 2 slots are taken, and it works on nothing"),
    ],
)
def test_a_worker_says_why_it_takes_no_messages(consumer: Taking, problem: str) -> None:
    conf = SimpleNamespace(task_queues=[SimpleNamespace(name="a"), SimpleNamespace(name="b")])
    state = SimpleNamespace(consumer=consumer, app=SimpleNamespace(conf=conf))
    assert takes_messages(state) == {"problem": problem}


def test_a_worker_hashes_its_settings_with_the_salt_that_it_is_given() -> None:
    conf = SimpleNamespace(task_queues=[SimpleNamespace(name="a")])
    settings = Settings()
    state = SimpleNamespace(consumer=Taking({"a"}, 0), app=SimpleNamespace(conf=conf, settings=settings))
    assert takes_messages(state, salt="s") == {
        "problem": "",
        "schema": NEWEST,
        "settings": fingerprints(settings, "s"),
    }
    assert Panel.data["takes_messages"] is takes_messages
