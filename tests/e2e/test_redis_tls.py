"""Everything over TLS: a real handshake before a real Redis, with certificates made here."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import trustme

from cli.demo import processes
from cli.demo.redis import embedded_redis
from tests.support import flower, workers
from tests.support.orchestrator import orchestrator_of
from tests.support.tls_relay import Relay, context_for, tls_relay
from tests.support.workers import Platform, wait_for

pytestmark = pytest.mark.long

HOST = "127.0.0.1"


@dataclass
class Secured:
    """A platform whose processes reach Redis through the relay, and its worker."""

    platform: Platform
    relay: Relay
    url: str
    ca_file: str
    redis_port: int


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def secured(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    directory = tmp_path_factory.mktemp("tls")
    ca_file = directory / "ca.pem"
    ca.cert_pem.write_to_path(ca_file)
    with ExitStack() as stack:
        plain = stack.enter_context(embedded_redis())
        port = int(plain.rpartition(":")[2].partition("/")[0])
        relay = stack.enter_context(tls_relay(port, context_for(ca.issue_cert(HOST))))
        url = f"rediss://{HOST}:{relay.port}/0"
        settings = {"MPRELEASE_REDIS__URL": url, "MPRELEASE_REDIS__CA_FILE": str(ca_file)}
        platform = stack.enter_context(
            workers.platform(directory, server=workers.PlainServer(plain), settings=settings)
        )
        stack.enter_context(platform.worker())
        yield Secured(platform, relay, url, str(ca_file), port)


def test_a_release_gets_from_the_command_line_to_its_audit(secured: Secured) -> None:
    before = secured.relay.accepted
    assert secured.platform.release(secured.platform.mini_program())["status"] == "submitted"
    assert secured.relay.accepted > before


def test_the_doctor_finds_redis_and_the_worker(secured: Secured) -> None:
    found = secured.platform.run("doctor", code=None).stdout
    assert "ok       Redis" in found
    assert "1 answer" in found


def test_an_orchestrator_names_the_ca_in_its_url(secured: Secured, tmp_path: Path) -> None:
    url = f"{secured.url}?ssl_cert_reqs=required&ssl_ca_certs={secured.ca_file}"
    with orchestrator_of(url, tmp_path) as orchestrator:
        release_id = orchestrator.start(**secured.platform.request(secured.platform.mini_program()))
        assert isinstance(orchestrator.ask("result", release_id)["value"], int)


def test_a_ca_named_in_the_url_is_as_good_as_the_setting(secured: Secured) -> None:
    url = f"{secured.url}?ssl_ca_certs={secured.ca_file}"
    released = secured.platform.documents(
        "enqueue",
        *("--file", "-"),
        stdin=json.dumps(secured.platform.request(secured.platform.mini_program())),
        MPRELEASE_REDIS__URL=url,
        MPRELEASE_REDIS__CA_FILE="",
    )
    assert len(released) == 1


def test_a_server_that_asks_for_a_certificate_gets_the_one_named_in_the_url(
    secured: Secured, ca: trustme.CA, tmp_path: Path
) -> None:
    ours = ca.issue_cert("mprelease.example.com")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    ours.private_key_pem.write_to_path(key)
    ours.cert_chain_pems[0].write_to_path(certificate)
    with tls_relay(secured.redis_port, context_for(ca.issue_cert(HOST), clients=ca)) as relay:
        url = f"rediss://{HOST}:{relay.port}/0"
        request = json.dumps(secured.platform.request(secured.platform.mini_program()))
        options = ("--file", "-", "--wait")
        named = f"{url}?ssl_certfile={certificate}&ssl_keyfile={key}"
        assert (
            secured.platform.documents("enqueue", *options, stdin=request, MPRELEASE_REDIS__URL=named)[0][
                "status"
            ]
            == "submitted"
        )
        secured.platform.run("list", code=3, MPRELEASE_REDIS__URL=url)


@pytest.mark.skipif(not flower.IS_INSTALLED, reason=flower.WHY_SKIPPED)
@pytest.mark.long
def test_flower_shows_the_queue(secured: Secured, tmp_path: Path) -> None:
    with flower.running(tmp_path, secured.url, MPRELEASE_REDIS__CA_FILE=secured.ca_file) as up:
        page = requests.get(f"{up.url}/broker", auth=flower.LOGIN, timeout=10)
        assert page.status_code == 200
        assert "releases" in page.text
        wait_for(
            lambda: "celery@" in requests.get(f"{up.url}/api/workers", auth=flower.LOGIN, timeout=10).text
        )
    assert "CERTIFICATE" not in up.log.read_text()


def expired(ca: trustme.CA) -> trustme.LeafCert:
    now = datetime.now(UTC)
    return ca.issue_cert(HOST, not_before=now - timedelta(days=2), not_after=now - timedelta(days=1))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("foreign", "unable to get local issuer certificate"),
        ("expired", "certificate has expired"),
        ("of another host", "certificate is not valid for '127.0.0.1'"),
    ],
)
def test_a_certificate_that_is_not_accepted_is_told_with_what_to_do(
    secured: Secured, ca: trustme.CA, kind: str, said: str
) -> None:
    certificate = {
        "foreign": lambda: trustme.CA().issue_cert(HOST),
        "expired": lambda: expired(ca),
        "of another host": lambda: ca.issue_cert("redis.example.com"),
    }[kind]()
    with tls_relay(secured.redis_port, context_for(certificate)) as relay:
        url = f"rediss://{HOST}:{relay.port}/0"
        refused = secured.platform.run("list", code=2, MPRELEASE_REDIS__URL=url)
        doctor = secured.platform.run("doctor", code=2, MPRELEASE_REDIS__URL=url)
        for told in (refused.stderr, doctor.stdout):
            assert "its certificate was not accepted" in told
            assert said in told
            assert "MPRELEASE_REDIS__CA_FILE" in told
        assert relay.accepted == 0


def test_without_a_ca_of_ours_only_the_systems_are_trusted(secured: Secured) -> None:
    refused = secured.platform.run("list", code=2, MPRELEASE_REDIS__CA_FILE="")
    assert "its certificate was not accepted" in refused.stderr


def test_the_workers_log_tells_of_the_certificate_and_it_goes_on_waiting(
    secured: Secured, tmp_path: Path
) -> None:
    with tls_relay(secured.redis_port, context_for(trustme.CA().issue_cert(HOST))) as relay:
        environment = {
            **secured.platform.environment,
            "MPRELEASE_REDIS__URL": f"rediss://{HOST}:{relay.port}/0",
        }
        log = tmp_path / "worker.log"
        with processes.worker(environment, log) as process:
            wait_for(lambda: "name the CA that signed it in MPRELEASE_REDIS__CA_FILE" in log.read_text())
            wait_for(lambda: "consumer: Cannot connect to rediss://" in log.read_text())
            assert process.poll() is None
        assert " ready." not in log.read_text()
        assert relay.accepted == 0
