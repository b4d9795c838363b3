"""The page as a process behind a reverse proxy, which the tests are, and people of each role."""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import redis
import requests

from tests.support import api as serving
from tests.support.api import Api

HEADER = "X-Forwarded-User"
PEOPLE = {"read": "reader", "operate": "olga", "publish": "petra"}
PASSWORD, ANOTHER = "correct-horse-battery", "staple-horse-battery"
#: A host that is not the browser's own machine.
NAMED = "release.example.com"
_PROXY = {
    "PROXY_USER_HEADER": HEADER,
    "TRUSTED_PROXIES": "127.0.0.1",
    "OPERATORS": PEOPLE["operate"],
    "PUBLISHERS": PEOPLE["publish"],
}
_NUMBERS = count(2)


class _From(requests.adapters.HTTPAdapter):
    """Connections from one of the addresses that this machine has for itself."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *given: Any, **options: Any) -> None:
        super().init_poolmanager(*given, **options, source_address=(self._address, 0))


class Browser:
    """Somebody with cookies, whom the proxy names."""

    address = "127.0.0.1"

    def __init__(self, url: str, name: str | None, language: str = "en") -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["Accept-Language"] = language
        if name is not None:
            self.session.headers[HEADER] = name

    def open(self, path: str, status: int = 200) -> str:
        """The text of a screen."""
        answer = self.session.get(f"{self.url}{path}", timeout=30)
        assert answer.status_code == status, answer.text
        return answer.text

    def send(
        self, path: str, *, origin: str | None = None, page: str = "/", **fields: str
    ) -> requests.Response:
        """Send a form as a browser does from a page that has one; returns the answer, redirects followed."""
        if "form" not in fields:
            found = re.search(r'name="form" value="([^"]+)"', self.open(page))
            assert found, f"no form on {page}"
            fields["form"] = found[1]
        headers = {"Origin": self.url if origin is None else origin}
        return self.session.post(f"{self.url}{path}", data=fields, headers=headers, timeout=30)


#: What lets them in.
LETS_IN = {f"MPRELEASE_WEB__{name}": value for name, value in _PROXY.items()}


@pytest.fixture(scope="module")
def page(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with serving.running({**environment, **LETS_IN}, tmp_path_factory.mktemp("page")) as api:
        yield api


def somebody(page: Api, name: str | None = None) -> Browser:
    """Whose connections come from an address that nobody else has, and no trusted proxy."""
    made = Browser(page.url, name)
    made.address = f"127.0.0.{next(_NUMBERS)}"
    made.session.mount("http://", _From(made.address))
    return made


def with_password(environment: dict[str, str], **more: str) -> dict[str, str]:
    """People come by the proxy at 127.0.0.1 and from anywhere with the password."""
    settings = {"PASSWORD": PASSWORD, "PASSWORD_ROLE": "operate", "HOSTS": NAMED, **_PROXY, **more}
    return {**environment, **{f"MPRELEASE_WEB__{name}": value for name, value in settings.items()}}


def log_in(browser: Browser, password: str = PASSWORD, **fields: str) -> requests.Response:
    return browser.send("/login", page="/login", **{"password": password, "name": "anna", **fields})


def opened(browser: Browser, path: str = "/x", method: str = "GET", **headers: str) -> requests.Response:
    """What a path is answered; at /x is no screen: 404 for whoever is known, the login for a stranger."""
    return browser.session.request(
        method, f"{browser.url}{path}", headers=headers, allow_redirects=False, timeout=30
    )


@pytest.fixture(scope="module")
def entrance(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server that people enter in both ways; no password is ever in its log."""
    with serving.running(with_password(environment), tmp_path_factory.mktemp("entrance")) as api:
        yield api
        assert PASSWORD not in api.text()
        assert ANOTHER not in api.text()
        assert "Traceback" not in api.text()


@pytest.fixture
def browser(entrance: Api) -> Browser:
    """A stranger."""
    return somebody(entrance)


def browser_of(page: Api, scope: str, language: str = "en") -> Browser:
    return Browser(page.url, PEOPLE[scope], language)


@pytest.fixture
def reader(page: Api, redis_client: redis.Redis) -> Browser:
    """Who may look, on an empty database."""
    return browser_of(page, "read")


@pytest.fixture
def operator(page: Api, redis_client: redis.Redis) -> Browser:
    return browser_of(page, "operate")


@pytest.fixture
def publisher(page: Api, redis_client: redis.Redis) -> Browser:
    return browser_of(page, "publish")
