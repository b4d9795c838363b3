"""What it costs to follow 10,000 open audits: `python -m benchmarks.audits`.

They are followed as on any day first, each looked at every half hour and its token refreshed every two hours. Then all are due
at once, as after a wave. Then waves run, in turn while the audits are due and while none is. The simulator, Redis and one worker
are on this machine.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.arena import PATIENCE_S, Arena, TooSlow, arena
from benchmarks.measures.process_tree import cpu_s
from benchmarks.watched import say
from db.database import Database
from releases.record import Progress, Release
from releases.request import parse_request
from releases.second_half import Review, ReviewStatus
from releases.states import Status, Step
from releases.steps.audit_pace import OFTEN_S
from releases.store import keys
from releases.store.creations import Creation
from releases.store.known import Known
from releases.store.places import looked_at
from releases.store.records import ReleaseStore
from releases.store.schema import NEWEST
from wechat.tokens.single_flight import REFRESH_AHEAD_S
from wechat.tokens.store import token_key

AUDITS = 10_000
LOOK, REFRESH = "get_latest_auditstatus", "api_authorizer_token"
_TOKEN_LIVES_S = 7200.0
#: Records that are written in one go.
_PAGE = 500
#: A worker that has just started loads code and fetches the component token.
_SETTLES_S = 5.0
#: Waves of each kind.
_TURNS = 4
#: Not in this benchmark.
_FAR_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Followed:
    """What was measured: calls a second, the most in any one second, and the worker's share of a core in per cent."""

    seconds: float
    reads: float
    most_reads: int
    refreshes: float
    core: float

    def __str__(self) -> str:
        return (
            f"{self.reads:.2f} status reads a second, at most {self.most_reads} in any second; "
            f"{self.refreshes:.2f} token refreshes a second; {self.core:.1f} % of a core, over {self.seconds:.0f} s"
        )


@dataclass(frozen=True, slots=True)
class Waves:
    """Releases a second of the waves that ran while audits were followed, and while none was due."""

    beside: list[float]
    alone: list[float]

    def __str__(self) -> str:
        beside, alone = statistics.median(self.beside), statistics.median(self.alone)
        return (
            f"{beside:.1f} releases a second beside audits that are due, {alone:.1f} alone "
            f"({100 * (beside / alone - 1):+.1f} %; each the median of {len(self.alone)})"
        )


def measure(audits: int, seconds: float, releases_of_wave: int) -> None:
    """Follow so many: spread as they are on any day, and all due at once; then beside waves. Says what it finds as it goes."""
    with tempfile.TemporaryDirectory() as directory, arena(Path(directory)) as place:
        place.clear()
        # The logs beside it grow beyond what may be a directory of secrets.
        secrets = Path(directory, "secrets")
        secrets.mkdir()
        place.platform.environment["MPRELEASE_SECRETS_DIR"] = str(secrets)
        releases = _under_audit(place, audits)
        with place.platform.worker() as worker:
            time.sleep(_SETTLES_S)
            spread = _followed(place, worker.process.pid, seconds)
            say(f"{audits} open audits, spread: {spread}")
            _make_due(place, releases)
            burst = _followed(place, worker.process.pid, seconds)
            say(f"{audits} open audits, all due at once: {burst}")
            waves = _waves(place, releases, releases_of_wave)
            say(f"waves of {releases_of_wave} meanwhile: {waves}")


def _waves(place: Arena, followed: list[Release], number: int) -> Waves:
    waves = Waves([], [])
    for turn in range(_TURNS):
        # What goes first is slower or faster by itself, so both do.
        for is_due in (True, False) if turn % 2 else (False, True):
            _make_due(place, followed, after_s=0 if is_due else _FAR_S)
            (waves.beside if is_due else waves.alone).append(_wave(place, f"turn-{turn}-{is_due}", number))
    return waves


def _wave(place: Arena, name: str, number: int) -> float:
    """How many of its releases were submitted in a second."""
    shops = place.shops(number)
    path = place.platform.directory / f"{name}.jsonl"
    path.write_text("\n".join(json.dumps(place.request(shop.appid, wave=name)) for shop in shops))
    began = time.monotonic()
    place.platform.run("enqueue", "--file", str(path))
    while int(place.client.hget(keys.wave_counts(name), Status.SUBMITTED) or 0) < number:
        if time.monotonic() - began > PATIENCE_S:
            raise TooSlow(name)
        time.sleep(0.05)
    return number / (time.monotonic() - began)


def _followed(place: Arena, pid: int, seconds: float) -> Followed:
    place.platform.sim("DELETE", "calls")
    cpu, began = cpu_s([pid]), time.monotonic()
    time.sleep(seconds)
    took, used = time.monotonic() - began, cpu_s([pid]) - cpu
    calls: dict[str, list[dict[str, Any]]] = {
        endpoint: place.platform.sim("GET", "calls", endpoint=endpoint)["calls"]
        for endpoint in (LOOK, REFRESH)
    }
    return Followed(
        seconds=took,
        reads=len(calls[LOOK]) / took,
        most_reads=max(Counter(int(call["at"]) for call in calls[LOOK]).values(), default=0),
        refreshes=len(calls[REFRESH]) / took,
        core=100 * used / took,
    )


def _under_audit(place: Arena, number: int) -> list[Release]:
    appids = [shop.appid for shop in place.shops(number)]
    with ThreadPoolExecutor(8) as pool:
        made = pool.map(lambda appid: place.platform.sim("POST", f"audits/{appid}", {"status": 2}), appids)
    now = datetime.now(UTC)
    releases = [_release(place, audit, appid, now) for appid, audit in zip(appids, made, strict=True)]
    store = ReleaseStore(Database(place.client))
    # Without it the worker would take them for an older version's, whose audits are spread over a day.
    place.client.set(keys.SCHEMA, NEWEST)
    for start in range(0, number, _PAGE):
        page = releases[start : start + _PAGE]
        if not store.create_all([Creation(one, Known(None, None), looked_at(now)) for one in page]):
            raise RuntimeError("the releases could not be written")
    _make_due(place, releases, within_s=OFTEN_S)
    _age_tokens(place, appids)
    return releases


def _release(place: Arena, audit: dict[str, Any], appid: str, now: datetime) -> Release:
    submitted_at = now - timedelta(hours=3)
    return Release.of(parse_request(place.request(appid)), now).model_copy(
        update={
            "status": Status.SUBMITTED,
            "step": Step.SUBMIT_AUDIT,
            "auditid": audit["auditid"],
            "review": Review(status=ReviewStatus.IN_REVIEW, submitted_at=submitted_at),
            "progress": Progress(),
        }
    )


def _make_due(place: Arena, releases: list[Release], *, after_s: float = 0.0, within_s: float = 0.0) -> None:
    now = time.time() + after_s
    times = {one.id: now + random.uniform(0, within_s) for one in releases}
    place.client.zadd("releases:due:looks", times)


def _age_tokens(place: Arena, appids: list[str]) -> None:
    """As on any day: of each age there are as many."""
    with place.client.pipeline(transaction=False) as pipe:
        for appid in appids:
            document = json.loads(str(place.client.get(token_key(appid))))
            document["refresh_below_ms"] = round(REFRESH_AHEAD_S * 1000)
            left_s = random.uniform(0, _TOKEN_LIVES_S)
            pipe.set(token_key(appid), json.dumps(document), px=max(1, round(left_s * 1000)))
        pipe.execute()


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audits", type=int, default=AUDITS)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--wave", type=int, default=1000, metavar="RELEASES")
    arguments = parser.parse_args()
    measure(arguments.audits, arguments.seconds, arguments.wave)


if __name__ == "__main__":
    main()
