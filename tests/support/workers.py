"""A platform to test on: a real Redis, the simulator, real worker processes, the real command line."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Protocol, TypeVar

import redis
import requests

from cli.demo import processes
from cli.demo.redis import embedded_redis
from config.sources import PREFIX
from db.database import Database
from releases.store.records import ReleaseStore
from tests.support import forks
from tests.support.forks import Process
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TokenStore

ROOT = Path(__file__).parents[2]
PLATFORM_APPID = "wx00000000000000aa"
APPSECRET = "simulated-appsecret-0123456789ab"
TICKET = "ticket@@@simulated-component-verify-ticket"
DOMAINS = {"requestdomain": ["https://api.example.com"], "wsrequestdomain": ["wss://ws.example.com"]}
KEYS = "MPRELEASE_REDIS__ENCRYPTION_KEYS"
#: The simulator refuses what some endpoints of WeChat's were seen to refuse, and its audit ids fit into no float.
STRICT = ("--strict-encoding", "--big-audit-ids")
#: A worker is ready, and a release has ended, within so many seconds; both take far less.
PATIENCE_S = 60.0
#: For workers whose calls are held.
PATIENT = {"MPRELEASE_WECHAT__READ_TIMEOUT_S": "60", "MPRELEASE_WORKER__STEP_DEADLINE_S": "140"}
_LOG_TAIL = 6000

T = TypeVar("T")


def wait_for(what: Callable[[], T | None], patience_s: float = PATIENCE_S) -> T:
    """Wait for a condition; returns its first value that is true."""
    deadline = time.monotonic() + patience_s
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {patience_s} s in vain"
        time.sleep(0.05)


class Server(Protocol):
    """A Redis to run on."""

    @property
    def url(self) -> str:
        """What workers and clients are told."""

    @property
    def master_name(self) -> str:
        """Sentinel's name of it, or nothing."""

    @property
    def master_url(self) -> str:
        """Where to reach it without asking a Sentinel, as things stand."""


@dataclass(frozen=True)
class PlainServer:
    """A server that is where its URL says."""

    url: str
    master_name: str = ""

    @property
    def master_url(self) -> str:
        return self.url


@dataclass
class Platform:
    """Everything that a release engineer has, with the numbers turned down so that nothing waits long."""

    directory: Path
    server: Server
    wechat_url: str
    environment: dict[str, str]
    _appids: Iterator[int] = field(default_factory=lambda: count(0xF0000))

    def run(
        self, *arguments: str, stdin: str = "", code: int | None = 0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of ours; `code` is the exit code it has to end with (None: any)."""
        settings = {**self.environment, **environment}
        ended = forks.run(
            arguments, environment=settings, directory=self.directory, typed=stdin, timeout_s=PATIENCE_S
        )
        assert code is None or ended.returncode == code, (ended.returncode, ended.stdout, ended.stderr)
        return ended

    def on_terminal(self, *arguments: str, typed: str = "", code: int = 0) -> str:
        """Run a command as a person at a terminal does, who types so much; returns all that shows."""
        ours, its = pty.openpty()
        with os.fdopen(ours, "r+b", buffering=0) as terminal:
            process = subprocess.Popen(
                [sys.executable, "-m", "worker", *arguments],
                env={**self.environment, "TERM": "dumb"},
                cwd=self.directory,
                stdin=its,
                stdout=its,
                stderr=its,
            )
            os.close(its)
            terminal.write(typed.encode())
            shown = b""
            with suppress(OSError):  # that is how a terminal ends
                while part := terminal.read(65536):
                    shown += part
            assert process.wait(PATIENCE_S) == code, shown.decode()
        return shown.decode()

    def documents(self, *arguments: str, **options: Any) -> list[dict[str, Any]]:
        """Run a command with --json; returns what it printed."""
        return [json.loads(line) for line in self.run(*arguments, "--json", **options).stdout.splitlines()]

    def mini_program(self, **fields: Any) -> str:
        """Put an authorized Mini Program into the world; returns its appid."""
        appid = f"wx{next(self._appids):016x}"
        shop = {"appid": appid, "refresh_token": f"refreshtoken@@@{appid}", **fields}
        self.sim("POST", "miniprograms", shop)
        with self.redis() as client:
            TokenStore(Database(client), self.seal()).put_refresh_tokens({appid: shop["refresh_token"]})
        return appid

    def seal(self) -> Seal:
        """What the platform's processes seal with: its keys are separated by commas here."""
        return Seal([key for key in self.environment.get(KEYS, "").split(",") if key])

    def mini_programs(self, number: int) -> list[str]:
        """Put so many authorized Mini Programs into the world at once; returns their appids."""
        appids = [f"wx{next(self._appids):016x}" for _ in range(number)]
        tokens = {appid: f"refreshtoken@@@{appid}" for appid in appids}
        shops = [{"appid": appid, "refresh_token": token} for appid, token in tokens.items()]
        self.sim("POST", "miniprograms", shops)
        with self.redis() as client:
            TokenStore(Database(client), self.seal()).put_refresh_tokens(tokens)
        return appids

    def request(self, appid: str, **fields: Any) -> dict[str, Any]:
        """A request that is right, with changes."""
        return {
            "appid": appid,
            "template_id": 1,
            "user_version": "1.0.0",
            "user_desc": "新版本 first",
            "ext": {"extAppid": appid, "ext": {"name": "店铺"}},
            **fields,
        }

    def enqueue(self, *requests_: Mapping[str, Any], code: int | None = 0) -> list[dict[str, Any]]:
        """Enqueue a file of requests and follow them to their end."""
        return self.enqueue_only(*requests_, options=("--wait",), code=code)

    def enqueue_only(
        self, *requests_: Mapping[str, Any], options: Sequence[str] = (), code: int | None = 0
    ) -> list[dict[str, Any]]:
        """Enqueue a file of requests."""
        path = self.directory / "requests.jsonl"
        path.write_text("\n".join(json.dumps(request) for request in requests_))
        return self.documents("enqueue", "--file", str(path), *options, code=code)

    def release(self, appid: str, code: int = 0, **fields: Any) -> dict[str, Any]:
        """Enqueue one release and follow it; `code` 1 where it is not to be submitted."""
        return self.enqueue(self.request(appid, **fields), code=code)[0]

    def give_up(self, *appids: str) -> None:
        """Let their audits be rejected and give the releases up, so that nothing is in the way of the next version."""
        for appid in appids:
            self.sim("POST", f"audits/{appid}", {"status": 1})
        wanted = {release["id"] for release in self.releases() if release["appid"] in appids}
        given_up = [name for name in wanted if self.show(name)["status"] in {"submitted", "rejected"}]
        self.run("cancel", *given_up)

    def show(self, release_id: str) -> dict[str, Any]:
        """A release's record, as the command of this name prints it; read here, it costs no process."""
        with self.redis() as client:
            stored = ReleaseStore(Database(client)).get(release_id)
        assert stored is not None, release_id
        return stored.release.public()

    def waiting(self, errcode: int) -> list[dict[str, Any]]:
        """The records that wait for what this errcode says.

        Wait for them where a quota is used up: near its reset a command that follows would follow through it.
        """
        waiting = [release for release in self.releases() if release["status"] == "waiting"]
        return [release for release in waiting if release["wait"]["errcode"] == errcode]

    def releases(self) -> list[dict[str, Any]]:
        """All records, oldest first, as the command `list` prints them."""
        with self.redis() as client:
            return [release.public() for release in ReleaseStore(Database(client)).find()]

    def sim(self, method: str, what: str, body: object = None, **query: str) -> Any:
        """Call the simulator's control side."""
        answer = requests.request(
            method, f"{self.wechat_url}/_sim/{what}", json=body, params=query, timeout=10
        )
        answer.raise_for_status()
        return answer.json()

    def fault(self, appid: str, endpoint: str, kind: str, **fields: Any) -> None:
        """Script a fault of one Mini Program."""
        self.sim("POST", "faults", {"appid": appid, "endpoint": endpoint, "kind": kind, **fields})

    def hold(self, appid: str, endpoint: str) -> None:
        """Let WeChat keep its answer to this call of a Mini Program to itself, until `let_go`; its workers must be PATIENT."""
        self.fault(appid, endpoint, "hold", seconds=PATIENCE_S)

    def let_go(self) -> None:
        """Let WeChat answer what it holds, and forget all faults."""
        self.sim("DELETE", "faults")

    def calls(self, appid: str, endpoint: str | None = None) -> list[dict[str, Any]]:
        """The calls that WeChat got for a Mini Program."""
        query = {"appid": appid} | ({"endpoint": endpoint} if endpoint else {})
        calls: list[dict[str, Any]] = self.sim("GET", "calls", **query)["calls"]
        return calls

    def called(self, appid: str) -> list[str]:
        """The names of the calls for a Mini Program's releases in their order; modify_domain with its action."""
        return [
            f"{call['endpoint']}:{call['action']}" if call.get("action") else call["endpoint"]
            for call in self.calls(appid)
            if call["endpoint"] not in ("api_authorizer_token", "queryquota")  # not of the release
        ]

    def mini(self, appid: str) -> dict[str, Any]:
        """A Mini Program's state at WeChat."""
        state: dict[str, Any] = self.sim("GET", "state", appid=appid)["miniprograms"][appid]
        return state

    def redis(self) -> redis.Redis:
        """A client of the platform's Redis; close it."""
        return redis.Redis.from_url(self.server.master_url, decode_responses=True)

    @property
    def redis_url(self) -> str:
        """What workers and clients are told."""
        return self.server.url

    @contextmanager
    def worker(self, *arguments: str, command: Sequence[str] = (), **environment: str) -> Iterator[Worker]:
        """Run a worker; it is ready when the block begins, and its log is shown if the block fails."""
        log = self.directory / f"worker-{time.monotonic_ns()}.log"
        settings = {**self.environment, **environment}
        started: AbstractContextManager[Process] = (
            processes.worker(settings, log, [*command, *arguments])
            if command
            else _forked(settings, log, arguments)
        )
        with started as process:
            running = Worker(process, log)
            try:
                wait_for(running.is_ready)
                yield running
            except BaseException:
                sys.stderr.write(running.text()[-_LOG_TAIL:])
                raise


@contextmanager
def _forked(settings: Mapping[str, str], log: Path, arguments: Sequence[str]) -> Iterator[Process]:
    with log.open("ab") as output, Path(os.devnull).open("rb") as nothing:
        files = (nothing, output, output)
        process = forks.start(
            ["worker", *arguments], environment=settings, directory=log.parent, files=files, session=True
        )
    try:
        yield process
    finally:
        processes.stop(process)


@dataclass
class Worker:
    """A worker process and its log."""

    process: Process
    log: Path

    def text(self) -> str:
        """What it has logged so far."""
        return self.log.read_text(errors="replace")

    def is_ready(self) -> bool:
        """Whether it takes messages."""
        assert self.process.poll() is None, self.text()[-_LOG_TAIL:]
        return " ready." in self.text()


@contextmanager
def platform(
    directory: Path,
    *simulator_options: str,
    server: Server | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Platform]:
    """A platform with its ticket stored, and no worker yet; on a Redis of its own, or on the one given.

    Further settings are those of the processes; the tests themselves reach Redis by the server's `master_url`.
    """
    options = (*STRICT, *(simulator_options or ("--scan-s", "0.3")))
    with ExitStack() as stack:
        server = server or PlainServer(stack.enter_context(embedded_redis()))
        wechat_url = stack.enter_context(forks.simulator(*options))
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environment = {
            **inherited,
            "PYTHONPATH": str(ROOT),
            "MPRELEASE_SECRETS_DIR": str(directory),
            "LC_ALL": "C.UTF-8",
            "MPRELEASE_REDIS__URL": server.url,
            "MPRELEASE_REDIS__MASTER_NAME": server.master_name,
            "MPRELEASE_WECHAT__API_URL": wechat_url,
            "MPRELEASE_WECHAT__READ_TIMEOUT_S": "2",
            "MPRELEASE_PLATFORM__APPID": PLATFORM_APPID,
            "MPRELEASE_PLATFORM__APPSECRET": APPSECRET,
            "MPRELEASE_RETRY__WAIT_INITIAL_S": "0.1",
            "MPRELEASE_RETRY__WAIT_MAX_S": "0.4",
            "MPRELEASE_RETRY__SCAN_WAIT_S": "0.2",
            "MPRELEASE_RETRY__SLOW_DOWN_S": "0.2",
            "MPRELEASE_WORKER__STEP_DEADLINE_S": "10",
            **{f"MPRELEASE_DOMAINS__{name.upper()}": ",".join(value) for name, value in DOMAINS.items()},
            **(settings or {}),
        }
        made = Platform(directory, server, wechat_url, environment)
        with made.redis() as client:
            TokenStore(Database(client), made.seal()).put_ticket(TICKET)
        yield made
