"""Mini Programs on their way to live, at a WeChat that is not ours: what is done to them there, and what they end as."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from db.database import Database
from releases.store.places import due
from releases.store.records import RecordChanged, ReleaseStore
from tests.support import receivers, workers
from tests.support.orchestrator import Orchestrator, orchestrator_of
from tests.support.receivers import KEY, TOKEN, Receiver
from tests.support.workers import Platform, wait_for

ORDERS = "releases.publish"
PASSES: dict[str, Any] = {"status": 0}


@dataclass(frozen=True)
class Shops:
    """A platform with a worker and a receiver to which WeChat pushes, and an orchestrator that gives the orders."""

    platform: Platform
    receiver: Receiver
    orchestrator: Orchestrator
    appids: dict[str, str]

    def add(self, kinds: dict[str, dict[str, Any]]) -> None:
        """Put a Mini Program of each kind into the world, with these fields, and have its release submitted."""
        self.appids.update({kind: self.platform.mini_program(**fields) for kind, fields in kinds.items()})
        requests = [self.platform.request(self.appids[kind]) for kind in kinds]
        submitted = self.platform.enqueue(*requests)
        assert {release["status"] for release in submitted} == {"submitted"}

    def now(self, kind: str) -> dict[str, Any]:
        """The release's record."""
        (found,) = self._records([self.appids[kind]])
        return found

    def decide(self, kind: str, **audit: Any) -> None:
        """Decide the release's audit at WeChat, which pushes that."""
        ours = {"auditid": self.now(kind)["auditid"]}
        self.platform.sim("POST", f"audits/{self.appids[kind]}", {**ours, **audit})

    def order(self, kind: str) -> dict[str, Any]:
        """Order the release to go live; returns the answer."""
        return self._ask("tasks.publish_release", kind, ORDERS)

    def resume(self, kind: str) -> dict[str, Any]:
        """Resume it."""
        return self._ask("tasks.resume_release", kind)

    def wait_for(self, kind: str, *statuses: str, step: str | None = None) -> dict[str, Any]:
        """Wait until the release has one of these statuses, at this step where one is given."""

        def there() -> dict[str, Any] | None:
            found = self.now(kind)
            return found if found["status"] in statuses and step in (None, found["step"]) else None

        return wait_for(there)

    def wait_for_all(self, status: str, kinds: Iterable[str]) -> None:
        """Wait until all these have it."""
        wanted = {self.appids[kind] for kind in kinds}
        wait_for(lambda: {found["status"] for found in self._records(wanted)} == {status})

    def effects(self, kind: str) -> dict[str, int]:
        """How often a call changed something of the Mini Program, by endpoint, as WeChat counts it."""
        effects: dict[str, int] = self._live(kind)["effects"]
        return effects

    def published(self, kind: str) -> int:
        """How often a call to publish did."""
        return self.effects(kind).get("release", 0)

    def live(self, kind: str) -> str | None:
        """The version that its users get."""
        live = self._live(kind)["live"]
        return None if live is None else str(live["user_version"])

    def read_soon(self, kind: str) -> None:
        """Have its audit read as if the half-hour were over."""
        with self.platform.redis() as client:
            assert client.zadd("releases:due:looks", {self.now(kind)["id"]: 0}, xx=True, ch=True)

    def waited_in_vain(self, kind: str, minutes: float) -> None:
        """Let so much time pass in which WeChat does not show what it must have done."""

        def older() -> bool:
            with self.platform.redis() as client:
                store = ReleaseStore(Database(client))
                stored = store.get(self.now(kind)["id"])
                if stored is None or stored.release.progress.late_since is None:
                    return False
                since = stored.release.progress.late_since - timedelta(minutes=minutes).total_seconds()
                aged = stored.release.progressed(late_since=since)
                try:
                    store.save(stored, aged, place=due(aged, stored.release.updated_at))
                except RecordChanged:
                    return False
                return True

        wait_for(older)

    def _live(self, kind: str) -> dict[str, Any]:
        appid = self.appids[kind]
        return cast("dict[str, Any]", self.platform.sim("GET", "live", appid=appid)[appid])

    def _records(self, appids: Iterable[str]) -> list[dict[str, Any]]:
        wanted = set(appids)
        return [release for release in self.platform.releases() if release["appid"] in wanted]

    def _ask(self, task: str, kind: str, *queue: str) -> dict[str, Any]:
        return self.orchestrator.ask(task, {"release_id": self.now(kind)["id"]}, *queue)


@contextmanager
def shops(directory: Path) -> Iterator[Shops]:
    """Run all of it for the length of the block."""
    with (
        workers.platform(directory, settings=receivers.SETTINGS) as platform,
        receivers.receiver(directory, {"MPRELEASE_REDIS__URL": platform.redis_url}) as receiver,
        platform.worker(),
        orchestrator_of(platform.redis_url, directory) as orchestrator,
    ):
        platform.sim("POST", "platform", {"push_to": receiver.url, "push_token": TOKEN, "push_key": KEY})
        yield Shops(platform, receiver, orchestrator, {})
