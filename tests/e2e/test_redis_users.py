"""config/redis-users.acl as it is: everything that we do is allowed, and what we don't do is not."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis
import requests

from cli.demo.redis import find_server
from releases.figures import UNACKNOWLEDGED
from tests.e2e.watched import exporter
from tests.integration.web.page.conftest import HEADER, Browser
from tests.support import api as serving
from tests.support import flower, receivers, workers
from tests.support.forbidden import FORBIDDEN, ORCHESTRATOR, OURS, PUBLISHER, RECEIVER
from tests.support.keys import NEW
from tests.support.orchestrator import orchestrator_of
from tests.support.receiver import SECRET, Answer, receiving
from tests.support.restartable_redis import RestartableRedis
from tests.support.robots import telling
from tests.support.unacknowledged import let_messages_age
from tests.support.workers import ROOT, TICKET, Platform, wait_for
from wechat.push.inbox import MOST_CODES

pytestmark = pytest.mark.long

RULE = ROOT / "config" / "redis-users.acl"
PASSWORD = "not-to-be-guessed"
ADMIN = "admin:any@"
#: Short, so that what a killed worker had goes on while a test waits.
QUICKLY = {
    # High enough that nothing waits: the limits only have to be counted.
    "MPRELEASE_RATE__PLATFORM_PER_MINUTE": "6000",
    "MPRELEASE_RATE__MINI_PROGRAM_PER_MINUTE": "600",
    "MPRELEASE_WORKER__STEP_DEADLINE_S": "2",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestartableRedis]:
    directory = tmp_path_factory.mktemp("redis")
    rule = for_this_server(RULE.read_text().replace("resetpass", f"resetpass >{PASSWORD}"))
    (directory / "users.acl").write_text(f"{rule}user admin on nopass ~* &* +@all\n")
    server = RestartableRedis(directory, "--aclfile", str(directory / "users.acl"), login=ADMIN)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shared_platform(server: RestartableRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """All processes come as the user; the tests' own look inside is the admin's."""
    settings = {**QUICKLY, "MPRELEASE_REDIS__URL": url_of(server, OURS)}
    directory = tmp_path_factory.mktemp("platform")
    with workers.platform(directory, server=server, settings=settings) as platform:
        yield platform


@pytest.fixture
def platform(shared_platform: Platform) -> Iterator[Platform]:
    """The platform, where nobody was refused anything once the test is over."""
    yield shared_platform
    assert refusals(shared_platform) == []


def for_this_server(rule: str) -> str:
    """The rule with the parts of `client` that redis-py asks for, and that depend on the server's version."""
    told = subprocess.run([find_server(), "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(map(int, re.findall(r"v=(\d+)\.(\d+)", told)[0]))
    if version < (7, 0):
        # It asks for one that no server here knows; a newer one says so before it looks into the rule.
        return rule.replace("-@all", "-@all +client|maint_notifications")
    return rule if version >= (7, 2) else rule.replace("+client|setinfo ", "")


def url_of(server: RestartableRedis, user: str) -> str:
    return server.url.replace(ADMIN, f"{user}:{PASSWORD}@")


def refusals(platform: Platform) -> list[str]:
    """Who was refused what, since the last look."""
    with platform.redis() as client:
        found = client.acl_log()
        client.acl_log_reset()
    return sorted(
        {
            f"{one['username']}: {one['reason']} {one['object']} ({one['context']}) {one['client-info'].get('cmd')}"
            for one in found
        }
    )


def test_a_release_and_every_command_that_asks_redis(platform: Platform) -> None:
    appid, blocked = platform.mini_program(), platform.mini_program()
    platform.run("ticket", stdin=TICKET)
    platform.run("authorize", appid, stdin=f"refreshtoken@@@{appid}")
    other = {"domains": {"requestdomain": ["https://unregistered.example.com"]}}
    with platform.worker():
        released = platform.enqueue(
            platform.request(appid, wave="w"), platform.request(blocked, wave="w", **other), code=1
        )
        assert [release["status"] for release in released] == ["submitted", "blocked"]
        assert platform.documents("show", released[0]["id"])[0]["status"] == "submitted"
        for options in ((), ("--status", "blocked"), ("--wave", "w"), ("--appid", appid)):
            assert platform.documents("list", *options)
        assert platform.documents("wave", "w")[0]["total"] == 2
        platform.documents("resume", "--wave", "w", "--wait", code=1)
        newer = platform.request(blocked, user_version="2", **other)
        superseding = platform.enqueue_only(newer, options=("--supersede",))[0]
        assert platform.documents("cancel", superseding["id"])[0]["status"] == "cancelled"
        # The audit that runs is the first release's.
        platform.enqueue(platform.request(appid, again=True), code=1)
        assert platform.documents("domains", "get", appid)
        assert "answer" in platform.run("doctor").stdout


def test_people_are_told(platform: Platform) -> None:
    with telling() as groups, platform.worker(**groups.settings("wecom")):
        platform.run("pause", "--reason", "a test")
        wait_for(lambda: groups.messages["wecom"])
        platform.run("resume", "--platform")
        assert "WeCom: taken" in platform.run("doctor", code=None).stdout


def test_the_api_as_its_own_user(platform: Platform, server: RestartableRedis, tmp_path: Path) -> None:
    environment = {
        **platform.environment,
        "MPRELEASE_REDIS__URL": url_of(server, "web"),
        "MPRELEASE_WEB__PROXY_USER_HEADER": HEADER,
        "MPRELEASE_WEB__TRUSTED_PROXIES": "127.0.0.1",
    }
    del environment["MPRELEASE_PLATFORM__APPSECRET"]
    appids = [platform.mini_program() for _ in range(4)]
    with serving.running(environment, tmp_path) as api:
        held = api.post("/releases", platform.request(appids[0]), 201)["release_id"]
        api.post("/releases", platform.request(appids[0], user_version="2", supersede=True), 201)
        requests = [platform.request(appid) for appid in appids[1:]]
        order = {"requests": requests, "canary": 1, "max_blocked": 0}
        api.post("/waves/by-http", order, 201)
        api.post("/platform/pause", {"reason": "a test"})
        assert api.get("/releases", errcode=85017)["releases"] == []
        assert api.get("/releases", wave="by-http", status="waiting", limit=1)["next"]
        assert api.get("/waves", limit=1)["waves"][0]["wave"] == "by-http"
        platform.fault(appids[1], "commit", "errcode", errcode=85014)
        with platform.worker():
            wait_for(lambda: api.get("/platform")["workers"] == 1)
            assert "Workers that answer: 1" in Browser(api.url, "reader").open("/platform")
            assert "a test" in Browser(api.url, "reader").open("/log")
            api.post("/platform/resume", {"reason": "it is over"})
            wait_for(lambda: api.get("/waves/by-http")["state"] == "braked")
            api.post("/waves/by-http/resume", {"reason": "the template is there"})
            wait_for(lambda: api.get("/waves/by-http")["counts"]["submitted"] == 3)
        api.post(f"/releases/{held}/resume", None, 409)
        later = {"requests": [platform.request(platform.mini_program())]}
        cancelled = api.post("/waves/later", later, 201)["releases"][0]["release_id"]
        api.post("/waves/later/cancel", {"reason": "not now"})
        assert api.get(f"/releases/{cancelled}")["status"] == "cancelled"
        reader = Browser(api.url, "reader")
        for screen in (
            "/releases?wave=later&status=cancelled",
            "/releases.csv",
            f"/find?q={cancelled[:6]}",
            f"/release/{cancelled}",
            f"/mini-program/{appids[0]}?ask=1",
        ):
            reader.open(screen)


def test_the_exporter_tells_all(platform: Platform) -> None:
    appid = platform.mini_program()
    with platform.worker(), exporter(platform.environment) as url:
        platform.release(appid)
        wait_for(lambda: "mprelease_wechat_calls_total{" in requests.get(f"{url}/metrics", timeout=10).text)
        told = requests.get(f"{url}/metrics", timeout=10).text
        wait_for(lambda: "mprelease_workers 1.0" in requests.get(f"{url}/metrics", timeout=10).text)
    assert "mprelease_redis_up 1.0" in told


def test_the_worker_answers_when_it_is_asked(platform: Platform) -> None:
    with platform.worker():
        for inspection in ("ping", "stats"):
            name = f"celery@{socket.gethostname()}"
            command = ["inspect", "--timeout", "10", "--destination", name, inspection]
            inspected = subprocess.run(
                [sys.executable, "-m", "celery", "-A", "worker", *command],
                env=platform.environment,
                cwd=platform.directory,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert inspected.returncode == 0, inspected.stderr


@pytest.mark.skipif(not flower.IS_INSTALLED, reason=flower.WHY_SKIPPED)
def test_flower_shows_workers_tasks_and_the_queue(
    platform: Platform, server: RestartableRedis, tmp_path: Path
) -> None:
    with platform.worker(), flower.running(tmp_path, url_of(server, OURS)) as up:
        get = partial(requests.get, auth=flower.LOGIN, timeout=20)
        released = platform.release(platform.mini_program())
        # Told by the worker's remote control, and by its events.
        wait_for(lambda: "celery@" in get(f"{up.url}/api/workers", params={"refresh": "1"}).text)
        wait_for(lambda: released["id"] in get(f"{up.url}/api/tasks").text)
        for page in (
            *("", "tasks", "broker", "api/queues/length"),
            *(f"task/{released['id']}", f"api/task/result/{released['id']}"),
        ):
            assert get(f"{up.url}/{page}").status_code == 200, page


def test_retries_waits_and_a_pause(platform: Platform) -> None:
    retried, waits, held = (platform.mini_program() for _ in range(3))
    with platform.worker():
        platform.fault(retried, "commit", "errcode", errcode=-1, times=2)
        assert platform.release(retried)["status"] == "submitted"
        platform.fault(waits, "commit", "errcode", errcode=45009, times=-1)
        platform.fault(waits, "quota/get", "errcode", errcode=76022, times=-1)
        platform.enqueue_only(platform.request(waits))
        wait_for(lambda: platform.waiting(45009))
        platform.sim("POST", "platform", {"ip_allowed": False})
        waiting = platform.release(held, code=1)
        assert waiting["status"] == "waiting"
        platform.run("doctor", code=1)
        platform.sim("POST", "platform", {"ip_allowed": True})
        platform.run("resume", "--platform")
        wait_for(lambda: platform.show(waiting["id"])["status"] == "submitted")


def test_a_message_that_was_lost_and_items_that_are_none(platform: Platform) -> None:
    release = platform.enqueue_only(platform.request(platform.mini_program()))[0]
    with platform.redis() as client:
        client.delete("releases")
        client.lpush("releases", "no message")
    with platform.worker():
        wait_for(lambda: platform.show(release["id"])["status"] == "submitted")


def test_a_wave_that_is_braked_let_go_and_cancelled(platform: Platform) -> None:
    appids = [platform.mini_program() for _ in range(3)]
    platform.fault(appids[0], "commit", "errcode", errcode=85014)
    with platform.worker():
        platform.enqueue_only(
            *(platform.request(appid, wave="braked") for appid in appids), options=("--canary", "1")
        )
        wait_for(lambda: "is braked" in str(platform.documents("wave", "braked")[0]["stopped"]))
        assert "goes on" in platform.run("resume", "--wave", "braked", "--max-blocked", "100").stderr
        assert platform.documents("wave", "braked", "--watch")[0]["counts"]["submitted"] == len(appids)
        platform.run("cancel", "--wave", "braked", code=1)  # there is nothing left to cancel


def test_what_is_set_aside_and_what_is_sealed(platform: Platform) -> None:
    with platform.redis() as client, platform.worker():
        client.lpush("releases", "no message")
        wait_for(lambda: client.llen("releases:set-aside"))
        platform.run("set-aside", "requeue")
        wait_for(lambda: client.llen("releases:set-aside"))
        platform.run("set-aside", "list")
        platform.run("set-aside", "clear", "--yes")
    platform.run("rekey", MPRELEASE_REDIS__ENCRYPTION_KEYS=NEW)
    platform.run("rekey", MPRELEASE_REDIS__ENCRYPTION_KEYS=f"plain,{NEW}")


def test_what_a_killed_worker_had_goes_on_and_its_message_comes_again(platform: Platform) -> None:
    appid = platform.mini_program()
    platform.fault(appid, "commit", "delay_before", seconds=1.5)
    release = platform.enqueue_only(platform.request(appid))[0]
    with platform.worker() as worker:
        wait_for(lambda: "commit" in platform.called(appid))
        worker.process.kill()
    with platform.worker(), platform.redis() as client:
        wait_for(lambda: platform.show(release["id"])["status"] == "submitted")
        # That of the killed worker; the last one of the other may still be about to be acknowledged.
        wait_for(lambda: client.hlen(UNACKNOWLEDGED) == 1)
        let_messages_age(client)
        wait_for(lambda: not client.hlen(UNACKNOWLEDGED))


def test_a_worker_whose_connections_are_cut_or_that_is_stopped_puts_back_what_it_has(
    platform: Platform,
) -> None:
    appids = [platform.mini_program() for _ in range(3)]
    for appid in appids:
        platform.fault(appid, "commit", "delay_before", seconds=1.2, times=2)
    with platform.worker() as worker, platform.redis() as client:
        ids = [release["id"] for release in platform.enqueue_only(*map(platform.request, appids))]
        wait_for(lambda: client.hlen(UNACKNOWLEDGED) == len(ids))
        for one in client.client_list():
            if one["user"] == OURS:
                client.client_kill_filter(_id=one["id"])
        wait_for(lambda: "Connection to broker lost" in worker.text())
        wait_for(lambda: client.hlen(UNACKNOWLEDGED) > 0)
        worker.process.send_signal(signal.SIGTERM)
        worker.process.wait(60)
    with platform.worker():
        wait_for(lambda: all(platform.show(one)["status"] == "submitted" for one in ids))


def test_the_receiver_stores_every_kind_of_push_and_a_worker_follows(
    platform: Platform, server: RestartableRedis
) -> None:
    appid, stranger = platform.mini_program(), "wx00000000000fffff"
    sealed = {"MPRELEASE_REDIS__URL": url_of(server, RECEIVER), "MPRELEASE_PLATFORM__APPSECRET": ""}
    with platform.worker(), receivers.receiver(platform.directory, sealed) as receiver:
        platform.release(appid)
        for push in (
            *(("component_verify_ticket", ""), ("component_verify_ticket", ""), ("authorized", appid)),
            *(("unauthorized", appid), ("weapp_audit_success", appid), ("weapp_audit_fail", stranger)),
            ("text", appid),
        ):
            fields = {"ComponentVerifyTicket": TICKET, "AuthorizationCode": "queryauthcode@@@x"}
            assert receiver.push(*push, **fields).text == "success"
        with platform.redis() as client:
            # Where there are too many codes, those that have expired are looked for.
            client.hset(
                "pushed:codes", mapping={f"{appid} {number}": "1 sealed" for number in range(MOST_CODES)}
            )
            assert receiver.push("authorized", appid, AuthorizationCode="another").text == "success"
            assert receiver.post("/wechat/authorization", b"").status_code == 400
            assert receiver.session.get(f"{receiver.url}/healthz", timeout=10).status_code == 200
            wait_for(lambda: not client.exists("pushed:looks"))
            wait_for(lambda: not client.exists("pushed:codes", "pushed:unauthorized", "pushed:ticket-new"))
            wait_for(lambda: client.hget("pushed:counts", "refused xml"))
        platform.run("doctor")


def test_an_orchestrator_starts_a_release_and_reads_its_result(
    platform: Platform, server: RestartableRedis, tmp_path: Path
) -> None:
    with platform.worker(), orchestrator_of(url_of(server, ORCHESTRATOR), tmp_path) as orchestrator:
        release_id = orchestrator.start(**platform.request(platform.mini_program()))
        assert isinstance(orchestrator.ask("result", release_id)["value"], int)
        got = orchestrator.ask("tasks.get_release", {"release_id": release_id})["value"]
        assert got["status"] == "submitted"
        assert orchestrator.ask("tasks.get_release", {"release_id": "none"})["raised"] == "UnknownRelease"


def test_an_orchestrator_sends_an_urgent_request_to_the_urgent_queue(
    platform: Platform, server: RestartableRedis, tmp_path: Path
) -> None:
    request = platform.request(platform.mini_program(), urgent=True)
    with platform.worker(), orchestrator_of(url_of(server, ORCHESTRATOR), tmp_path) as orchestrator:
        answer = orchestrator.ask("tasks.start_release", request, "releases.urgent")
        assert answer["value"]["created"]


def test_a_publisher_orders_what_an_orchestrator_may_not(
    platform: Platform, server: RestartableRedis, tmp_path: Path
) -> None:
    order = "tasks.publish_release", {"release_id": "none"}, "releases.publish"
    with platform.worker(), orchestrator_of(url_of(server, PUBLISHER), tmp_path) as publisher:
        assert publisher.ask(*order)["raised"] == "UnknownRelease"
        request = platform.request(platform.mini_program(), publish="auto")
        assert publisher.ask("tasks.start_release", request, "releases.publish")["value"]["created"]


@pytest.mark.parametrize(
    ("user", "command"), [(user, command) for user, commands in FORBIDDEN.items() for command in commands]
)
def test_what_a_user_does_not_need_is_refused(
    server: RestartableRedis, shared_platform: Platform, user: str, command: tuple[Any, ...]
) -> None:
    with redis.Redis.from_url(url_of(server, user)) as client, pytest.raises(redis.ResponseError) as refused:
        client.execute_command(*command)
    assert "permission" in str(refused.value), refused.value
    refusals(shared_platform)


def test_nobody_gets_in_without_a_password(server: RestartableRedis) -> None:
    with redis.Redis.from_url(server.url.replace(ADMIN, "")) as client, pytest.raises(redis.RedisError):
        client.ping()


def test_a_command_that_is_refused_ends_with_a_hint(
    shared_platform: Platform, server: RestartableRedis
) -> None:
    refused = shared_platform.run("list", code=3, MPRELEASE_REDIS__URL=url_of(server, ORCHESTRATOR))
    assert "config/redis-users.acl" in refused.stderr
    assert refusals(shared_platform)


def test_a_webhook_is_sent_listed_and_retried(platform: Platform) -> None:
    with receiving() as receiver:
        settings = {"MPRELEASE_WEBHOOK__URL": receiver.url, "MPRELEASE_WEBHOOK__SECRET": SECRET}
        receiver.answer = lambda message: Answer(410)
        with platform.worker(**settings):
            platform.release(platform.mini_program(), wave="told")
            wait_for(lambda: platform.documents("webhooks", "list")[0]["gone"])
            receiver.answer = lambda message: Answer()
            platform.run("webhooks", "retry")
            wait_for(lambda: platform.documents("webhooks", "list")[0]["undelivered"] == 0)
