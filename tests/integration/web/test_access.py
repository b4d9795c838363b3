"""Who is let in: 401 before 403 before 404, in every route."""

import hashlib
import socket
from pathlib import Path

import pytest
import requests

from tests.support import api as serving
from tests.support import forks
from tests.support.api import KEYS, Api, walked

PROBLEM = "application/problem+json"
#: What each scope lets its holder do.
INCLUDED = {
    "read": {"read"},
    "operate": {"read", "operate"},
    "publish": {"read", "operate", "publish"},
    "tokens": {"tokens"},
}
#: Of the wrong kinds: the key comes first.
BODIES = (None, b"{", b"[]", b'{"nonsense": 1}')


def is_problem(answer: requests.Response, status: int) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.headers["Cache-Control"] == "no-store"
    told: dict[str, object] = answer.json()
    assert told["status"] == status
    return told


def filled(path: str) -> str:
    return path.replace("{release_id}", "nobody").replace("{wave}", "nobody").replace("{appid}", "nobody")


def test_every_route_asks_for_a_key_then_for_its_scope_then_whether_there_is_such_a_thing(api: Api) -> None:
    routes = [route for route in walked(api.ask("GET", "/openapi.json").json()) if route[1] != "/healthz"]
    assert len(routes) >= 13
    for method, path, operation in routes:
        (needed,) = operation["security"][0]["key"]
        for body in BODIES:
            for headers in (
                {},
                {"Authorization": "Bearer wrong"},
                {"Authorization": f"Basic {KEYS[needed]}"},
            ):
                answer = api.ask(method, filled(path), scope=None, data=body, headers=headers)
                told = is_problem(answer, 401)
                assert "mprelease api-key" in str(told["detail"]), path
                assert answer.headers["WWW-Authenticate"] == "Bearer"
            for scope in KEYS:
                if needed not in INCLUDED[scope]:
                    told = is_problem(api.ask(method, filled(path), scope=scope, data=body), 403)
                    assert f"--scope {needed}" in str(told["detail"])
        if 404 in map(int, operation["responses"]):
            is_problem(api.ask(method, filled(path), scope=needed), 404)


@pytest.mark.parametrize("path", ["/nothing", "/releases/", "/", "/releases/a/b/c", "/../../etc/passwd"])
def test_a_path_that_nobody_serves_is_unknown_to_those_alone_who_may_read(api: Api, path: str) -> None:
    is_problem(api.ask("GET", path, scope=None), 401)
    is_problem(api.ask("GET", path, scope="tokens"), 403)
    is_problem(api.ask("GET", path, scope="read"), 404)


def test_a_method_that_is_not_served_is_told_with_those_that_are(api: Api) -> None:
    is_problem(api.ask("DELETE", "/releases", scope=None), 401)
    answer = api.ask("DELETE", "/releases")
    is_problem(answer, 405)
    assert answer.headers["Allow"]


def test_the_document_is_for_those_who_have_a_key(api: Api) -> None:
    is_problem(api.ask("GET", "/openapi.json", scope=None), 401)


def test_metrics_are_for_those_who_may_read_and_hold_nothing_that_a_client_chose(api: Api) -> None:
    def asked(scope: str | None) -> requests.Response:
        headers = {} if scope is None else {"Authorization": f"Bearer {KEYS[scope]}"}
        return requests.get(f"{api.url}/metrics", headers=headers, timeout=10)

    is_problem(asked(None), 401)
    is_problem(asked("tokens"), 403)
    api.ask("GET", "/releases/nobody")
    api.ask("CHOSEN", "/chosen", params={"chosen": "1"})
    told = asked("read").text
    counted = 'mprelease_http_requests_total{method="GET",route="/releases/{release_id}",status="404"}'
    assert counted in told
    assert "mprelease_http_request_seconds_bucket" in told
    assert "chosen" not in told.lower()
    assert not [key for key in KEYS.values() if key in told]


def test_another_host_name_is_refused_whatever_the_key(api: Api) -> None:
    for host in ("evil.example.com", "127.0.0.1.evil.example.com", ""):
        is_problem(api.ask("GET", "/releases", headers={"Host": host}), 421)
    for host in ("localhost", "LOCALHOST:1", "127.0.0.1:8080", "[::1]:80"):
        assert api.ask("GET", "/releases", headers={"Host": host}).status_code == 200


def test_no_page_of_another_site_may_read_an_answer_and_no_cookie_is_set(api: Api) -> None:
    answer = api.ask("GET", "/releases", headers={"Origin": "https://evil.example.com"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert "Set-Cookie" not in answer.headers


def test_health_asks_for_no_key(api: Api) -> None:
    assert api.ask("GET", "/healthz", scope=None).json() == {"status": "ok"}
    assert requests.get(f"{api.url}/healthz", timeout=5).json() == {"status": "ok"}


def test_without_any_key_nobody_is_let_in_and_the_way_out_is_told(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with serving.running({**environment, "MPRELEASE_WEB__KEYS": ""}, tmp_path) as api:
        told = is_problem(api.ask("GET", "/releases"), 401)
        assert "mprelease api-key" in str(told["detail"])
        assert api.ask("GET", "/healthz", scope=None).status_code == 200


def test_without_any_key_only_loopback_is_listened_on(environment: dict[str, str], tmp_path: Path) -> None:
    ended = forks.run(
        ["web", "--host", "0.0.0.0", "--port", "0"],
        environment=environment,
        directory=tmp_path,
        typed="",
        timeout_s=60,
    )
    assert ended.returncode == 2, ended
    assert "mprelease api-key" in ended.stderr


def test_an_address_in_use_is_told(environment: dict[str, str], tmp_path: Path, api: Api) -> None:
    port = api.url.rpartition(":")[2]
    ended = forks.run(
        ["web", "--port", port], environment=environment, directory=tmp_path, typed="", timeout_s=60
    )
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False), ended
    assert port in ended.stderr


def test_a_key_that_was_made_lets_its_holder_in_and_is_in_no_log(
    environment: dict[str, str], tmp_path: Path
) -> None:
    made = forks.run(
        ["api-key", "shop.backend", "--scope", "read", "--scope", "tokens"],
        environment=environment,
        directory=tmp_path,
        typed="",
        timeout_s=60,
    )
    key, line = made.stdout.strip(), made.stderr.splitlines()[-1]
    assert key not in made.stderr
    assert line == f"shop.backend:read+tokens:{hashlib.sha256(key.encode()).hexdigest()}"
    with serving.running({**environment, "MPRELEASE_WEB__KEYS": line}, tmp_path) as api:
        headers = {"Authorization": f"Bearer {key}"}
        assert api.ask("GET", "/waves", scope=None, headers=headers).status_code == 200
        assert api.stop() == 0
        assert key not in api.text()
        assert '"caller": "shop.backend"' in api.text()


def test_requests_of_one_key_are_bounded_and_those_of_another_are_not_held_up(
    environment: dict[str, str], tmp_path: Path
) -> None:
    few = {**environment, "MPRELEASE_WEB__REQUESTS_PER_MINUTE": "10"}
    with serving.running(few, tmp_path) as api:
        assert api.ask("GET", "/releases").status_code == 200
        refused = api.ask("GET", "/releases")
        is_problem(refused, 429)
        assert 1 <= int(refused.headers["Retry-After"]) <= 6
        assert api.ask("GET", "/releases", scope="read").status_code == 200


def test_a_body_over_the_bound_is_refused_and_so_is_one_that_says_so(api: Api) -> None:
    too_large = b" " * (16 * 1024 * 1024 + 1)
    is_problem(api.ask("POST", "/releases", data=too_large), 413)
    is_problem(api.ask("POST", "/releases", data=iter([too_large[:-5], b"123456"])), 413)
    is_problem(api.ask("POST", "/releases", scope="read", data=too_large), 403)


def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_bug(api: Api) -> None:
    host, port = api.url.removeprefix("http://").split(":")
    for _ in range(3):
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            head = f"POST /api/v1/releases HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {KEYS['operate']}\r\n"
            connection.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
    assert api.ask("GET", "/releases").status_code == 200
    assert "Traceback" not in api.text()
