"""People who come with the password: what a session is, what ends it, and how often the password may be tried."""

import re
import time
from base64 import urlsafe_b64encode
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.integration.web.page.conftest import (
    ANOTHER,
    NAMED,
    PASSWORD,
    Browser,
    log_in,
    opened,
    somebody,
    with_password,
)
from tests.support import api as serving
from tests.support.api import KEYS, Api
from web.login.sessions import LASTS_S, SESSION_COOKIE, Sessions

#: `make test` has to be quick.
pytestmark = pytest.mark.long

REFUSED = "a session's cookie that is old or not ours was refused"


def is_known(browser: Browser, cookie: str) -> bool:
    answer = opened(browser, Cookie=f"{SESSION_COOKIE}={cookie}")
    if answer.status_code == 404:
        return True
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?back=%2Fx")
    assert f'{SESSION_COOKIE}="";' in answer.headers["Set-Cookie"]
    return False


def test_somebody_logs_in_goes_where_they_wanted_to_and_out_again(browser: Browser, entrance: Api) -> None:
    assert 'name="back" value="/x?y=1"' in browser.open("/x?y=1")
    before = browser.session.cookies["mprelease-form"]
    answer = log_in(browser, back="/x?y=1")
    first = answer.history[0]
    assert (first.status_code, first.headers["Location"]) == (303, "/x?y=1")
    assert "anna</bdi> (may operate)" in answer.text
    assert '"event": "a person logged in"' in entrance.text()
    (cookie,) = re.findall(rf"{SESSION_COOKIE}=[^,]+", first.headers["Set-Cookie"])
    assert {"HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={LASTS_S}"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert browser.session.cookies["mprelease-form"] != before
    assert opened(browser, "/login?back=/x").headers["Location"] == "/x"

    found = re.search(r'action="/logout".*name="form" value="([^"]+)"', answer.text)
    assert found
    assert browser.send("/logout", form=found[1]).url == f"{browser.url}/login"
    assert SESSION_COOKIE not in browser.session.cookies
    assert opened(browser).headers["Location"] == "/login?back=%2Fx"


def test_a_cookie_is_sent_over_tls_alone_where_the_person_came_by_it(browser: Browser) -> None:
    answer = log_in(browser, origin=browser.url.replace("http", "https"))
    (cookie,) = re.findall(rf"{SESSION_COOKIE}=[^,]+", answer.history[0].headers["Set-Cookie"])
    assert "Secure" in cookie.split("; ")


@pytest.mark.parametrize(
    ("headers", "is_secure"),
    [
        ({"Host": NAMED}, False),
        ({"Host": NAMED, "X-Forwarded-Proto": "http"}, False),
        ({"Host": NAMED, "X-Forwarded-Proto": "https"}, True),
        ({"Host": NAMED, "Referer": f"https://{NAMED}/"}, True),
        ({"Host": NAMED, "Sec-Fetch-Site": "none"}, True),  # an address that somebody types
        ({"Sec-Fetch-Site": "none"}, False),  # to its own machine a browser says that without TLS as well
    ],
)
def test_the_first_cookie_of_all_is_so_too(
    browser: Browser, headers: dict[str, str], is_secure: bool
) -> None:
    (cookie,) = re.findall("mprelease-form=[^,]+", opened(browser, "/login", **headers).headers["Set-Cookie"])
    assert ("Secure" in cookie.split("; ")) is is_secure


def test_a_cookie_that_is_old_cut_or_changed_is_nobodys(browser: Browser, entrance: Api) -> None:
    now = time.time()
    good = Sessions(PASSWORD).begin("anna")
    assert is_known(browser, good)
    name, began, signature = good.split(".")
    boss = urlsafe_b64encode(b"boss").decode()
    bad = [
        *(Sessions(PASSWORD, lambda: now - LASTS_S - 5).begin("anna"), Sessions(ANOTHER).begin("anna")),
        *(Sessions(PASSWORD, lambda: now + 3600).begin("anna"), f"{boss}.{began}.{signature}"),
        *(f"{name}.{int(began) + 1}.{signature}", f"{name}.{began}.publish.{signature}"),
        *(good[:-1], f"{name}.{began}.", f"{name}.{began}", ".", "..", "x", "\xe9" * 20, "x" * 4000),
    ]
    for number, cookie in enumerate(bad, start=1):
        assert not is_known(browser, cookie), cookie
        assert entrance.text().count(REFUSED) == number
    assert Sessions(PASSWORD).name(Sessions(PASSWORD, lambda: now - LASTS_S + 60).begin("anna")) == "anna"
    assert signature not in entrance.text()


@pytest.mark.long
def test_another_password_ends_sessions_and_another_role_holds_for_those_that_go_on(
    environment: dict[str, str], tmp_path: Path
) -> None:
    cookies = {name: Sessions(name).begin("anna") for name in (PASSWORD, ANOTHER)}
    changed = with_password(environment, PASSWORD=ANOTHER, PASSWORD_ROLE="read")
    with serving.running(changed, tmp_path) as api:
        browser = Browser(api.url, None)
        assert not is_known(browser, cookies[PASSWORD])
        browser.session.headers["Cookie"] = f"{SESSION_COOKIE}={cookies[ANOTHER]}"
        assert "anna</bdi> (may look)" in browser.open("/x", 404)


@pytest.mark.parametrize(
    "name", ["", " ", "a" * 81, "a\nb", "a\u202eb", "<script>alert(1)</script>" * 400, "\x00"]
)
def test_a_name_that_no_history_can_hold_is_asked_for_again(name: str, browser: Browser) -> None:
    answer = log_in(browser, name=name)
    assert (answer.status_code, SESSION_COOKIE in browser.session.cookies) == (422, False)
    assert 'role="alert"' in answer.text
    assert "<script>alert" not in answer.text


def test_any_name_that_a_history_can_hold_comes_back_as_it_was(browser: Browser) -> None:
    name = '"><img onerror=x> 王芳 & é'
    assert "&#34;&gt;&lt;img onerror=x&gt; 王芳 &amp; é</bdi>" in log_in(browser, name=name, back="/x").text


def test_a_wrong_password_is_told_without_what_was_typed(browser: Browser, entrance: Api) -> None:
    answer = log_in(browser, ANOTHER, name="typed-into-the-wrong-field")
    assert (answer.status_code, SESSION_COOKIE in browser.session.cookies) == (403, False)
    assert "not the password" in answer.text
    assert ANOTHER not in answer.text
    line = next(line for line in entrance.text().splitlines() if "wrong password" in line)
    assert '"level": "warning"' in line
    assert f'"address": "{browser.address}"' in line
    assert "typed-into-the-wrong-field" not in entrance.text()


def test_tries_are_bounded_for_an_address_whatever_it_says_of_itself(browser: Browser, entrance: Api) -> None:
    for number in range(5):
        browser.session.headers["X-Forwarded-For"] = f"10.0.0.{number}"
        assert log_in(browser, "wrong").status_code == 403
    answer = log_in(browser)  # the right one: a bound that told it would be none
    assert (answer.status_code, SESSION_COOKIE in browser.session.cookies) == (429, False)
    assert 1 <= int(answer.headers["Retry-After"]) <= 6
    assert "a login was refused after too many tries" in entrance.text()
    assert log_in(somebody(entrance), back="/x").status_code == 404


def test_keys_open_no_page_and_logins_no_api(browser: Browser) -> None:
    for key in KEYS.values():
        assert opened(browser, Authorization=f"Bearer {key}").status_code == 303
    log_in(browser)
    for path in ("/api/v1/releases", "/api/v1/nothing", "/openapi.json", "/metrics", "/api/"):
        assert opened(browser, path).status_code == 401, path
        assert opened(browser, path, Authorization=f"Bearer {KEYS['read']}").status_code in {200, 404}


def test_nobody_is_sent_to_another_host(browser: Browser) -> None:
    backs = [
        *("//evil.example.com", "/\\evil.example.com", "\\\\evil.example.com", "https://evil.example.com"),
        *("https:evil.example.com", "javascript:alert(1)", "/\t/evil.example.com", "/\n/evil", "\x00//evil"),
        *("", "evil.example.com", " //evil.example.com", "//[", "http://[", "/x\r\nSet-Cookie: a=b"),
    ]
    for back in backs[:2]:
        browser.session.cookies.clear()
        assert log_in(browser, back=back).history[0].headers["Location"] == "/"
    for back in backs:
        for path in ("/language/zh", "/login"):
            answer = opened(browser, f"{path}?{urlencode({'back': back})}")
            assert (answer.status_code, answer.headers["Location"]) == (303, "/"), back


@pytest.mark.long
def test_people_may_come_from_other_machines_where_there_is_a_password(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with serving.running(with_password(environment, KEYS=""), tmp_path, "--host", "0.0.0.0") as api:
        assert "TLS" in api.text()
        port = api.url.rpartition(":")[2]
        assert log_in(Browser(f"http://127.0.0.1:{port}", None), back="/x").status_code == 404


@pytest.mark.parametrize("name", ["olga", "petra", "Olga", "\uff50etra", "p etra"])
def test_nobody_takes_a_name_that_the_proxy_gives(name: str, browser: Browser) -> None:
    answer = log_in(browser, name=name)
    assert (answer.status_code, SESSION_COOKIE in browser.session.cookies) == (422, False)
    # And no stranger learns of these names.
    assert log_in(browser, "wrong", name=name).status_code == 403
