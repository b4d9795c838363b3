"""`mprelease demo`: the whole thing on one machine, with nothing configured and nothing left behind.

A real Redis, a real worker and a real receiver, and the simulator over real HTTP; the releases are enqueued and
followed by the commands that operators use.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

import requests

from cli import language
from cli.demo.processes import receiver, simulator, worker
from cli.demo.redis import embedded_redis
from cli.printing import notes
from config.sources import PREFIX

#: Made-up credentials of the simulator's little world.
_APPID = "wx00000000000000aa"
_APPSECRET = "simulated-appsecret-0123456789ab"
_PUSH_TOKEN, _PUSH_KEY = "simulated-push-token", "simulatedEncodingAESKey" + 20 * "0"
#: Wanted by the third shop and not registered on the platform, until we do.
_NEW_HOST = "pay.example.com"
#: The errcode that says so.
_NOT_REGISTERED = 85018
#: The calls that belong to the chain, and not to tokens.
_OF_CHAIN = ("modify_domain", "commit", "submit_audit", "get")
_DOMAINS = {"requestdomain": ["https://api.example.com"], "wsrequestdomain": ["wss://ws.example.com"]}

PLAIN, THERE, UNREGISTERED, SHAKY = (f"wx{number:016x}" for number in range(0xD1, 0xD5))
_STORY = {
    PLAIN: "gets its domains, is committed and submitted",
    THERE: "has its domains already: no add is sent",
    UNREGISTERED: f"wants https://{_NEW_HOST}, which the platform has not registered: blocked by 85018",
    SHAKY: "meets a busy WeChat twice: retried by itself",
}


def run() -> None:
    """Run the demonstration; exits 0 when every release got to where it should."""
    signal.signal(signal.SIGTERM, _interrupt)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mprelease-demo-")))
        notes.rule("starting Redis, a simulated WeChat, a receiver of its pushes, and a worker")
        redis_url = stack.enter_context(embedded_redis())
        wechat_url = stack.enter_context(simulator("--scan-s", "3"))
        world = _World(wechat_url)
        world.prepare()
        shop = _Operator(directory, redis_url, wechat_url)
        receiver_url = stack.enter_context(receiver(shop.environment, directory / "receiver.log"))
        notes.print(f"WeChat pushes a ticket: {world.push_ticket(receiver_url)}", markup=False)
        shop.authorize()
        log = directory / "worker.log"
        stack.enter_context(worker(shop.environment, log))
        try:
            _tell(shop, world)
        except DemoFailed as error:
            notes.print(f"[bold red]the demo failed:[/] {error}")
            for line in log.read_text(errors="replace")[-4000:].splitlines():
                notes.print(line, markup=False)
            raise SystemExit(1) from None


class DemoFailed(Exception):
    """Something did not go as it should."""


def _tell(shop: _Operator, world: _World) -> None:
    for appid, what in _STORY.items():
        notes.print(f"  {appid}  {what}")
    notes.rule("mprelease enqueue --file wave.jsonl --wait")
    first = {release["appid"]: release for release in shop.enqueue([_request(appid) for appid in _STORY])}
    blocked = first[UNREGISTERED]
    _expect(blocked["status"] == "blocked", "the unregistered domain did not block its release")
    _expect(blocked["block"]["errcode"] == _NOT_REGISTERED, "the block is not 85018")
    _expect(world.calls(UNREGISTERED).get("commit", 0) == 0, "the blocked release was committed")
    _expect("add" not in world.actions(THERE), "an add was sent though nothing was missing")
    _expect(first[SHAKY]["attempts"]["commit_code"] > 1, "the shaky release was not retried")
    for appid in _STORY:
        notes.print(f"  {appid}  {' '.join(world.told(appid))}", markup=False)
    notes.print()
    notes.print(f"retried: {SHAKY} by itself, committed at attempt {first[SHAKY]['attempts']['commit_code']}")
    notes.print(f"blocked: {', '.join(blocked['block']['domains']['requestdomain'])}")
    notes.print(f"remedy:  {language.remedy(blocked['block']['remedy'], _NOT_REGISTERED)}", markup=False)
    notes.print()
    notes.rule(f"the platform registers {_NEW_HOST}; mprelease resume {blocked['id']} --wait")
    world.register(_NEW_HOST)
    shop.run("resume", blocked["id"], "--wait", "--json")
    notes.rule("mprelease list")
    ended = [json.loads(line) for line in shop.run("list", "--json").splitlines()]
    shop.show("list")
    _expect(len(ended) == len(_STORY), "there are more releases than were enqueued")
    for release in ended:
        _expect(release["status"] == "submitted", f"{release['appid']} is {release['status']}")
        _expect(world.calls(release["appid"])["submit_audit"] >= 1, "nothing was submitted")
    notes.rule("every release is submitted")


def _request(appid: str) -> dict[str, Any]:
    domains = {**_DOMAINS, "requestdomain": [*_DOMAINS["requestdomain"], f"https://{_NEW_HOST}"]}
    return {
        "appid": appid,
        "template_id": 1,
        "user_version": "1.0.0",
        "user_desc": "演示 the demo's version",
        "ext": {"extAppid": appid, "ext": {"shop": "演示"}},
        "wave": "demo",
        "domains": domains if appid == UNREGISTERED else None,
    }


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise DemoFailed(otherwise)


class _Operator:
    """Runs the commands that an operator would run."""

    def __init__(self, directory: Path, redis_url: str, wechat_url: str) -> None:
        self._directory = directory
        # The demo must not reach a Redis or a WeChat that happens to be configured on this machine.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        self.environment = {
            **inherited,
            "MPRELEASE_SECRETS_DIR": str(directory),
            "MPRELEASE_REDIS__URL": redis_url,
            "MPRELEASE_WECHAT__API_URL": wechat_url,
            "MPRELEASE_PLATFORM__APPID": _APPID,
            "MPRELEASE_PLATFORM__APPSECRET": _APPSECRET,
            "MPRELEASE_PLATFORM__PUSH_TOKEN": _PUSH_TOKEN,
            "MPRELEASE_PLATFORM__PUSH_KEYS": _PUSH_KEY,
            "MPRELEASE_RETRY__WAIT_INITIAL_S": "0.5",
            "MPRELEASE_RETRY__SCAN_WAIT_S": "1",
            "MPRELEASE_LOG__FORMAT": "text",  # its end is shown to a person when something goes wrong
            "NO_PROXY": "127.0.0.1",
            **{f"MPRELEASE_DOMAINS__{name.upper()}": json.dumps(value) for name, value in _DOMAINS.items()},
        }

    def authorize(self) -> None:
        """Store the refresh tokens."""
        tokens = [json.dumps({"appid": appid, "refresh_token": _refresh_token(appid)}) for appid in _STORY]
        self.run("authorize", "--file", "-", stdin="\n".join(tokens))

    def enqueue(self, requests_: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Enqueue a file of requests and follow them."""
        path = self._directory / "wave.jsonl"
        path.write_text("\n".join(json.dumps(request) for request in requests_))
        # One of them gets blocked, so the command ends 1.
        out = self.run("enqueue", "--file", str(path), "--wait", "--json", codes=(1,))
        return [json.loads(line) for line in out.splitlines()]

    def run(self, *arguments: str, stdin: str = "", codes: tuple[int, ...] = (0,)) -> str:
        """Run a command; its messages and progress show, its document is returned."""
        ended = subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "-P", "-m", "worker", *arguments],
            env=self.environment,
            cwd=self._directory,
            input=stdin,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        _expect(ended.returncode in codes, f"`mprelease {arguments[0]}` ended {ended.returncode}")
        return ended.stdout

    def show(self, *arguments: str) -> None:
        """Run a command whose output is for people."""
        subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "-P", "-m", "worker", *arguments],
            env=self.environment,
            cwd=self._directory,
            check=True,
        )


class _World:
    """The simulator's control side."""

    def __init__(self, url: str) -> None:
        self._url = url

    def prepare(self) -> None:
        """Put the shops of the story into the world, with their troubles."""
        shops = [{"appid": appid, "refresh_token": _refresh_token(appid)} for appid in _STORY]
        shops[1]["domains"] = _DOMAINS  # type: ignore[assignment]
        self._post("miniprograms", shops)
        busy = {"appid": SHAKY, "endpoint": "commit", "kind": "errcode", "errcode": -1, "times": 2}
        self._post("faults", [busy])

    def push_ticket(self, receiver_url: str) -> str:
        """Push a ticket to the receiver; returns what it answers."""
        self._post("platform", {"push_to": receiver_url})
        answer = self._post("push", {"kind": "component_verify_ticket"})
        _expect(answer == {"status": 200, "text": "success"}, f"the receiver answered {answer}")
        return str(answer["text"])

    def register(self, host: str) -> None:
        """Register a host on the platform, testing and published."""
        platform = self._get("state")["platform"]
        self._post("platform", {name: [*platform[name], host] for name in ("published", "testing")})

    def calls(self, appid: str) -> dict[str, int]:
        """How often each endpoint was called for a Mini Program."""
        counts: dict[str, int] = self._get("calls", appid=appid)["counts"]
        return counts

    def told(self, appid: str) -> list[str]:
        """The calls that WeChat got for a Mini Program, in their order."""
        calls = [
            call
            for call in self._get("calls", appid=appid)["calls"]
            if call["endpoint"].startswith(_OF_CHAIN)
        ]
        return [call.get("action") or call["endpoint"] for call in calls]

    def actions(self, appid: str) -> list[str]:
        """The actions of modify_domain that were sent for a Mini Program."""
        calls = self._get("calls", appid=appid, endpoint="modify_domain")["calls"]
        return [call["action"] for call in calls]

    def _get(self, what: str, **query: str) -> Any:
        answer = requests.get(f"{self._url}/_sim/{what}", params=query, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def _post(self, what: str, body: object) -> Any:
        answer = requests.post(f"{self._url}/_sim/{what}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()


def _refresh_token(appid: str) -> str:
    return f"refreshtoken@@@demo-{appid}"


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
