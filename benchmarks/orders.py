"""What an order for a wave of ten thousand costs, and whom it keeps waiting: `python -m benchmarks.orders [--releases N]`.

The real server on a real Redis, without a worker beside it. A person cancels a wave of releases in the queue from the page while others read
screens and the API. 1 if that takes more CPU for each release than it may, or somebody waits too long.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import requests

from benchmarks.page import HEADERS, RELEASES, served
from benchmarks.watched import say
from db.database import Database
from releases.states import Status
from releases.store.creations import Creation
from releases.store.known import Known
from releases.store.places import fed
from releases.store.records import ReleaseStore
from tests.support.api import KEYS, Api
from tests.support.examples import a_release, a_request
from tests.support.workers import wait_for

WAVE = "cancelled"
#: Milliseconds of the server's CPU for each release, and seconds that anybody else may wait.
MOST_CPU_MS, MOST_WAIT_S = 1.5, 3.0
_AT_ONCE = 500
_EVERY_S = 0.1
_KEY = {"Authorization": f"Bearer {KEYS['read']}"}
_READ: Mapping[str, Mapping[str, str]] = {
    "/": HEADERS,
    f"/wave?name={WAVE}": HEADERS,
    f"/api/v1/waves/{WAVE}": _KEY,
    "/healthz": _KEY,
}


def main() -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orders", description=__doc__)
    parser.add_argument("--releases", type=int, default=RELEASES)
    number = parser.parse_args().releases
    with served(MPRELEASE_WEB__OPERATORS=HEADERS["X-Forwarded-User"]) as (api, client):
        store = ReleaseStore(Database(client))
        releases = [a_release(a_request(appid=f"wx{n:016x}", wave=WAVE)) for n in range(number)]
        for start in range(0, number, _AT_ONCE):
            page = releases[start : start + _AT_ONCE]
            store.create_all([Creation(one, Known(None, None), fed(one)) for one in page])
        others = [_Other(api, path, headers) for path, headers in _READ.items()]
        cpu_s, began = _cpu_s(api), time.monotonic()
        _cancel(api)
        answered = time.monotonic() - began
        wait_for(lambda: store.wave_tally(WAVE).counts[Status.CANCELLED] == number, 300)
        took, cpu_s = time.monotonic() - began, _cpu_s(api) - cpu_s
        worst = {one.path: one.stop() for one in others}
    cpu_ms = cpu_s / number * 1000
    say(
        f"{number} cancelled in {took:.1f} s, answered after {answered:.1f} s; with the readers {cpu_s:.1f} s of the server's CPU, "
        f"{cpu_ms:.2f} ms for each",
        *(f"{path}: the longest wait {wait_s * 1000:.0f} ms" for path, wait_s in worst.items()),
    )
    return int(cpu_ms > MOST_CPU_MS or max(worst.values()) > MOST_WAIT_S)


def _cancel(api: Api) -> None:
    url = f"{api.url}/act/cancel?wave={WAVE}"
    with requests.Session() as session:
        session.headers.update({**HEADERS, "Origin": api.url})
        asked = session.get(url, timeout=60).text
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', asked))
        done = session.post(url, {**fields, "reason": "a benchmark"}, allow_redirects=False, timeout=60)
        assert done.status_code == requests.codes.see_other, done.text


def _cpu_s(api: Api) -> float:
    fields = Path(f"/proc/{api.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class _Other(threading.Thread):
    """Somebody who reads something again and again until told to stop."""

    def __init__(self, api: Api, path: str, headers: Mapping[str, str]) -> None:
        super().__init__(daemon=True)
        self.path = path
        self._url, self._headers = f"{api.url}{path}", headers
        self._stopped = threading.Event()
        self._waited = list[float]()
        self.start()

    def run(self) -> None:
        with requests.Session() as session:
            while not self._stopped.wait(_EVERY_S):
                began = time.monotonic()
                session.get(self._url, headers=self._headers, timeout=60).raise_for_status()
                self._waited.append(time.monotonic() - began)

    def stop(self) -> float:
        """The longest wait, in seconds; one that was not answered is for ever."""
        self._stopped.set()
        self.join(60)
        return max(self._waited, default=float("inf"))


if __name__ == "__main__":
    sys.exit(main())
