"""What holds now and is worth telling: of waves, and of the platform. Whoever tells compares it with what was told before.

So nothing of it has to be written down when it happens, what has passed is not told any more, and what comes again is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from shlex import quote
from typing import Any

import redis

from releases import remedies
from releases.notices import texts
from releases.notices.notice import Notice, Voice, wave_path
from releases.notices.texts import Kind
from releases.reading import Reader
from releases.remedies import Text
from releases.scope import Scope
from releases.states import SUBMITTED_ONCE, Status
from releases.store import keys
from releases.store.pauses import Pause
from releases.store.tally import WaveTally
from releases.waves.audit_quota import kept_quota
from releases.waves.halves import FIRST, HALVES, Half
from releases.waves.report import causes_in
from releases.waves.standing import State, state_of
from wechat.tokens.store import ENDING_TICKET_S

#: A wave that ends has to stay ended for so long, in seconds: one that is enqueued piece by piece seems to end again and again.
ENDED_FOR_S = 30.0
#: A pause that ends by itself is told of when it has lasted for so long, in seconds.
OUTAGE_FOR_S = 60.0
#: As the alerts have them: a ticket that is older, in seconds, and a quota of which less than that part is left.
OLD_TICKET_S = 3600.0
LOW_QUOTA = 0.1
#: So many causes of a brake are told.
_MOST_CAUSES = 2


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that holds. It is told once, and again if `mark` changes or when it holds again after it did not.

    `after_s`: once it has held for so long. `tell` puts it into words, which may cost some reads.
    """

    kind: Kind
    about: str
    mark: str
    tell: Callable[[], Notice]
    after_s: float = 0.0

    @property
    def key(self) -> str:
        """What it is a fact about."""
        return f"{self.kind} {self.about}"

    @property
    def is_of_wave(self) -> bool:
        """Whether it is about a wave, and not about the platform."""
        return self.kind.startswith("wave.")


@dataclass(frozen=True, slots=True)
class Facts:
    """Reads them. `ticket_age_s` is None where the tokens are borrowed; safe to use from many threads."""

    client: redis.Redis
    _: KW_ONLY
    reader: Reader
    voice: Voice
    ticket_age_s: Callable[[], float | None] | None

    def read(self, waves: Sequence[str]) -> list[Fact]:
        """All that hold, of these waves and of the platform."""
        return [*self._of_waves(waves), *self._of_pauses(), *self._of_ticket(), *self._of_quota()]

    def _of_waves(self, waves: Sequence[str]) -> Iterator[Fact]:
        with self.client.pipeline(transaction=False) as pipe:
            for name in waves:
                for half in HALVES:
                    pipe.hgetall(half.counts(name))
                    pipe.get(keys.pause(half.scope(name)))
            replies: list[Any] = pipe.execute()
        halves = [(name, half) for name in waves for half in HALVES]
        for (name, half), counts, pause in zip(halves, replies[::2], replies[1::2], strict=True):
            tally = WaveTally.read(counts)
            if sum(tally.counts.values()):
                yield from self._of_half(name, half, tally, Pause.read(pause))

    def _of_half(self, name: str, half: Half, tally: WaveTally, pause: Pause | None) -> Iterator[Fact]:
        state, voice = state_of(tally.counts, pause), self.voice
        total = str(sum(tally.counts.values()))
        if state is State.OVER:
            counts, see = voice.counts(tally.counts), voice(texts.SEE_WAVE, wave=quote(name))
            over = partial(self._ended, name, counts, see)
            kind, head = Kind.WAVE_LIVE, texts.LIVE
            if half is FIRST:
                # One that is decided is over as well.
                is_decided = _are_decided(tally)
                kind = Kind.WAVE_DECIDED if is_decided else Kind.WAVE_OVER
                head = texts.DECIDED if is_decided else texts.OVER
            yield Fact(kind, name, total, partial(over, head), ENDED_FOR_S)
        elif pause is not None and (pause.asks or state is State.BRAKED) and not _is_cancelling(name, pause):
            braked = texts.BRAKED if half is FIRST else texts.ASKS if pause.asks else texts.BRAKED_LIVE
            tell = partial(self._braked, name, half, braked, pause, tally)
            yield Fact(Kind.WAVE_BRAKED, f"{half.step} {name}", pause.errmsg, tell)

    def _ended(self, name: str, counts: str, see: str, head: Text) -> Notice:
        plan = self.voice(texts.PLAN, wave=quote(name)) if head is texts.DECIDED else see
        return self.voice.notice(self.voice(head, wave=name), counts, remedy=plan, path=wave_path(name))

    def _braked(self, name: str, half: Half, head: Text, pause: Pause, tally: WaveTally) -> Notice:
        voice = self.voice
        stopped = (Status.BLOCKED, Status.FAILED)
        causes = [one for one in causes_in(self.reader, name, half) if one.status in stopped]
        lines = [
            voice(texts.CAUSE, number=one.releases, reason=voice.why(one.problem))
            for one in causes[:_MOST_CAUSES]
        ]
        counts = voice.counts(tally.counts)
        path = wave_path(name)
        return voice.notice(voice(head, wave=name), counts, *lines, remedy=voice.remedy(pause), path=path)

    def _of_pauses(self) -> Iterator[Fact]:
        with self.client.pipeline(transaction=False) as pipe:
            for scope in Scope:
                pipe.get(keys.pause(scope))
            found: list[Any] = pipe.execute()
        for scope, pause in zip(Scope, map(Pause.read, found), strict=True):
            if pause is not None:
                # What is said of an outage changes with each call that fails; the errcode of a used-up quota does not.
                cause = "outage" if pause.errcode is None else f"errcode {pause.errcode}"
                mark = cause if pause.is_timed else f"{pause.errmsg} {pause.until}"
                after_s = OUTAGE_FOR_S if pause.is_timed else 0.0
                yield Fact(Kind.PLATFORM_PAUSED, scope, mark, partial(self._paused, scope, pause), after_s)

    def _paused(self, scope: Scope, pause: Pause) -> Notice:
        voice = self.voice
        lines = [voice.why(pause)]
        if pause.by_hand:
            by, why = pause.actor, pause.reason
            lines = [voice(texts.BY_HAND, actor=by)] if by else []
            lines += [voice(texts.BECAUSE, reason=why)] if why else []
        return voice.notice(voice(texts.PAUSED[scope]), *lines, remedy=voice.remedy(pause), path="/platform")

    def _of_ticket(self) -> Iterator[Fact]:
        if self.ticket_age_s is None:
            return
        age_s = self.ticket_age_s()
        if age_s is None:
            yield Fact(Kind.TICKET_OLD, "", "none", partial(self._ticket, self.voice(texts.NO_TICKET)))
        elif age_s > OLD_TICKET_S:
            head = self.voice(texts.TICKET_OLD, minutes=int(age_s // 60))
            mark = "ends" if age_s > ENDING_TICKET_S else "old"
            yield Fact(Kind.TICKET_OLD, "", mark, partial(self._ticket, head))

    def _ticket(self, head: str) -> Notice:
        voice = self.voice
        remedy = voice(remedies.TICKET_MISSING)
        return voice.notice(head, voice(texts.TICKET_ENDS), remedy=remedy, path="/platform")

    def _of_quota(self) -> Iterator[Fact]:
        quota = kept_quota(self.client)
        if quota is not None and quota.rest < LOW_QUOTA * quota.limit:
            head = self.voice(texts.QUOTA_LOW, rest=quota.rest, limit=quota.limit)
            remedy = self.voice(texts.QUOTA_REMEDY)
            mark = "low" if quota.rest > 0 else "none"
            tell = partial(self.voice.notice, head, remedy=remedy, path="/platform")
            yield Fact(Kind.QUOTA_LOW, "", mark, tell)


def _are_decided(tally: WaveTally) -> bool:
    """Whether it had audits, of which none is open any more."""
    submitted = sum(tally.counts[status] for status in SUBMITTED_ONCE)
    return submitted > 0 and tally.counts[Status.SUBMITTED] == 0


def _is_cancelling(name: str, pause: Pause) -> bool:
    """Whether somebody is cancelling the wave at this moment, which takes seconds."""
    return pause.remedy == remedies.BEING_CANCELLED(wave=quote(name))
