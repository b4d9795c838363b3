"""The Celery options. Each value that is not Celery's default has its reason beside it.

Redis is reached as the URL says; Sentinel needs its master's name in the transport options, and TLS its rules
beside the URL, of broker and result store alike.
"""

from __future__ import annotations

from typing import Any

from config.redis_options import HEALTH_CHECK_S, sentinel_options, socket_options
from config.settings import Settings

#: The queue of the contract, and the one for releases that must not wait behind a wave.
QUEUE = "releases"
URGENT_QUEUE = "releases.urgent"
#: The only one from which orders to publish and to revert are taken by name: a Redis user may have no right to it.
PUBLISH_QUEUE = "releases.publish"
#: In the order in which a worker looks into them.
QUEUES = (URGENT_QUEUE, PUBLISH_QUEUE, QUEUE)
#: Modules whose tasks are registered; named as strings so that tasks never import the app.
TASK_MODULES = ("tasks.steps", "tasks.by_name")
#: How long results are kept, in seconds: a wave is read for days.
RESULT_EXPIRES_S = 7 * 86_400
#: A message by name that a killed worker had taken comes again after so many seconds: many times what one takes. A
#: release does not wait for its message (`releases.store.places`), and one that comes while its step runs is dropped.
VISIBILITY_TIMEOUT_S = 300


def celery_options(settings: Settings) -> dict[str, Any]:
    """Return the options of the app, as `app.conf.update` takes them."""
    url = ";".join(settings.redis.urls)
    transport = _transport_options(settings)
    return {
        "broker_url": url,
        "result_backend": url,
        # Without these, kombu would check no certificate, and Flower its own choice.
        "broker_use_ssl": settings.redis.tls_options or False,
        "redis_backend_use_ssl": settings.redis.tls_options,
        "broker_transport_options": transport,
        "result_backend_transport_options": transport,
        # The shortest of the three would win, so all three are the same.
        "visibility_timeout": VISIBILITY_TIMEOUT_S,
        "imports": TASK_MODULES,
        "task_default_queue": QUEUE,
        "task_create_missing_queues": False,
        # JSON only: a message can't run code.
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "result_accept_content": ["json"],
        "result_expires": RESULT_EXPIRES_S,
        # A step is safe to run twice, so its message is acknowledged when it is done, not when it is taken.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        # A dropped connection puts the running step's message back; it comes again, and the lease decides.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "broker_connection_retry_on_startup": True,
        # The default gives up after 100 tries; a worker waits for Redis as long as it takes.
        "broker_connection_max_retries": None,
        # An answer by which Redis refuses for now would end the worker (`worker.celery_patches.consumer` tells and waits).
        "broker_channel_error_retry": True,
        # Celery tries a lost connection again for twenty seconds; then the message goes back
        # (`worker.celery_patches.result_backend`).
        "result_backend_always_retry": False,
        # After a lost connection Celery would take one message at a time, until so many have been acknowledged as there
        # are slots.
        "worker_enable_prefetch_count_reduction": False,
        **{f"redis_{name}": value for name, value in socket_options(settings.redis).items()},
        "redis_retry_on_timeout": True,
        "redis_backend_health_check_interval": HEALTH_CHECK_S,
        "redis_max_connections": settings.worker.concurrency + 20,
        "worker_pool": settings.worker.pool,
        "worker_concurrency": settings.worker.concurrency,
        # Flower shows what the events tell.
        "worker_send_task_events": True,
        "task_send_sent_event": True,
        # The first thing that is stored under an id is its answer: there are clients that take STARTED for it. Flower
        # goes by the events, which are sent all the same.
        "task_track_started": False,
        # Times in records and results are UTC.
        "enable_utc": True,
        "timezone": "UTC",
        # Nothing of ours prints, and what is logged passes the redaction.
        "worker_redirect_stdouts": False,
    }


def _transport_options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "visibility_timeout": VISIBILITY_TIMEOUT_S,
        **socket_options(settings.redis),
        "health_check_interval": HEALTH_CHECK_S,
        # Look for messages of dead workers every ten seconds; the defaults look every hundred.
        "unacked_restore_interval": 10,
        # One worker looks at a time; one that dies over it must not keep the others from it for kombu's five minutes.
        "unacked_mutex_expire": 10,
        "unacked_restore_throttle": 1,
        "max_connections": settings.worker.concurrency + 20,
        # The urgent queue first, always; the default takes turns.
        "queue_order_strategy": "priority",
    }
    if settings.redis.is_sentinel:
        options["master_name"] = settings.redis.master_name
        options["sentinel_kwargs"] = sentinel_options(settings.redis)
    return options
