"""The second half in random walks: orders, looks, and how attempts from the approval to the shop, and back, end."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

import redis

from db.database import Database
from releases.errors import ReleaseConflict
from releases.intake.one import Releases
from releases.intake.orders import Orders
from releases.intake.publications import Publications
from releases.record import NOBODY, Release
from releases.second_half import Review, ReviewStatus
from releases.states import Status, Step
from releases.steps.ahead import StandsBehind, make_way
from releases.steps.attempt import Attempt
from releases.steps.live.shop import Shop
from releases.steps.look import Look
from releases.store import keys
from releases.store.pauses import Pauses
from releases.store.places import Lane
from releases.store.records import ReleaseStore
from tests.support.examples import NOW, a_problem
from tests.support.fake_wechat import FakeMiniProgram
from tests.support.live import shown
from wechat.mini_program import LiveVersion, Versions

End = Callable[[], object]
LATER = NOW + timedelta(seconds=60)


class SecondHalf:
    """What may be done in it, and how its attempts may end."""

    def __init__(
        self,
        client: redis.Redis,
        *,
        chance: random.Random,
        store: ReleaseStore,
        releases: Releases,
        publications: Publications,
        orders: Orders,
        pauses: Pauses,
    ) -> None:
        self._client, self._chance, self._store = client, chance, store
        self._releases, self._publications, self._orders, self._pauses = (
            releases,
            publications,
            orders,
            pauses,
        )
        self._look_now = Database(client).script("releases.store", "shared", "look_now")
        self._shop = Shop(store=store, now=lambda: NOW)

    def order(self, release: Release) -> None:
        """Have it go live."""
        self._publications.order(release.id, not_before=self._chance.choice((None, None, LATER)))

    def revert(self, release: Release) -> None:
        """Have it taken back."""
        self._publications.revert(release.id)

    def withdraw(self, release: Release) -> None:
        """Have its audit withdrawn."""
        self._publications.withdraw(release.id)

    def publish_wave(self, wave: str) -> None:
        """Have what is approved of a wave go live."""
        canary, bound = self._chance.choice((0, 1, 2)), self._chance.choice((None, 0, 100))
        self._orders.publish_wave(wave, NOBODY, canary=canary, max_blocked=bound)

    def order_wave(self, wave: str) -> None:
        """Something else that a person does with a wave."""
        do = self._chance.choice(
            (self._orders.revert_wave, self._orders.resume_wave, self._orders.cancel_wave)
        )
        do(wave, NOBODY)

    def push(self, appid: str) -> None:
        """WeChat pushes that something has happened to an audit."""
        ask = {
            "mini_program": keys.mini_program(appid),
            "lease": keys.lease(appid),
            "record": keys.record(""),
            "looks": keys.due(Lane.LOOKS),
            "lanes": {"urgent": keys.due(Lane.URGENT), "begun": keys.due(Lane.BEGUN)},
            "apart_s": 10,
        }
        self._look_now(args=[json.dumps(ask)])

    def way_made(self, attempt: Attempt, end: End, *, live: bool | None = None) -> None:
        """End it so, unless an older release stands in its way."""
        older = None if attempt.ahead is None else self._store.get(attempt.ahead)
        is_live = self._chance.random() < 0.2 if live is None else live
        versions = (
            Versions(trial=None, live=LiveVersion(older.release.user_version, "", 2e9))
            if older is not None and is_live
            else shown("0.9", "", 1.0)
        )
        mini_program = FakeMiniProgram(versions=[versions])
        try:
            make_way(self._store, mini_program, attempt, NOW, self._shop.taken_by)
        except StandsBehind as behind:
            attempt.wait_behind(behind.older, behind.problem)
        else:
            end()

    def looks(self, look: Look) -> list[End]:
        """How a look may end."""
        ends: list[End] = [partial(self.reviewed, look, status) for status in ReviewStatus]
        if look.release.progress.withdraw:
            ends.append(partial(look.intend, withdraw_at=5.0))
        return ends

    def reviewed(self, look: Look, status: ReviewStatus) -> None:
        """It was read."""
        look.reviewed(Review(status=status, submitted_at=NOW, checked_at=NOW), f"is {status}")

    def ends(self, attempt: Attempt) -> list[End]:
        """How an attempt of the second half may end, or what it may write before that."""
        release = attempt.release
        match release.step:
            case Step.PUBLISH:
                return [
                    *[partial(self._published, attempt)] * 2,
                    partial(attempt.publish, 5.0),
                    partial(attempt.not_yet, LATER, a_problem()),
                ]
            case Step.VERIFY_LIVE:
                return [
                    *[partial(self.live, attempt)] * 3,
                    partial(self._broken, attempt),
                    partial(attempt.go_back, Step.PUBLISH, "it is not"),
                ]
            case Step.REVERT:
                return [
                    *[partial(self.reverted, attempt)] * 2,
                    partial(attempt.intend, revert_to=7, revert_at=5.0),
                ]
        return []

    def _published(self, attempt: Attempt) -> None:
        attempt.publish(5.0)
        attempt.published(6.0)
        attempt.done("published", runs_on=False)

    def live(self, attempt: Attempt) -> None:
        """It is, with all its domains."""
        attempt.dropped(None)
        self._shop.taken_by(attempt.release)
        attempt.arrived(Status.LIVE, "is live")

    def _broken(self, attempt: Attempt) -> None:
        attempt.dropped({"requestdomain": ["https://a.example.com"]})
        attempt.block(a_problem(step=attempt.release.step))

    def reverted(self, attempt: Attempt) -> None:
        """Another version is live."""
        version = self._chance.choice("123")
        self._shop.given_back(attempt.release, LiveVersion(version, "", 7.0))
        attempt.arrived(Status.REVERTED, "taken back")

    def end_well(self, attempt: Attempt) -> None:
        """It goes well."""
        release = attempt.release
        if isinstance(attempt, Look):
            self.reviewed(attempt, ReviewStatus.APPROVED)
            return
        match release.step:
            case Step.ENSURE_DOMAINS:
                attempt.done("done", runs_on=False)
            case Step.COMMIT_CODE:
                self.way_made(attempt, partial(attempt.done, "done", runs_on=False), live=False)
            case Step.SUBMIT_AUDIT:
                self.way_made(attempt, partial(attempt.submitted, 7, "submitted"), live=False)
            case Step.PUBLISH:
                self._published(attempt)
            case Step.VERIFY_LIVE:
                self.live(attempt)
            case Step.REVERT:
                self.reverted(attempt)

    def help(self, release: Release) -> None:
        """What a person does about one that does not go on by itself: what is approved goes live, what stopped goes on."""
        with suppress(ReleaseConflict):
            if release.status is Status.APPROVED:
                self._publications.order(release.id)
            elif release.status in (Status.BLOCKED, Status.FAILED):
                self._releases.resume(release.id)
