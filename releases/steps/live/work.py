"""The work of the steps from the approval to the shop, and back, with what each of them needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from releases.record import Release
from releases.steps.attempt import Attempt
from releases.steps.calls import MiniProgramCalls
from releases.steps.live.guard import Guard, PublishedHosts
from releases.steps.live.publish import publish
from releases.steps.live.revert import revert
from releases.steps.live.shop import Shop
from releases.steps.live.verify_live import verify_live
from releases.steps.ours import name_of_live
from releases.steps.outcomes import Done, Live, Reverted
from wechat.domains import Domains


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveWork:
    """Does a step's work. Safe to use from many threads."""

    published_hosts: PublishedHosts
    published_jump_hosts: PublishedHosts
    shop: Shop
    check_time: Callable[[Release], object]

    def publish(
        self, mini_program: MiniProgramCalls, attempt: Attempt, wanted: Domains, mend: Callable[[], str]
    ) -> Done:
        """Publish; after a resume the domains are ensured before."""
        _mend(attempt, mend)
        guard = Guard(wanted, self.published_hosts, self.published_jump_hosts, self.check_time)
        return Done(publish(mini_program, attempt.release, attempt, guard))

    def verify(
        self, mini_program: MiniProgramCalls, attempt: Attempt, wanted: Domains, mend: Callable[[], str]
    ) -> Live:
        """Check what is live; after a resume the domains are ensured before."""
        release = attempt.release
        _mend(attempt, mend)
        what = verify_live(mini_program, release, attempt, wanted)
        self.shop.taken_by(release)
        return Live(what)

    def revert(self, mini_program: MiniProgramCalls, attempt: Attempt) -> Reverted:
        """Take the version back."""
        release = attempt.release
        live = revert(mini_program, release, attempt)
        self.shop.given_back(release, live)
        return Reverted(f"taken back; {name_of_live(live)} is live" if live else "taken back")


def _mend(attempt: Attempt, ensure: Callable[[], str]) -> None:
    if attempt.release.progress.mend:
        attempt.note(f"before it goes on: {ensure()}")
        attempt.mended()
