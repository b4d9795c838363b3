"""Celery's `revoke` ends no release: its messages would be dropped, and its record wait for ever."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery

from tests.support.celery_clients import celery_client
from tests.support.garbage import QUEUE, headers, message
from tests.support.workers import PATIENT, Platform, wait_for

pytestmark = pytest.mark.long


@pytest.fixture
def client(own_platform: Platform) -> Iterator[Celery]:
    with celery_client(own_platform.redis_url) as app:
        yield app


def control(client: Celery) -> Any:
    """With replies, of which celery-types does not know."""
    return client.control


@pytest.mark.parametrize("pool", ["threads", "prefork"])
@pytest.mark.parametrize("terminate", [False, True])
def test_a_release_whose_tasks_are_revoked_while_it_waits_and_runs_is_submitted(
    own_platform: Platform, client: Celery, pool: str, terminate: bool
) -> None:
    platform = own_platform
    appid = platform.mini_program()
    platform.hold(appid, "commit")
    with platform.worker(MPRELEASE_WORKER__POOL=pool, **PATIENT) as worker, platform.redis() as redis:
        [release] = platform.enqueue_only(platform.request(appid))
        wait_for(lambda: platform.calls(appid, "commit"))
        ids = [f"{release['id']}:ensure_domains", f"{release['id']}:commit_code", release["id"]]
        [answer] = control(client).revoke(ids, terminate=terminate, reply=True, timeout=5)
        [said] = answer.values()
        assert "tasks.cancel_release" in said["error"]
        control(client).revoke_by_stamped_headers({"any": ids}, terminate=terminate, reply=True, timeout=5)
        platform.let_go()
        wait_for(lambda: platform.show(release["id"])["status"] == "submitted")
        wait_for(lambda: not redis.hlen("unacked"))
        assert '"SUCCESS"' in str(redis.get(f"celery-task-meta-{release['id']}"))
        assert "tasks.cancel_release" in worker.text()


def test_a_release_is_submitted_by_a_worker_whose_list_of_revoked_tasks_has_it(
    own_platform: Platform, client: Celery
) -> None:
    # Given a release that waits, and a worker that heard of a revoke from a worker of another version, or from a
    # request under the release's id that had expired
    platform = own_platform
    appid = platform.mini_program()
    [release] = platform.enqueue_only(platform.request(appid))
    with platform.redis() as redis:
        [waiting] = redis.lrange(QUEUE, 0, -1)
        redis.delete(QUEUE)
        with platform.worker():
            past = "2020-01-01T00:00:00+00:00"
            for task_id in (release["id"], f"{release['id']}:ensure_domains"):
                expired = headers(task="tasks.get_release", id=task_id, expires=past)
                redis.lpush(QUEUE, message(headers=expired, body=[[], {"release_id": "x"}, {}]))
            wait_for(lambda: not redis.llen(QUEUE) and not redis.hlen("unacked"))
            redis.lpush(QUEUE, waiting)
            wait_for(lambda: platform.show(release["id"])["status"] == "submitted")


def test_a_request_by_name_is_revoked_as_any_task(own_platform: Platform, client: Celery) -> None:
    request = own_platform.request(own_platform.mini_program())
    with own_platform.worker(), own_platform.redis() as redis:
        # A worker that says it is ready has yet to subscribe to what is said to all; Redis keeps none of it.
        [answer] = wait_for(lambda: control(client).revoke("a-request", reply=True, timeout=1))
        assert "ok" in next(iter(answer.values()))
        client.send_task("tasks.start_release", kwargs=request, task_id="a-request", queue=QUEUE)
        wait_for(lambda: '"REVOKED"' in str(redis.get("celery-task-meta-a-request")))
        wait_for(lambda: not redis.hlen("unacked"))
    assert own_platform.releases() == []
