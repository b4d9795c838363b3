"""What the environment says of the way to WeChat: a proxy, CAs. It is honoured, or named for what it is."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.integration.wechat.conftest import Serve, TransportTo
from tests.integration.wechat.http.addresses import resolve
from tests.integration.wechat.http.slow import OK, call
from tests.integration.wechat.server import RawServer, answer, once
from wechat.errors import Unanswered
from wechat.http.route import CA_VARIABLES, ca_problem
from wechat.http.transport import Transport

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, *map(str.upper, PROXIES), *CA_VARIABLES):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tls_server(serve: Serve, certificate: Path) -> RawServer:
    """A server whose certificate is its own CA's, which nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return serve(once(answer(OK)), context)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    file.write_text("")
    return file


def problem_of(transport: Transport) -> str:
    with pytest.raises(Unanswered) as caught:
        call(transport, 30)
    return caught.value.problem


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_a_private_ca_of_the_environment_is_trusted(
    tls_server: RawServer,
    transport_to: TransportTo,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    monkeypatch.setenv(variable, str(certificate))

    call(transport_to(tls_server.url), 30)

    assert ca_problem(tls_server.url) is None


def test_the_first_variable_counts(
    tls_server: RawServer,
    transport_to: TransportTo,
    certificate: Path,
    empty: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable, file in zip(CA_VARIABLES, (certificate, empty, empty), strict=True):
        monkeypatch.setenv(variable, str(file))

    call(transport_to(tls_server.url), 30)


def test_a_certificate_of_a_private_ca_is_told_with_the_variable_that_takes_it(
    tls_server: RawServer, transport_to: TransportTo
) -> None:
    problem = problem_of(transport_to(tls_server.url))

    assert problem.startswith("TLS failed: the certificate is not trusted (self")
    assert problem.endswith("a private CA is named in REQUESTS_CA_BUNDLE")


def test_a_certificate_of_another_host_is_told_as_that(
    tls_server: RawServer, transport_to: TransportTo, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    resolve(monkeypatch, "other.invalid", "127.0.0.1")

    problem = problem_of(transport_to(tls_server.url.replace("127.0.0.1", "other.invalid")))

    assert "Hostname mismatch" in problem
    assert "private CA" not in problem


@pytest.mark.parametrize("variable", CA_VARIABLES)
@pytest.mark.parametrize(
    ("file", "said"), [("missing.pem", "No such file or directory"), ("ca.pem", "it holds no certificates")]
)
def test_a_ca_file_that_can_not_be_used_is_named_with_its_variable(
    tls_server: RawServer,
    transport_to: TransportTo,
    empty: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    file: str,
    said: str,
) -> None:
    path = str(empty.with_name(file))
    monkeypatch.setenv(variable, path)

    problem = problem_of(transport_to(tls_server.url))

    assert problem == ca_problem(tls_server.url)
    assert problem.startswith(f"{variable} names {path}, which can't be used: {said}")


def test_cas_do_not_matter_without_tls(
    serve: Serve, transport_to: TransportTo, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(empty))
    server = serve(once(answer(OK)))

    call(transport_to(server.url), 30)

    assert ca_problem(server.url) is None


@pytest.mark.parametrize("variable", ["ALL_PROXY", "all_proxy", "HTTP_PROXY"])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4"])
def test_a_socks_proxy_is_named_and_nothing_goes_past_it(
    serve: Serve, transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch, variable: str, scheme: str
) -> None:
    server = serve(once(answer(OK)))
    monkeypatch.setenv(variable, f"{scheme}://me:hunter2@127.0.0.1:1080")

    problem = problem_of(transport_to(server.url))

    assert "is a SOCKS proxy, which is not supported" in problem
    assert "NO_PROXY" in problem
    assert "hunter2" not in problem
    assert server.requests == []


def test_a_socks_proxy_for_other_addresses_does_no_harm(
    serve: Serve, transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    call(transport_to(serve(once(answer(OK))).url), 30)


@pytest.mark.parametrize(
    ("proxy", "said"), [("ftp://127.0.0.1:1", "is no HTTP proxy"), ("http://:1", "is no URL")]
)
def test_what_is_no_proxy_is_named(
    transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch, proxy: str, said: str
) -> None:
    monkeypatch.setenv("http_proxy", proxy)

    assert said in problem_of(transport_to("http://wechat.invalid"))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (b"407 Proxy Authentication Required", "HTTP 407: it wants a user and a password"),
        (b"403 Forbidden", "refused the connection with HTTP 403"),
    ],
)
def test_a_proxy_that_refuses_is_told_from_wechat(
    serve: Serve, transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch, status: bytes, said: str
) -> None:
    monkeypatch.setenv("https_proxy", serve(once(answer(b"", status=status))).url)

    assert said in problem_of(transport_to("https://wechat.invalid"))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_whose_name_does_not_resolve_is_told(
    transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("http_proxy", f"{scheme}://proxy.invalid:3128")

    assert (
        problem_of(transport_to("http://wechat.invalid"))
        == "the host name of the proxy does not resolve (DNS)"
    )


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_name_that_does_not_resolve_is_told(transport_to: TransportTo, scheme: str) -> None:
    problem = problem_of(transport_to(f"{scheme}://no-such-host.invalid"))

    assert problem == "the host name in MPRELEASE_WECHAT__API_URL does not resolve (DNS)"


@pytest.mark.parametrize("host", ["a..invalid", "x" * 64 + ".invalid"])
def test_what_is_no_host_name_is_told(transport_to: TransportTo, host: str) -> None:
    problem = problem_of(transport_to(f"http://{host}"))

    assert problem == "what MPRELEASE_WECHAT__API_URL names is no host name"
