"""The page as a process behind a reverse proxy, which the tests are, and people of each role."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import redis
import requests

from tests.support import api as serving
from tests.support.api import Api

HEADER = "X-Forwarded-User"
PEOPLE = {"read": "reader", "operate": "olga", "publish": "petra"}


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
LETS_IN = {
    "MPRELEASE_WEB__PROXY_USER_HEADER": HEADER,
    "MPRELEASE_WEB__TRUSTED_PROXIES": "127.0.0.1",
    "MPRELEASE_WEB__OPERATORS": PEOPLE["operate"],
    "MPRELEASE_WEB__PUBLISHERS": PEOPLE["publish"],
}


@pytest.fixture(scope="module")
def page(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with serving.running({**environment, **LETS_IN}, tmp_path_factory.mktemp("page")) as api:
        yield api


def at(page: Api, address: str, name: str | None = None) -> Browser:
    """Somebody whose connections come from this address."""
    made = Browser(page.url, name)
    made.address = address
    made.session.mount("http://", _From(address))
    return made


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
