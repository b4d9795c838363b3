from __future__ import annotations

from typing import Any

from celery import Celery
from celery.app.defaults import NAMESPACES, flatten

from config.celery_options import broker_url, celery_options
from config.settings import RedisSettings, Settings, WorkerSettings

SECRET = "hunter2"


def options(redis: dict[str, Any] | None = None, **worker: Any) -> dict[str, Any]:
    return celery_options(
        Settings(redis=RedisSettings.model_validate(redis or {}), worker=WorkerSettings(**worker))
    )


def url_of(**redis: Any) -> str:
    return broker_url(RedisSettings.model_validate(redis))


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


def test_a_worker_takes_no_message_that_it_cannot_work_on() -> None:
    assert options()["worker_prefetch_multiplier"] == 1


def test_the_visibility_timeout_is_the_same_in_all_three_places() -> None:
    made = options(visibility_timeout_s=1234)

    assert made["visibility_timeout"] == 1234
    assert made["broker_transport_options"]["visibility_timeout"] == 1234
    assert made["result_backend_transport_options"]["visibility_timeout"] == 1234


def test_broker_and_results_are_the_same_database() -> None:
    made = options({"url": "redis://h:6379/3"})

    assert made["broker_url"] == made["result_backend"] == "redis://h:6379/3"


def test_there_is_one_queue_without_a_key_prefix() -> None:
    made = options()

    assert made["task_default_queue"] == "releases"
    assert [queue.name for queue in made["task_queues"]] == ["releases.urgent", "releases"]
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


def test_a_plain_url_stays_as_it_is() -> None:
    assert url_of(url=f"redis://:{SECRET}@h:6379/0") == f"redis://:{SECRET}@h:6379/0"


def test_tls_checks_the_certificate() -> None:
    assert url_of(url="rediss://h/0") == "rediss://h/0?ssl_cert_reqs=required"
    assert url_of(url="rediss://h/0?a=1") == "rediss://h/0?a=1&ssl_cert_reqs=required"


def test_tls_with_a_ca_of_our_own_names_it() -> None:
    assert url_of(url="rediss://h/0", ca_file="ca/of ours.pem") == (
        "rediss://h/0?ssl_cert_reqs=required&ssl_ca_certs=ca%2Fof+ours.pem"
    )


def test_tls_rules_in_the_url_stand() -> None:
    assert url_of(url="rediss://h/0?ssl_cert_reqs=none") == "rediss://h/0?ssl_cert_reqs=none"


def test_sentinel_has_its_master_and_password_for_broker_and_results() -> None:
    made = options({"url": "sentinel://a;sentinel://b", "master_name": "m", "sentinel_password": SECRET})

    assert made["broker_url"] == made["result_backend"] == "sentinel://a;sentinel://b"
    for place in ("broker_transport_options", "result_backend_transport_options"):
        assert made[place]["master_name"] == "m"
        assert made[place]["sentinel_kwargs"] == {"password": SECRET}


def test_without_sentinel_there_is_no_master() -> None:
    assert "master_name" not in options()["broker_transport_options"]


def test_a_ca_file_counts_whatever_the_url_says_of_the_certificate() -> None:
    assert "ssl_ca_certs=ca.pem" in url_of(url="rediss://h/0?ssl_cert_reqs=required", ca_file="ca.pem")
