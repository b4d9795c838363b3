"""What is forged: refused, and told in the log with the address that it came from."""

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.integration.web.page.conftest import (
    HEADER,
    PASSWORD,
    Browser,
    browser_of,
    log_in,
    opened,
    somebody,
    with_password,
)
from tests.support import api as serving
from tests.support import silent
from tests.support.api import Api
from tests.support.workers import wait_for
from web.gate import MOST_OF_ONE
from web.login.sessions import SESSION_COOKIE, Sessions

ORIGIN = "a form with another page's Origin was refused"
LOADED = "a request that another site's page made was refused"
TOKEN = "a form without the token of its page was refused"
UNTRUSTED = "a proxy's header from an address that is no trusted proxy was not believed"
NOBODY = "a proxy named nobody whom a history could name"
HOST = "a request for a host that is not served here was refused"


def told(page: Api, browser: Browser) -> list[str]:
    """What the log warns of that this browser did."""
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in page.text().splitlines() if line.startswith("{")
    ]
    return [
        line["event"]
        for line in lines
        if line["level"] == "warning" and line.get("address") == browser.address
    ]


@pytest.fixture
def anna(browser: Browser) -> Browser:
    """Somebody with a session."""
    browser.session.cookies.set(SESSION_COOKIE, Sessions(PASSWORD).begin("anna"), domain="127.0.0.1")
    return browser


def token_of(browser: Browser) -> str:
    opened(browser)
    token: str = browser.session.cookies["mprelease-form"]
    return token


def sent(browser: Browser, token: str | None, **headers: str | None) -> requests.Response:
    """Press the button that logs out, as a browser does but for what is given."""
    return browser.session.post(
        f"{browser.url}/logout",
        data={} if token is None else {"form": token},
        headers={"Origin": browser.url, **headers},
        allow_redirects=False,
        timeout=30,
    )


def test_a_form_of_another_page_does_nothing(anna: Browser, entrance: Api) -> None:
    token = token_of(anna)
    port = anna.url.rpartition(":")[2]
    origins = [
        *(None, "", "null", "https://evil.example.com", "http://127.0.0.1", f"http://localhost:{port}"),
        *(f"http://127.0.0.1:{port}@evil.example.com", f"{anna.url}.evil.example.com", "http://["),
    ]
    for origin in origins:
        answer = sent(anna, token, Origin=origin)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False), origin
    for site in ("cross-site", "same-site"):  # http:// of our own name
        assert sent(anna, token, **{"Sec-Fetch-Site": site}).status_code == 403
    assert told(entrance, anna) == [ORIGIN] * (len(origins) + 2)
    assert opened(anna).status_code == 404
    assert sent(anna, token, **{"Sec-Fetch-Site": "same-origin"}).status_code == 303
    assert opened(anna).status_code == 303


def test_another_sites_page_leads_to_a_screen_and_loads_none(anna: Browser, entrance: Api) -> None:
    for site in ("cross-site", "same-site"):
        of_site = {"Sec-Fetch-Site": site}
        for use in ("image", "empty", "iframe", "script"):
            for path in ("/mini-program/wx0?ask=1", "/live?screen=waves", "/language/zh"):
                assert opened(anna, path, **of_site, **{"Sec-Fetch-Dest": use}).status_code == 403
        assert opened(anna, **of_site, **{"Sec-Fetch-Dest": "document"}).status_code == 404
    assert told(entrance, anna) == [LOADED] * 24
    for ours in ("same-origin", "none"):
        assert opened(anna, **{"Sec-Fetch-Site": ours, "Sec-Fetch-Dest": "empty"}).status_code == 404


def test_a_form_without_the_token_of_its_page_does_nothing(anna: Browser, entrance: Api) -> None:
    tokens = [
        None,
        "",
        "x",
        token_of(anna)[:-1],
        token_of(browser_of(entrance, "read")),
        "\u8bcd",
        "x" * 10_000,
    ]
    for token in tokens:
        answer = sent(anna, token)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False), token
    # A token that comes with no cookie, or with an empty one.
    for cookie in ("", "mprelease-form="):
        session = f"{SESSION_COOKIE}={anna.session.cookies[SESSION_COOKIE]}"
        assert sent(somebody_at(anna), "", Cookie=f"{session}; {cookie}").status_code == 403
    assert told(entrance, anna) == [TOKEN] * (len(tokens) + 2)
    assert opened(anna).status_code == 404


def somebody_at(browser: Browser) -> Browser:
    """Another browser at the same address, without a cookie."""
    made = Browser(browser.url, None)
    made.session.mount("http://", browser.session.get_adapter(browser.url))
    return made


def test_the_login_itself_is_no_form_of_another_page(browser: Browser, entrance: Api) -> None:
    assert log_in(browser, origin="https://evil.example.com").status_code == 403
    assert log_in(browser, form="x").status_code == 403
    assert SESSION_COOKIE not in browser.session.cookies
    assert told(entrance, browser) == [ORIGIN, TOKEN]


def test_a_header_from_an_untrusted_address_makes_nobody(entrance: Api) -> None:
    mallory = somebody(entrance, "petra")
    for forwarded in ("", "127.0.0.1", "127.0.0.1, 10.0.0.1"):
        answer = opened(
            mallory, **{"X-Forwarded-For": forwarded, "Forwarded": f"for={forwarded}", "X-Real-IP": forwarded}
        )
        assert (answer.status_code, answer.headers["Location"]) == (303, "/login?back=%2Fx")
    assert told(entrance, mallory) == [UNTRUSTED] * 3
    assert "petra" not in "".join(line for line in entrance.text().splitlines() if UNTRUSTED in line)


def test_beside_a_session_a_header_that_is_not_believed_changes_nothing(anna: Browser, entrance: Api) -> None:
    text = opened(anna, **{HEADER: "petra"}).text
    assert "anna</bdi> (may operate)" in text
    assert "petra" not in text
    assert told(entrance, anna) == [UNTRUSTED]


def test_the_proxy_alone_is_believed_and_comes_before_a_session(entrance: Api) -> None:
    petra = browser_of(entrance, "publish")
    petra.session.headers["X-Forwarded-For"] = "10.1.2.3"
    assert "petra</bdi> (may publish)" in opened(petra).text
    petra.session.cookies[SESSION_COOKIE] = "forged"
    assert "petra</bdi> (may publish)" in opened(petra).text
    assert "reader</bdi> (may look)" in opened(browser_of(entrance, "read")).text
    sent_as = "王芳".encode().decode("latin-1")
    assert "王芳</bdi> (may look)" in opened(browser_of(entrance, "read"), **{HEADER: sent_as}).text


@pytest.mark.parametrize(
    "names", [["petra", "olga"], ["petra", "petra"], [""], ["p" * 81], ["a\u202eb"], ["a\tb"], ["\xff"]]
)
def test_what_no_history_can_name_is_nobody_though_the_proxy_says_so(names: list[str], entrance: Api) -> None:
    before = entrance.text().count(NOBODY)
    host, port = entrance.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(f"GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n".encode())
        for name in names:
            raw = name.encode("latin-1" if name == "\xff" else "utf-8")
            connection.sendall(f"{HEADER}: ".encode() + raw + b"\r\n")
        connection.sendall(b"\r\n")
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 303 ")
    assert entrance.text().count(NOBODY) == before + 1


def test_methods_do_what_they_are_for_and_nothing_else(anna: Browser) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"):
        answer = opened(anna, "/logout", method, Origin=anna.url)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST"), method
        assert SESSION_COOKIE not in answer.headers.get("Set-Cookie", "")
    for method in ("POST", "HEAD", "OPTIONS"):
        answer = opened(anna, "/language/zh", method, Origin=anna.url)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert "mprelease-language" not in anna.session.cookies
    assert opened(anna).status_code == 404


def test_a_stranger_is_sent_to_the_login_by_any_method(browser: Browser) -> None:
    for method in ("GET", "HEAD"):
        assert opened(browser, "/x?y", method).headers["Location"] == "/login?back=%2Fx%3Fy"
    for method in ("POST", "OPTIONS", "PUT"):
        assert opened(browser, "/x?y", method).headers["Location"] == "/login?back=%2F"


def test_no_answer_is_kept_shown_within_another_page_or_run(anna: Browser, browser: Browser) -> None:
    found = re.search(r'href="(/static/[^"]+\.css)"', opened(anna).text)
    assert found
    for path in ("/x", "/login", "/language/en", "/logout", "/api/v1/releases", found[1]):
        headers = opened(anna, path).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        kept = "public, max-age=31536000, immutable" if path == found[1] else "no-store"
        assert headers["Cache-Control"] == kept, path
    assert opened(anna).headers["X-Frame-Options"] == "DENY"


def test_another_host_is_refused_though_the_cookie_is_good(anna: Browser, entrance: Api) -> None:
    hosts = ["evil.example.com", "127.0.0.1.evil.example.com", "127.0.0.1:80/login", "127.0.0.1@evil"]
    for host in hosts:
        answer = opened(anna, Host=host)
        assert answer.status_code == 421, host
        assert "anna" not in answer.text
    assert told(entrance, anna) == [HOST] * len(hosts)


@pytest.mark.parametrize(
    "target",
    [
        *("/login%3Fx", "/login%23/x", "/loginx", "/login/", "/static/../x", "/static/%2e%2e/x", "/language"),
        *("//static/x", "http://127.0.0.1/login", "@127.0.0.1/static/x", "/%00", "/x%0d%0aSet-Cookie:a=b"),
    ],
)
def test_no_spelling_of_a_path_goes_around_the_login(target: str, entrance: Api) -> None:
    host, port = entrance.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = connection.makefile("rb").read().decode()
    assert answer[9:12] == ("404" if target.startswith("/static/") else "303"), answer
    assert "may look" not in answer
    if answer[9:12] == "303":
        assert re.search(r"(?m)^location: /login\?back=%2F", answer.replace("\r", "")), answer


def test_a_form_of_a_stranger_is_small(browser: Browser) -> None:
    assert log_in(browser, name="x" * 70_000).status_code == 413


def test_one_person_has_a_few_requests_going_on_and_others_theirs(entrance: Api) -> None:
    petra = browser_of(entrance, "publish")
    half = f"POST /logout HTTP/1.1\r\nHost: 127.0.0.1\r\n{HEADER}: petra\r\nContent-Length: 9\r\n\r\nx"
    with silent.opened(entrance.url, half.encode(), MOST_OF_ONE):
        wait_for(lambda: opened(petra).status_code == 429)
        answer = opened(petra)
        assert "petra has 24 requests going on" in answer.text
        assert answer.headers["Retry-After"] == "1"
        assert opened(browser_of(entrance, "operate")).status_code == 404
    wait_for(lambda: opened(petra).status_code == 404)


@pytest.mark.long
def test_a_person_who_asks_too_often_is_told_when_to_ask_again(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with serving.running(with_password(environment, REQUESTS_PER_MINUTE="10"), tmp_path) as page:
        petra = browser_of(page, "publish")
        assert opened(petra).status_code == 404
        answer = opened(petra)
        assert answer.status_code == 429
        assert answer.headers["Content-Type"].startswith("text/html")
        assert 1 <= int(answer.headers["Retry-After"]) <= 6
        assert opened(browser_of(page, "operate")).status_code == 404
