"""What an act is for, as its address says: a wave or a part of it, named releases, or the platform."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Query

from releases.errors import InvalidRequest
from releases.record import Release
from releases.scope import Scope
from releases.waves.halves import FIRST, LIVE, Half
from web.page import addresses
from web.page.acts.kinds import NOT_OF_WAVE, OF_PLATFORM, Act

#: Releases that can be named in one address.
_MOST_NAMED = 200
_LONGEST_CAUSE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One of wave, releases and scope is given. `errcode` and `cause` (see `Release.cause`) pick a part of a wave."""

    act: Act
    wave: str | None
    releases: tuple[str, ...]
    scope: Scope | None
    is_live: bool
    errcode: int | None
    cause: str | None

    @property
    def part(self) -> str | None:
        """Which part of a wave it is for, in words of the log; None for all of it."""
        return self.cause if self.errcode is None else f"errcode {self.errcode}"

    @property
    def halves(self) -> Collection[Half]:
        """The half of the wave: on its way to the audit, or to the shop and back."""
        return (LIVE,) if self.is_live else (FIRST,)

    def picks(self, release: Release) -> bool:
        """Whether a release of the wave is meant."""
        problem = release.problem
        return self.cause in (None, release.cause) and (
            self.errcode is None or (problem is not None and problem.errcode == self.errcode)
        )

    def back(self, **query: object) -> str:
        """Where the screen of it is."""
        if self.wave is not None:
            return addresses.to("/wave", name=self.wave, **query)
        if self.scope is not None:
            return addresses.to("/platform", **query)
        one = addresses.release(self.releases[0]) if len(self.releases) == 1 else "/releases"
        return addresses.to(one, **query)


def _target(
    act: Act,
    release: Annotated[list[str] | None, Query(max_length=_MOST_NAMED)] = None,
    wave: str | None = None,
    half: Literal["live"] | None = None,
    errcode: int | None = None,
    cause: Annotated[str | None, Query(max_length=_LONGEST_CAUSE)] = None,
    scope: Scope | None = None,
) -> Target:
    named = tuple(dict.fromkeys(release or ()))
    if sum((wave is not None, bool(named), scope is not None)) != 1:
        raise InvalidRequest("wave", "one of wave, release and scope has to be given")
    impossible = (
        (scope is not None and act not in OF_PLATFORM)
        or (wave is not None and act in NOT_OF_WAVE)
        or (named and act is Act.PAUSE)
    )
    if impossible:
        raise InvalidRequest("act", f"{act} is not for that")
    return Target(
        act=act,
        wave=wave,
        releases=named,
        scope=scope,
        is_live=half is not None,
        errcode=errcode,
        cause=cause,
    )


#: A parameter of a screen.
Targeted = Annotated[Target, Depends(_target)]
