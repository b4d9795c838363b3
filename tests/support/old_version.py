"""The last versions of the older layouts of Redis: run from its commit, each fills a Redis with releases in every state.

`python -m tests.support.old_version` writes these into `REDIS_OF_1` and `REDIS_OF_2`, for the tests that a clone without
history can run as well.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import redis
from celery import Celery

from tests.support import keys as encryption_keys
from tests.support import workers
from tests.support.records import QUEUE
from tests.support.workers import KEYS, ROOT, Platform, wait_for

#: The last commits of layouts 1 and 2.
LAYOUT_1, LAYOUT_2 = "4a37d02", "48db22e"
_DUMPS = ROOT / "tests" / "integration" / "releases" / "store"
REDIS_OF_1, REDIS_OF_2 = (_DUMPS / f"redis_of_{commit}.json" for commit in (LAYOUT_1, LAYOUT_2))
WHY_NOT = f"this clone has no commit {LAYOUT_1}: its history was not fetched"

_TIME = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
_SECONDS = re.compile(r"(?<![\w.])1[6-9]\d{8}(?:\.\d+)?(?![\w.])")
_READ: dict[str, Callable[[redis.Redis, str], Any]] = {
    "string": lambda client, key: client.get(key),
    "hash": lambda client, key: client.hgetall(key),
    "set": lambda client, key: sorted(cast("set[str]", client.smembers(key))),
    "zset": lambda client, key: client.zrange(key, 0, -1, withscores=True),
    "list": lambda client, key: client.lrange(key, 0, -1),
}


def is_there() -> bool:
    """Whether this clone has the commit."""
    git = shutil.which("git")
    return (
        git is not None
        and not subprocess.run(
            [git, "-C", str(ROOT), "cat-file", "-e", f"{LAYOUT_1}^{{commit}}"],
            capture_output=True,
            check=False,
        ).returncode
    )


def unpacked(directory: Path, commit: str = LAYOUT_1) -> Path:
    """The tree of the old version, in a directory that is made."""
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", commit], capture_output=True, check=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tree:
        tree.extractall(directory, filter="data")
    return directory


class OldVersion:
    """The old version at work on a platform."""

    def __init__(self, platform: Platform, tree: Path) -> None:
        self._platform = platform
        self._tree = tree
        self._environment = {"PYTHONPATH": str(tree), "MPRELEASE_WORKER__SWEEP_S": "600"}

    def run(self, *arguments: str, **environment: str) -> list[dict[str, Any]]:
        """Run a command; returns what it printed, where that is JSON."""
        ended = self._platform.run(*arguments, code=None, **self._environment, **environment)
        assert ended.returncode in (0, 1), ended
        return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]

    def enqueue(self, *appids: str, options: tuple[str, ...] = (), **fields: Any) -> list[str]:
        """Enqueue a file; returns the ids."""
        path = self._platform.directory / "old-requests.jsonl"
        path.write_text("\n".join(json.dumps(self._platform.request(appid, **fields)) for appid in appids))
        return [one["id"] for one in self.run("enqueue", "--file", str(path), "--json", *options)]

    def enqueue_one(self, *options: str) -> str:
        """Enqueue one release by options; its message is sent at once."""
        what = ("--template-id", "1", "--user-version", "1.0.0", "--user-desc", "first")
        appid = self._platform.mini_program()
        return str(self.run("enqueue", "--appid", appid, *what, *options, "--json")[0]["id"])

    def seals(self) -> None:
        """From now on it seals what it stores; what is stored already stays in plain text."""
        self._environment[KEYS] = encryption_keys.NEW

    @contextmanager
    def worker(self, **environment: str) -> Iterator[workers.Worker]:
        """Run a worker."""
        with self._platform.worker(**{**self._environment, **environment}) as worker:
            yield worker

    def script(self, client: redis.Redis, name: str, keys: list[str], arguments: list[Any]) -> None:
        """Run one of its scripts."""
        source = (self._tree / "tasks" / "lua" / f"{name}.lua").read_text(encoding="utf-8")
        client.eval(source, len(keys), *keys, *arguments)


def fill_2(platform: Platform, tree: Path) -> None:
    """Layout 2: releases of several versions of the same Mini Programs, submitted, and one that is on its way."""
    old = OldVersion(platform, tree)
    thrice, twice, _, cancelled, goes_on = appids = platform.mini_programs(5)

    def submitted(*appids: str, **fields: Any) -> None:
        for appid in appids:
            platform.sim("POST", f"audits/{appid}", {"status": 0})
        ended = old.enqueue(*appids, **fields)
        wait_for(lambda: all(_status(platform, one) == "submitted" for one in ended))

    with old.worker():
        ended = old.enqueue(*appids, wave="spring")
        wait_for(lambda: all(_status(platform, one) == "submitted" for one in ended))
        submitted(thrice, twice, user_version="1.1.0", wave="summer")
        submitted(thrice, user_version="1.2.0", urgent=True)
        old.run("pause", "--submissions", "--reason", "quarter's end")
        held = old.enqueue(cancelled, goes_on, user_version="1.1.0", wave="summer")
        wait_for(lambda: all(_status(platform, one) == "waiting" for one in held))
        old.run("cancel", held[0], "--yes")


def fill(platform: Platform, tree: Path) -> None:
    """Layout 1: bring releases into every state, and stand still: a worker that died, and no other."""
    old = OldVersion(platform, tree)
    _come_to_rest(platform, old)
    _hold(platform, old)
    _die_at_work(platform, old)
    _leave_unsent(platform, old)


def _come_to_rest(platform: Platform, old: OldVersion) -> None:
    """Submitted, blocked, failed, cancelled; and a wave that waits for its canary, one of it urgent."""
    blocked, urgent, cancelled, failed, canary = (platform.mini_program() for _ in range(5))
    for appid in (blocked, urgent, cancelled, canary):
        platform.fault(appid, "commit", "errcode", errcode=85014)
    platform.fault(failed, "commit", "errcode", errcode=47001)
    with old.worker():
        ended = [
            *old.enqueue(platform.mini_program(), platform.mini_program(), wave="spring"),
            *old.enqueue(blocked, cancelled, failed),
            *old.enqueue(urgent, urgent=True),
        ]
        ended += old.enqueue(
            canary, platform.mini_program(), wave="autumn", options=("--canary", "1", "--max-blocked", "10")
        )[:1]
        wait_for(lambda: all(_status(platform, one) in _AT_REST for one in ended))
        old.run("cancel", ended[3], "--yes")
        assert _status(platform, ended[3]) == "cancelled"
    old.enqueue(platform.mini_program(), wave="autumn", urgent=True)


_AT_REST = {"submitted", "blocked", "failed", "cancelled"}


def _hold(platform: Platform, old: OldVersion) -> None:
    """By a pause of submissions, after which tokens are sealed; the pause goes on."""
    old.seals()
    with old.worker():
        old.run("pause", "--submissions", "--reason", "quarter's end")
        held = [*old.enqueue(platform.mini_program()), *old.enqueue(platform.mini_program(), urgent=True)]
        wait_for(lambda: all(_status(platform, one) == "waiting" for one in held))


def _die_at_work(platform: Platform, old: OldVersion) -> None:
    """Parked for long, waiting in the memory of a worker, at work under a lease, and held by all: then it is killed."""
    parked, urgent, short, commits, held = (platform.mini_program() for _ in range(5))
    for appid in (parked, urgent):
        platform.fault(appid, "commit", "errcode", errcode=45011)
    platform.fault(short, "commit", "errcode", errcode=-1)
    platform.hold(commits, "commit")
    patient = {
        "MPRELEASE_RETRY__SLOW_DOWN_S": "3000",
        "MPRELEASE_RETRY__WAIT_INITIAL_S": "25",
        "MPRELEASE_RETRY__WAIT_MAX_S": "25",
        "MPRELEASE_WECHAT__READ_TIMEOUT_S": "9",
    }
    with old.worker(**patient) as worker:
        waiting = [*old.enqueue(parked, short), *old.enqueue(urgent, urgent=True)]
        wait_for(lambda: all(_status(platform, one) == "waiting" for one in waiting))
        old.enqueue(commits)
        wait_for(lambda: platform.calls(commits, "commit"))
        old.run("pause", "--reason", "a look at the pool")
        [release] = old.enqueue(held)
        wait_for(lambda: _status(platform, release) == "waiting")
        worker.process.kill()
    platform.let_go()


def _leave_unsent(platform: Platform, old: OldVersion) -> None:
    """In the queues, parked and claimed, to be fed and claimed, and with a message that is lost."""
    with platform.redis() as client:
        old.enqueue_one()
        old.enqueue_one("--urgent")
        old.enqueue_one()
        client.lpop(QUEUE)
        client.lpush(QUEUE, *["full"] * 1000)  # so that nothing is fed
        old.enqueue(*(platform.mini_program() for _ in range(3)), wave="winter")
        old.enqueue(platform.mini_program(), wave="winter", urgent=True)
        client.lrem(QUEUE, 0, "full")
        claim = [1, 60]
        old.script(client, "claim_due", ["releases:unfed"], claim)
        old.script(client, "claim_due", ["releases:parked"], claim)
        with Celery(broker=platform.redis_url) as orchestrator:
            orchestrator.send_task(
                "tasks.start_release", kwargs=platform.request(platform.mini_program()), queue=QUEUE
            )


def _status(platform: Platform, release_id: str) -> str:
    return str(platform.show(release_id)["status"])


def dumped(client: redis.Redis) -> dict[str, Any]:
    """All of a Redis, as JSON; names and paths of this machine taken out."""
    found: dict[str, Any] = {}
    for key in sorted(cast("list[str]", client.keys("*"))):
        kind, ttl_ms = cast("str", client.type(key)), client.pttl(key)
        found[key] = {
            "type": kind,
            "value": _without_paths(_READ[kind](client, key)),
            **({"ttl_ms": ttl_ms} if ttl_ms > 0 else {}),
        }
    text = json.dumps({"filled_at": time.time(), "keys": found}, ensure_ascii=False)
    named: dict[str, Any] = json.loads(text.replace(socket.gethostname(), "old-host"))
    return named


def _without_paths(value: Any) -> Any:
    """The same without the traceback of a result, which names files of this machine."""
    if isinstance(value, str) and '"traceback"' in value:
        return json.dumps({**json.loads(value), "traceback": None})
    return value


def load(client: redis.Redis, path: Path = REDIS_OF_1, *, lease_s: float = 60.0, age_s: float = 0.0) -> None:
    """Bring what was dumped into a Redis, as if it had been filled `age_s` ago; leases end after so many seconds."""
    dump = json.loads(path.read_text(encoding="utf-8"))
    later = time.time() - age_s - dump["filled_at"]
    with client.pipeline() as pipe:
        for key, entry in dump["keys"].items():
            value = _later(entry["value"], later)
            match entry["type"]:
                case "string":
                    pipe.set(key, value)
                case "hash":
                    pipe.hset(key, mapping=value)
                case "set":
                    pipe.sadd(key, *value)
                case "zset":
                    pipe.zadd(key, {name: score + later if score > 1e9 else score for name, score in value})
                case "list":
                    pipe.rpush(key, *value)
            if "ttl_ms" in entry:
                most = lease_s if key.startswith("lease:") else 86_400.0
                pipe.pexpire(key, min(entry["ttl_ms"], round(most * 1000)))
        pipe.execute()


def _later(value: Any, seconds: float) -> Any:
    """The same so much later, wherever it tells a time."""
    match value:
        case str():
            shifted = _TIME.sub(lambda found: _time(found[0], seconds), value)
            return _SECONDS.sub(lambda found: str(float(found[0]) + seconds), shifted)
        case dict():
            return {name: _later(inner, seconds) for name, inner in value.items()}
        case [str(name), float() as score]:
            return [name, score]
        case list():
            return [_later(inner, seconds) for inner in value]
    return value


def _time(text: str, seconds: float) -> str:
    later = (datetime.fromisoformat(text) + timedelta(seconds=seconds)).isoformat()
    return later.replace("+00:00", "Z") if text.endswith("Z") else later


def main() -> None:
    """Fill a Redis with each old version, or with that of the layout which is named, and write it down."""
    for number, commit, filled, path in (
        ("1", LAYOUT_1, fill, REDIS_OF_1),
        ("2", LAYOUT_2, fill_2, REDIS_OF_2),
    ):
        if sys.argv[1:] in ([], [number]):
            _write(commit, filled, path)


def _write(commit: str, filled: Callable[[Platform, Path], None], path: Path) -> None:
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        tree = unpacked(directory / "tree", commit)
        (directory / "platform").mkdir()
        with workers.platform(directory / "platform") as platform:
            filled(platform, tree)
            with platform.redis() as client:
                path.write_text(
                    json.dumps(dumped(client), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
                )


if __name__ == "__main__":
    main()
