"""Sentinel with TLS: the Sentinel and the server that it names are reached by TLS alone."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
import requests
import trustme

from cli.demo.processes import stop
from cli.demo.redis import KEEP_ENVIRONMENT, embedded_redis, find_server, free_port
from tests.support import flower, workers
from tests.support.tls_relay import Relay, context_for, tls_relay
from tests.support.workers import Platform, wait_for

pytestmark = pytest.mark.long

HOST = "127.0.0.1"
MASTER = "releases-master"


@dataclass
class Guarded:
    """A platform whose Redis stands behind a Sentinel, and the relays before both."""

    platform: Platform
    sentinel: Relay
    server: Relay


@contextmanager
def sentinel_of(announced_port: int, directory: Path) -> Iterator[int]:
    """Run a Sentinel that watches a server; yields its own port, which talks plain text."""
    port = free_port()
    config = directory / "sentinel.conf"
    config.write_text(
        f"bind {HOST}\nport {port}\ndir {directory}\nsentinel monitor {MASTER} {HOST} {announced_port} 1\n"
    )
    process = subprocess.Popen(
        [find_server(), str(config), "--sentinel", *KEEP_ENVIRONMENT], stdout=subprocess.DEVNULL
    )

    def watches() -> bool:
        try:
            with redis.Redis(port=port, decode_responses=True) as client:
                return bool(client.sentinel_masters()[MASTER]["flags"] == "master")
        except redis.ConnectionError:
            return False

    try:
        wait_for(watches, patience_s=20)
        yield port
    finally:
        stop(process, timeout_s=10)


@contextmanager
def replica_of(port: int) -> Iterator[None]:
    """Run a server that confirms what the one on this port writes."""
    with embedded_redis() as url, redis.Redis.from_url(url, decode_responses=True) as replica:
        replica.replicaof(HOST, str(port))
        wait_for(lambda: dict(replica.info("replication"))["master_link_status"] == "up", patience_s=20)
        yield


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def guarded(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    directory = tmp_path_factory.mktemp("sentinel")
    ca.cert_pem.write_to_path(directory / "ca.pem")
    context = context_for(ca.issue_cert(HOST))
    with ExitStack() as stack:
        plain = stack.enter_context(embedded_redis())
        # The Sentinel itself talks plain text to the port that it announces; clients have to talk TLS there.
        server = stack.enter_context(tls_relay(port_of(plain), context, plain_too=True))
        stack.enter_context(replica_of(server.port))
        sentinel = stack.enter_context(
            tls_relay(stack.enter_context(sentinel_of(server.port, directory)), context)
        )
        settings = {
            "MPRELEASE_REDIS__URL": f"sentinel://{HOST}:{sentinel.port}/0",
            "MPRELEASE_REDIS__MASTER_NAME": MASTER,
            "MPRELEASE_REDIS__TLS": "true",
            "MPRELEASE_REDIS__CA_FILE": str(directory / "ca.pem"),
        }
        platform = stack.enter_context(
            workers.platform(directory, server=workers.PlainServer(plain), settings=settings)
        )
        stack.enter_context(platform.worker())
        yield Guarded(platform, sentinel, server)


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def test_a_release_gets_from_the_command_line_to_its_audit(guarded: Guarded) -> None:
    before = guarded.sentinel.accepted, guarded.server.accepted
    assert guarded.platform.release(guarded.platform.mini_program())["status"] == "submitted"
    assert guarded.sentinel.accepted > before[0]
    assert guarded.server.accepted > before[1]


def test_the_doctor_finds_redis_and_the_worker(guarded: Guarded) -> None:
    found = guarded.platform.run("doctor", code=None).stdout
    assert "ok       Redis" in found
    assert "1 answer" in found


@pytest.mark.skipif(not flower.IS_INSTALLED, reason=flower.WHY_SKIPPED)
def test_flower_shows_the_queue(guarded: Guarded, tmp_path: Path) -> None:
    settings = {
        name: value
        for name, value in guarded.platform.environment.items()
        if name.startswith("MPRELEASE_REDIS__") and not name.endswith("URL")
    }
    with flower.running(tmp_path, guarded.platform.environment["MPRELEASE_REDIS__URL"], **settings) as up:
        page = requests.get(f"{up.url}/broker", auth=flower.LOGIN, timeout=10)
        assert page.status_code == 200
        assert "releases" in page.text


def test_without_tls_nobody_gets_through(guarded: Guarded) -> None:
    ended = guarded.platform.run("list", code=3, MPRELEASE_REDIS__TLS="false")
    assert f"{HOST}:{guarded.sentinel.port} - Error while reading" in ended.stderr


def test_a_foreign_sentinel_is_told_from_one_that_is_away(guarded: Guarded, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.pem"
    trustme.CA().cert_pem.write_to_path(foreign)
    refused = guarded.platform.run("list", code=2, MPRELEASE_REDIS__CA_FILE=str(foreign))
    assert "its certificate was not accepted: unable to get local issuer certificate" in refused.stderr
    assert "MPRELEASE_REDIS__CA_FILE" in refused.stderr


def test_a_foreign_server_behind_a_good_sentinel_is_refused(
    guarded: Guarded, ca: trustme.CA, tmp_path: Path
) -> None:
    trusted, foreign = context_for(ca.issue_cert(HOST)), context_for(trustme.CA().issue_cert(HOST))
    with (
        tls_relay(port_of(guarded.platform.redis_url), foreign, plain_too=True) as server,
        sentinel_of(server.port, tmp_path) as port,
        tls_relay(port, trusted) as sentinel,
    ):
        url = f"sentinel://{HOST}:{sentinel.port}/0"
        refused = guarded.platform.run("list", code=2, MPRELEASE_REDIS__URL=url)
        assert "its certificate was not accepted" in refused.stderr
        assert sentinel.accepted > 0
