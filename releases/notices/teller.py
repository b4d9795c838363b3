"""Tells each channel what is new to it: at most one message a minute, and what a robot did not take is told later.

One worker at a time tells, by a lease. What was told counts when the robot has taken it. Whoever dies between the two has it told
once more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from releases.notices.facts import Fact, Facts
from releases.notices.following import Following
from releases.notices.memory import REFUSED, TAKEN, Channel, Memory, Stream
from releases.notices.notice import Notice
from releases.notices.robots import Robot, Told
from releases.notices.stopped import KINDS, OVERLAP_S, REJECTIONS_EVERY_S, Group, StoppedReleases
from releases.notices.texts import Kind

log = logging.getLogger(__name__)

#: Seconds between two messages to a channel; the robots take twenty a minute and more, people do not.
EVERY_S = 60.0
#: The longest wait after failures, in seconds.
MOST_S = 3600.0
_MOST_DOUBLINGS = 6
#: Refusals in a row after which one notice is sent at a time, each in its turn.
_ALONE_AFTER = 2
#: More than fit into any message.
_MOST_NEWS = 100
_ORDER = list(Kind)


@dataclass(frozen=True, slots=True)
class _News:
    """Something that a channel has not been told."""

    kind: Kind
    tell: Callable[[], Notice]
    fact: Fact | None = None
    group: Group | None = None


class Teller:
    """Tells. `look` and `leave` are called by one thread; `now` is Redis' time in seconds."""

    def __init__(
        self,
        *,
        memory: Memory,
        following: Following,
        facts: Facts,
        stopped: StoppedReleases,
        robots: Sequence[Robot],
        now: Callable[[], float],
    ) -> None:
        self._memory = memory
        self._following = following
        self._facts = facts
        self._stopped = stopped
        self._robots = tuple(robots)
        self._now = now
        #: Since when a fact is known to hold, by its key and mark.
        self._held: dict[tuple[str, str], float] = {}

    def look(self) -> None:
        """See what is new, and tell it where a channel may be told something; unless another worker does."""
        if not self._memory.lead():
            self._held.clear()
            return
        facts = self._facts.read(self._waves())
        now = self._now()
        self._held = {(fact.key, fact.mark): self._held.get((fact.key, fact.mark), now) for fact in facts}
        channels = self._memory.channels()
        for robot in self._robots:
            before = channels.get(robot.channel)
            channel = self._first(facts, now) if before is None else before.model_copy(deep=True)
            self._tell(robot, before, channel, facts)

    def leave(self) -> None:
        """Let another one tell."""
        self._memory.leave()

    @property
    def channels(self) -> list[str]:
        """The names of all that are told."""
        return [robot.channel for robot in self._robots]

    def _waves(self) -> list[str]:
        before = self._memory.followed()
        followed = self._following.first() if before is None else self._following.after(before, self._now())
        if followed != before:
            self._memory.follow(followed)
        return followed.names

    def _first(self, facts: Sequence[Fact], now: float) -> Channel:
        """What a new channel counts as told: all that happened before. How the platform stands is no history."""
        streams = {kind: Stream(until=now, known=self._stopped.since(kind, now, {})) for kind in KINDS}
        return Channel(told={fact.key: fact.mark for fact in facts if fact.is_of_wave}, streams=dict(streams))

    def _tell(self, robot: Robot, before: Channel | None, channel: Channel, facts: Sequence[Fact]) -> None:
        now = self._now()
        hold = {fact.key for fact in facts}
        channel.told = {key: mark for key, mark in channel.told.items() if key in hold}
        if robot.fingerprint != channel.robot:
            channel.robot, channel.next_at, channel.failures, channel.error = robot.fingerprint, 0.0, 0, ""
        channel.waves_rest = {wave: until for wave, until in channel.waves_rest.items() if until > now}
        found = {kind: self._since(kind, channel) for kind in KINDS}
        news = self._news(channel, facts, found, now)[:_MOST_NEWS] if now >= channel.next_at else []
        if channel.failures >= _ALONE_AFTER and news:
            # It may be one that the robot does not take, for a word in it: the others are not to wait for that.
            news = [news[channel.failures % len(news)]]
        if news:
            # Before it is sent: whoever dies over it has used up this minute.
            channel.next_at = now + EVERY_S
            if not self._memory.save(robot.channel, channel):
                return
            told = robot.send([one.tell() for one in news])
            _note(robot, channel, told, self._now())
            _count_as_told(channel, news[: told.number], now)
            _move_on(channel, found, now)
            self._memory.save(robot.channel, channel, REFUSED if told.error else TAKEN)
            return
        _move_on(channel, found, now)
        if channel != before:
            self._memory.save(robot.channel, channel)

    def _since(self, kind: Kind, channel: Channel) -> dict[str, float]:
        stream = channel.streams[kind]
        return self._stopped.since(kind, stream.until, stream.known)

    def _news(
        self,
        channel: Channel,
        facts: Sequence[Fact],
        found: Mapping[Kind, Mapping[str, float]],
        now: float,
    ) -> list[_News]:
        """The most urgent first."""
        news = [*self._of_facts(channel, facts, now), *self._of_streams(channel, found, now)]
        return sorted(news, key=lambda one: _ORDER.index(one.kind))

    def _of_facts(self, channel: Channel, facts: Sequence[Fact], now: float) -> Iterator[_News]:
        for fact in facts:
            has_held_s = now - self._held[fact.key, fact.mark]
            if channel.told.get(fact.key) != fact.mark and has_held_s >= fact.after_s:
                yield _News(fact.kind, fact.tell, fact=fact)

    def _of_streams(
        self, channel: Channel, found: Mapping[Kind, Mapping[str, float]], now: float
    ) -> Iterator[_News]:
        for kind, ids in found.items():
            for group in self._stopped.groups(kind, ids) if ids else ():
                if group.tell is None:
                    channel.streams[kind].known |= group.members
                elif kind is not Kind.RELEASE_REJECTED or now >= channel.waves_rest.get(
                    group.wave or "", 0.0
                ):
                    yield _News(kind, group.tell, group=group)


def _count_as_told(channel: Channel, news: Sequence[_News], now: float) -> None:
    for one in news:
        if one.fact is not None:
            channel.told[one.fact.key] = one.fact.mark
        if one.group is not None:
            channel.streams[one.kind].known |= one.group.members
            if one.kind is Kind.RELEASE_REJECTED and one.group.wave is not None:
                channel.waves_rest[one.group.wave] = now + REJECTIONS_EVERY_S


def _move_on(channel: Channel, found: Mapping[Kind, Mapping[str, float]], now: float) -> None:
    """As far as all was told; what is known of before is needed no more."""
    for kind, ids in found.items():
        stream = channel.streams[kind]
        left = [at for release_id, at in ids.items() if stream.known.get(release_id) != at]
        until = max(stream.until, min(left, default=now if stream.known else 0.0))
        known = {name: at for name, at in stream.known.items() if at > until - OVERLAP_S}
        channel.streams[kind] = Stream(until=until, known=known)


def _note(robot: Robot, channel: Channel, told: Told, now: float) -> None:
    """Put down how a message ended, and say so where that is new."""
    if not told.error:
        if channel.failures:
            log.info("notices are taken again by the robot of %s", robot.title)
        channel.failures, channel.error = 0, ""
        return
    if not channel.failures:
        log.warning(
            "a notice was not taken by the robot of %s: %s; it is tried again", robot.title, told.error
        )
    channel.failures += 1
    channel.failed_at, channel.error = now, told.error
    wait_s = min(MOST_S, EVERY_S * 2.0 ** min(channel.failures - 1, _MOST_DOUBLINGS))
    channel.next_at = now + max(wait_s, told.wait_s)
