"""Two sizes of the same tests: `quick` with every test run, `faults` for the fault suite, and a count of the cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis
from hypothesis import HealthCheck, settings

from db.database import Database
from tests.integration.wechat.names import APPSECRET, PLATFORM, REFRESH_TOKEN, TICKET
from tests.properties.cases import Cases
from tests.properties.right import APPID
from tests.properties.survivor import Survivor
from tests.properties.wechat_answers import Answers
from tests.support.workers import platform
from wechat.api import WeChat
from wechat.component import Credentials
from wechat.http.deadline import Deadline
from wechat.mini_program import MiniProgram
from wechat.tokens.sealing import Seal

_COMMON = settings(
    deadline=None,  # a case may have to wait for a worker; pytest's own timeout bounds the test
    database=None,  # what was found becomes a plain test, not a file on one machine
    # Near misses of a whole file or batch are many draws, each of them cheap.
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example),
)
settings.register_profile("quick", _COMMON, max_examples=20, derandomize=True)
settings.register_profile("faults", _COMMON, max_examples=700, print_blob=True)
settings.load_profile("quick")  # `--hypothesis-profile` comes after it

_KEY = "cases"
_total = 0


@pytest.fixture(scope="session")
def cases() -> Cases:
    """The count of this process."""
    return Cases()


@pytest.fixture(autouse=True)
def _told(request: pytest.FixtureRequest, cases: Cases) -> Iterator[None]:
    """Let the test's report carry its number of cases, to whichever process sums them up."""
    before = cases.total
    yield
    request.node.user_properties.append((_KEY, cases.total - before))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up."""
    global _total  # noqa: PLW0603 - pytest offers its hooks no other place than the module
    if report.when == "teardown":
        _total += sum(int(str(value)) for name, value in report.user_properties if name == _KEY)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many there were."""
    failed = len(terminalreporter.stats.get("failed", [])) + len(terminalreporter.stats.get("error", []))
    terminalreporter.write_line(f"bad input: {_total} cases came to a good end, {failed} properties failed")


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    laid_down = Answers()
    with laid_down.server:
        yield laid_down


@pytest.fixture(scope="module")
def wechat(answers: Answers, redis_url: str) -> Iterator[WeChat]:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        made = WeChat(
            api_url=answers.server.url,
            connect_timeout_s=5,
            read_timeout_s=5,
            credentials=Credentials(PLATFORM, APPSECRET),
            db=Database(client),
            seal=Seal(),
        )
        yield made
        made._transport._wire().close()


@pytest.fixture(scope="module")
def fresh(wechat: WeChat, answers: Answers, redis_url: str) -> Callable[[], MiniProgram]:
    """Forget all tokens but the ones to start from."""

    def begin() -> MiniProgram:
        answers.laid_down.clear()
        answers.server.requests.clear()
        wechat.store._redis.flushdb()
        wechat.store.put_ticket(TICKET)
        wechat.store.put_refresh_tokens({APPID: REFRESH_TOKEN})
        return wechat.mini_program(APPID, Deadline(20))

    return begin


@pytest.fixture(scope="session")
def survivor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survivor]:
    """A platform with a worker; nothing there waits for a scan."""
    with platform(tmp_path_factory.mktemp("survivor"), "--scan-s", "0") as made:
        running = Survivor(made)
        try:
            yield running
        finally:
            running.close()
