from types import SimpleNamespace

from celery.worker.control import Panel

from worker.celery_patches.remote_control import stats


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
