"""Real Sentinels: what counts only when a replica has it, and a master that is lost in the middle of a wave."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import redis

from cli.demo.redis import free_port
from config.settings import RedisSettings
from db import database
from db.database import Database, NotReplicated
from releases.request import parse_request
from releases.scope import Scope
from tasks.redis_away import is_away
from tests.faults.world import app_on
from tests.support import workers
from tests.support.sentinels import Sentinels, sentinels
from tests.support.workers import Platform, wait_for
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TokenStore
from worker.redis_client import connect

pytestmark = pytest.mark.long

RELEASES = 10
#: Waits for a result over the failover, as an orchestrator does.
WAITING_CLIENT = (
    "import sys; from worker.celery import app; print(app.AsyncResult(sys.argv[1]).get(timeout=60))"
)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sentinels]:
    with sentinels(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, servers: Sentinels) -> Iterator[Platform]:
    with workers.platform(
        tmp_path_factory.mktemp("platform"), "--scan-s", "0.2", "--latency-ms", "30", server=servers
    ) as made:
        yield made


@pytest.fixture
def client(servers: Sentinels) -> Iterator[redis.Redis]:
    """As workers and clients of ours reach it."""
    settings = RedisSettings.model_validate({"url": servers.url, "master_name": servers.master_name})
    made = connect(settings, 10)
    pool: Any = made.connection_pool
    yield made
    pool.disconnect()
    pool.sentinel_manager.close()


@contextmanager
def no_replica(servers: Sentinels) -> Iterator[None]:
    """The replicas stand still: the master takes writes that nobody else has."""
    still = servers.replicas
    for replica in still:
        replica.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for replica in still:
            replica.signal(signal.SIGCONT)
        servers.wait_until_whole()


def test_without_a_replica_nothing_is_accepted_and_a_repetition_makes_it_good(
    platform: Platform, servers: Sentinels
) -> None:
    request = platform.request(platform.mini_program())
    with no_replica(servers):
        for _ in range(2):  # the second time, the record is there
            told = platform.run("enqueue", *options(request), code=3).stderr
            assert "Not replicated: 0 of 1 replicas have confirmed" in told
            assert "Nothing was accepted" in told
            assert "repeating is safe" in told

    accepted = platform.documents("enqueue", *options(request))
    assert len(platform.documents("list", "--appid", request["appid"])) == len(accepted) == 1


def test_without_a_sentinel_that_answers_nothing_is_accepted(platform: Platform) -> None:
    request = platform.request(platform.mini_program())
    nobody = f"sentinel://127.0.0.1:{free_port()}/0"
    told = platform.run("enqueue", *options(request), code=3, MPRELEASE_REDIS__URL=nobody).stderr
    assert "Redis is away: No master found" in told
    assert "repeating is safe" in told


def options(request: dict[str, object]) -> list[str]:
    names = ("appid", "template_id", "user_version", "user_desc")
    return [part for name in names for part in (f"--{name.replace('_', '-')}", str(request[name]))]


def test_without_a_replica_no_call_goes_out_and_the_worker_goes_on_when_one_is_there(
    platform: Platform, servers: Sentinels
) -> None:
    appid = platform.mini_program()
    release = platform.enqueue_only(platform.request(appid))[0]
    with ExitStack() as stack:
        with no_replica(servers):
            worker = stack.enter_context(platform.worker())
            wait_for(lambda: "Redis is away (NotReplicated)" in worker.text())
            assert platform.called(appid) == []
        wait_for(lambda: platform.show(release["id"])["status"] == "submitted")


def test_what_was_accepted_before_a_failover_is_submitted_once_after_it(
    platform: Platform, servers: Sentinels
) -> None:
    appids = [platform.mini_program() for _ in range(RELEASES)]
    last = platform.enqueue_only(*map(platform.request, appids))[-1]["id"]
    waiting = subprocess.Popen(
        [sys.executable, "-c", WAITING_CLIENT, last],
        env=platform.environment,
        cwd=platform.directory,
        stdout=subprocess.PIPE,
        text=True,
    )
    with replaced_master(servers), platform.worker():
        wait_until_submitted(platform, appids)
    assert waiting.communicate(timeout=60)[0].strip() == str(platform.show(last)["auditid"])
    assert_submitted_once(platform, appids)


@contextmanager
def replaced_master(servers: Sentinels) -> Iterator[None]:
    """The master is dead when the block begins; when it ends there is another, and all are there again."""
    lost = servers.master
    lost.kill()
    yield
    servers.wait_for_another_master(lost)
    servers.rejoin(lost)
    servers.wait_until_whole()


def wait_until_submitted(platform: Platform, appids: list[str]) -> None:
    def all_submitted() -> bool:
        with platform.redis() as client:
            try:
                return {client.hget(f"mini-program:{appid}", "active") for appid in appids} == {None} and (
                    int(client.zcard("releases:status:submitted")) >= len(appids)
                )
            except redis.RedisError:
                return False

    wait_for(all_submitted)


def assert_submitted_once(platform: Platform, appids: list[str]) -> None:
    for appid in appids:
        state = platform.mini(appid)
        assert len(state["audits"]) == 1
        assert state["submitted_after_applied"] == 0


def test_doctor_counts_the_replicas(platform: Platform, servers: Sentinels) -> None:
    servers.wait_until_whole()
    told = platform.run("doctor", code=1).stdout  # no worker is there
    assert "ok       replicas      2 connected, 1 to confirm each write" in told


def test_what_a_person_says_counts_when_a_replica_has_it(
    platform: Platform, servers: Sentinels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "ACKNOWLEDGED_WITHIN_S", 0.1)
    made = app_on(servers).services
    new, old, ended = (parse_request(platform.request(f"wx{n:016x}", wave="said")) for n in range(3))
    old_id, ended_id = (made.releases.enqueue(request).release.id for request in (old, ended))
    platform.run("cancel", ended_id)
    said: dict[str, Callable[[], object]] = {
        "a release": lambda: made.releases.enqueue(new),
        "the same again": lambda: made.releases.enqueue(new),
        "the same in a file": lambda: made.batch.enqueue([new]),
        "a file": lambda: made.batch.enqueue([ended]),
        "a cancellation": lambda: made.releases.cancel(old_id),
        "a cancellation again": lambda: made.releases.cancel(ended_id),
        "the bound of a wave": lambda: made.waves.set_bound("said", 5),
        "a pause": lambda: made.pauses.begin_by_hand(Scope.ALL, ""),
        "the end of a pause": lambda: made.pauses.lift(Scope.ALL),
        "a refresh token": lambda: made.wechat.store.put_refresh_tokens({"wx1": "token"}),
    }
    errors: dict[str, Exception] = {}
    with no_replica(servers):
        for what, say in said.items():
            try:
                say()
            except NotReplicated as error:
                errors[what] = error
    assert set(said) - set(errors) == set()
    assert all(map(is_away, errors.values()))


def test_a_server_that_is_no_master_any_more_is_left(client: redis.Redis, servers: Sentinels) -> None:
    store = TokenStore(Database(client), Seal())
    client.ping()
    master, other = servers.master, servers.replicas[0]
    with master.client() as direct:
        direct.replicaof("127.0.0.1", str(other.port))
        try:
            # Said by us where Redis is older than 7, else by redis-py.
            with pytest.raises(redis.ConnectionError, match="master"):
                store.put_refresh_tokens({"wx1": "token"})
        finally:
            direct.replicaof("NO", "ONE")
    store.put_refresh_tokens({"wx1": "token"})
    servers.wait_until_whole()


def test_an_error_does_not_quote_what_was_to_be_written(servers: Sentinels) -> None:
    with servers.replicas[0].client() as replica, pytest.raises(redis.ResponseError) as raised:
        Database(replica).write(lambda pipe: pipe.set("key", "the-secret"))
    assert is_away(raised.value)
    assert "the-secret" not in str(raised.value)
