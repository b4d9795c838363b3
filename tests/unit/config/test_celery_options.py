from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trustme
from celery import Celery
from celery.app.defaults import NAMESPACES, flatten

from config.celery_options import QUEUES, celery_options
from config.settings import RedisSettings, Settings, WorkerSettings

SECRET = "hunter2"
CHECKED = {"ssl_cert_reqs": "required", "ssl_check_hostname": True}


def options(redis: dict[str, Any] | None = None, **worker: Any) -> dict[str, Any]:
    return celery_options(
        Settings(redis=RedisSettings.model_validate(redis or {}), worker=WorkerSettings(**worker))
    )


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca of ours.pem")
    return str(tmp_path / "ca of ours.pem")


def test_every_option_is_one_that_celery_knows() -> None:
    known = dict(flatten(NAMESPACES))
    # Read by the Redis result backend, and in no table of Celery's.
    known |= {"visibility_timeout": None, "redis_backend_health_check_interval": None}

    assert [name for name in options() if name not in known] == []


def test_celery_takes_the_options_as_they_are() -> None:
    app = Celery("test", set_as_current=False)
    app.conf.update(options())

    assert {name: app.conf[name] for name in options()} == options()
    app.close()


def test_messages_and_results_are_json_only() -> None:
    made = options()

    assert made["task_serializer"] == made["result_serializer"] == "json"
    assert made["accept_content"] == made["result_accept_content"] == ["json"]


def test_a_message_is_acknowledged_when_its_step_is_done() -> None:
    assert options()["task_acks_late"] is True
    assert options()["task_reject_on_worker_lost"] is True


def test_nothing_is_stored_under_an_id_before_its_answer() -> None:
    assert options()["task_track_started"] is False


def test_a_worker_takes_no_message_that_it_cannot_work_on() -> None:
    assert options()["worker_prefetch_multiplier"] == 1


def test_the_visibility_timeout_is_the_same_in_all_three_places() -> None:
    made = options()
    transports = made["broker_transport_options"], made["result_backend_transport_options"]

    assert {made["visibility_timeout"], *(one["visibility_timeout"] for one in transports)} == {300}


def test_broker_and_results_are_the_same_database() -> None:
    made = options({"url": "redis://h:6379/3"})

    assert made["broker_url"] == made["result_backend"] == "redis://h:6379/3"


def test_the_queues_have_their_names_without_a_key_prefix() -> None:
    made = options()

    assert made["task_default_queue"] == "releases"
    assert QUEUES == ("releases.urgent", "releases.publish", "releases")
    assert "global_keyprefix" not in made["broker_transport_options"]
    assert "global_keyprefix" not in made["result_backend_transport_options"]


def test_the_worker_waits_for_redis_as_long_as_it_takes() -> None:
    assert options()["broker_connection_max_retries"] is None
    assert options()["broker_connection_retry_on_startup"] is True


def test_there_are_connections_enough_for_every_thread() -> None:
    made = options(concurrency=200)

    assert made["redis_max_connections"] > 200
    assert made["broker_transport_options"]["max_connections"] > 200


def test_results_outlive_a_wave() -> None:
    assert options()["result_expires"] >= 7 * 24 * 3600


def test_times_are_utc() -> None:
    assert (options()["timezone"], options()["enable_utc"]) == ("UTC", True)


def test_concurrency_and_pool_are_the_operators() -> None:
    made = options(concurrency=3, pool="solo")

    assert (made["worker_concurrency"], made["worker_pool"]) == (3, "solo")


def test_a_url_stays_as_it_is() -> None:
    made = options({"url": f"redis://:{SECRET}@h:6379/0"})

    assert made["broker_url"] == made["result_backend"] == f"redis://:{SECRET}@h:6379/0"


def test_without_tls_there_are_no_rules_of_tls() -> None:
    assert (options()["broker_use_ssl"], options()["redis_backend_use_ssl"]) == (False, {})


def test_tls_checks_certificate_and_host_name_for_broker_and_results() -> None:
    made = options({"url": "rediss://h/0"})

    assert made["broker_url"] == made["result_backend"] == "rediss://h/0"
    assert made["broker_use_ssl"] == made["redis_backend_use_ssl"] == CHECKED


def test_tls_with_a_ca_of_our_own_names_it(ca_file: str) -> None:
    made = options({"url": "rediss://h/0", "ca_file": ca_file})

    assert made["broker_use_ssl"] == {**CHECKED, "ssl_ca_certs": ca_file}


def test_the_files_named_in_the_url_are_taken_out_of_it(ca_file: str) -> None:
    url = "rediss://h/0?ssl_cert_reqs=required&ssl_ca_certs=a%20b.pem&ssl_certfile=c&ssl_keyfile=k"
    made = options({"url": url, "ca_file": ca_file})

    assert made["broker_url"] == "rediss://h/0"
    assert made["redis_backend_use_ssl"] == {
        **CHECKED,
        "ssl_ca_certs": "a b.pem",
        "ssl_certfile": "c",
        "ssl_keyfile": "k",
    }


def test_sentinel_has_its_master_and_password_for_broker_and_results() -> None:
    made = options({"url": "sentinel://a;sentinel://b", "master_name": "m", "sentinel_password": SECRET})

    assert made["broker_url"] == made["result_backend"] == "sentinel://a;sentinel://b"
    for place in ("broker_transport_options", "result_backend_transport_options"):
        assert made[place]["master_name"] == "m"
        assert made[place]["sentinel_kwargs"]["password"] == SECRET
        assert "ssl" not in made[place]["sentinel_kwargs"]


def test_tls_with_sentinel_is_tls_to_the_sentinels_as_well(ca_file: str) -> None:
    url = "sentinel://a?ssl_certfile=c;sentinel://b"
    made = options({"url": url, "master_name": "m", "tls": True, "ca_file": ca_file})
    rules = {**CHECKED, "ssl_ca_certs": ca_file, "ssl_certfile": "c"}

    assert made["broker_url"] == "sentinel://a;sentinel://b"
    assert made["broker_use_ssl"] == made["redis_backend_use_ssl"] == rules
    for place in ("broker_transport_options", "result_backend_transport_options"):
        sentinels = made[place]["sentinel_kwargs"]
        assert {"ssl": True, **rules}.items() <= sentinels.items()


def test_a_sentinel_that_hangs_is_not_waited_for_and_not_asked_again() -> None:
    made = options({"url": "sentinel://a;sentinel://b", "master_name": "m"})

    for place in ("broker_transport_options", "result_backend_transport_options"):
        asked = made[place]["sentinel_kwargs"]
        assert asked["socket_timeout"] == asked["socket_connect_timeout"] == 2
        assert asked["retry"].get_retries() == 0
        assert "password" not in asked


def test_without_sentinel_there_is_no_master() -> None:
    assert "master_name" not in options()["broker_transport_options"]


def test_a_worker_that_dies_while_it_gives_messages_back_keeps_the_others_from_it_for_seconds_only() -> None:
    transport = options()["broker_transport_options"]

    # By kombu's default nobody gave them back for five minutes.
    assert transport["unacked_mutex_expire"] <= transport["unacked_restore_interval"]
