"""Before a wave's first call for a Mini Program: the platform has to have its template, and has to have registered its domains.

What is missing would block each release of the wave after a call that counts against the merchant's fifty a month, or after
its domains were changed. So the platform's own pool and template library are read once for all workers, kept for some
minutes, and read anew when something is missing there. Where WeChat does not say, the wave goes on: its calls will tell. So
it does where only a domain above a wanted one is registered: then the first release of the wave asks, and its answer counts
for the others.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field
from shlex import quote
from typing import Any, TypeVar, cast

import redis

from releases import remedies
from releases.problems import StepBlocked
from releases.steps.ensure_domains import NOT_REGISTERED
from releases.store import keys
from wechat.domains import Domains, Pool

#: How long a pool or library that was read is good, in seconds.
KEPT_S = 600
#: One that lacks something is read anew after so many seconds, and so is one that WeChat did not tell.
FRESH_S = 5
_POLL_S = 0.05
T = TypeVar("T")
#: What WeChat answered the first release of a wave is good for the others for so many seconds.
ANSWER_KEPT_S = 300
#: That answer is waited for so long, in seconds; then the others ask themselves.
ANSWER_PATIENCE_S = 5.0
NONE = Domains.wanted({})

#: The hosts that count for released Mini Programs; None if WeChat does not say.
ReadPool = Callable[[], Collection[str] | None]
#: The ids of the platform's template library; None if WeChat does not say.
ReadTemplates = Callable[[], Collection[int] | None]
#: WeChat's own errcode for a template that is not there.
_NO_TEMPLATE = 85014
#: Of a library without the template so many ids are named, the newest.
_NAMED = 10


@dataclass(frozen=True, slots=True)
class Preflight:
    """Holds a wave's template and domains against what the platform has. Safe to use from many threads and processes."""

    client: redis.Redis
    _: KW_ONLY
    read_pool: ReadPool
    read_jump_pool: ReadPool
    read_templates: ReadTemplates
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    _passed: dict[str, tuple[object, float]] = field(default_factory=dict, init=False)

    @contextmanager
    def of(self, wanted: Domains, wave: str) -> Iterator[None]:
        """The block asks WeChat for one release of the wave; raises StepBlocked where its answer is known.

        Of a domain below a registered one nobody knows before WeChat is asked. So the first release of the wave does,
        the others wait for its answer a little, and a refusal is theirs as well.
        """
        unknown = self.check(wanted, wave)
        if not unknown:
            yield
            return
        try:
            self._await_answer(unknown, wave)
            try:
                yield
            except StepBlocked as blocked:
                # What becomes of the block is WeChat's answer for all; anything but a yes or a no says nothing.
                if blocked.errcode in NOT_REGISTERED:
                    said = f"preflight: WeChat refused these domains for another release: {blocked.errmsg}"
                    refused = {"errcode": blocked.errcode, "errmsg": said, "domains": blocked.domains}
                    self._keep(unknown, refused)
                raise
            # A Mini Program that had the domains already does not take back what another was refused.
            if self._answer(unknown) is None:
                self._keep(unknown, {})
        finally:
            self.client.delete(keys.POOL_ASKING)

    def check_template(self, template_id: int, wave: str) -> None:
        """Raise StepBlocked where the platform's library has no such template; looks once in five seconds."""
        if self._has_passed(keys.TEMPLATES, template_id):
            return
        ids = self._kept(keys.TEMPLATES, self.read_templates, lambda kept: template_id in kept)
        if ids is not None and template_id not in ids:
            raise StepBlocked(
                errcode=_NO_TEMPLATE,
                errmsg=f"preflight: {no_template(template_id, ids)}",
                remedy=remedies.NO_TEMPLATE(wave=quote(wave)),
            )
        self._note_passed(keys.TEMPLATES, template_id)

    def check(self, wanted: Domains, wave: str) -> Domains:
        """Raise StepBlocked naming the domains that the platform has not registered; looks once in five seconds.

        Returns those of which only a domain above is registered.
        """
        if self._has_passed(keys.POOL, wanted):
            return NONE
        # Many may read it at once: it is a question without a quota, and all hear the same.
        hosts = self._kept(keys.POOL, self.read_pool, lambda kept: wanted.on_hosts(kept) == wanted)
        pool = None if hosts is None else Pool(hosts)
        if pool is not None:
            _refuse_missing(wanted.missing_in(pool), wave)
        unknown = NONE if pool is None else wanted.unknown_in(pool)
        if not unknown:
            self._note_passed(keys.POOL, wanted)
        return unknown

    def check_web_view(self, wanted: Domains, wave: str) -> None:
        """The same for business domains, of which those below a registered one are registered."""
        if self._has_passed(keys.JUMP_POOL, wanted):
            return
        hosts = self._kept(
            keys.JUMP_POOL, self.read_jump_pool, lambda kept: not wanted.missing_in(Pool(kept))
        )
        if hosts is not None:
            _refuse_missing(wanted.missing_in(Pool(hosts)), wave)
        self._note_passed(keys.JUMP_POOL, wanted)

    def published_hosts(self) -> list[str] | None:
        """The hosts of the platform's pool, read within the last seconds; None where WeChat does not say."""
        return self._kept(keys.POOL, self.read_pool, lambda _: False)

    def published_jump_hosts(self) -> list[str] | None:
        """The same of the hosts of business domains."""
        return self._kept(keys.JUMP_POOL, self.read_jump_pool, lambda _: False)

    def kept_hosts(self, *, web_view: bool = False) -> list[str] | None:
        """The hosts of the platform's pool as read last; None where nobody has read them lately, or WeChat did not say."""
        raw = cast("str | None", self.client.get(keys.JUMP_POOL if web_view else keys.POOL))
        hosts: list[str] | None = None if raw is None else json.loads(raw)
        return hosts

    def forget(self) -> None:
        """The pool or the library has been changed: they are read anew, and WeChat is asked anew."""
        self.client.delete(keys.POOL, keys.JUMP_POOL, keys.POOL_ANSWER, keys.TEMPLATES)

    def _has_passed(self, what: str, wanted: object) -> bool:
        """Whether this process has found the same there, just now: not every release of a wave asks Redis."""
        found, at = self._passed.get(what, (None, 0.0))
        return found == wanted and self.monotonic() - at < FRESH_S

    def _note_passed(self, what: str, wanted: object) -> None:
        self._passed[what] = wanted, self.monotonic()

    def _await_answer(self, unknown: Domains, wave: str) -> None:
        """Return where WeChat took these domains, or has to be asked; raises StepBlocked where it refused them."""
        waited_s, asks = 0.0, False
        while waited_s < ANSWER_PATIENCE_S:
            answer = self._answer(unknown)
            if answer:
                raise StepBlocked(**answer, remedy=remedies.UNREGISTERED(wave=quote(wave)))
            if answer is not None or asks:
                return
            asks = bool(self.client.set(keys.POOL_ASKING, 1, nx=True, px=int(ANSWER_PATIENCE_S * 1000)))
            if not asks:
                self.sleep(_POLL_S)
                waited_s += _POLL_S

    def _answer(self, unknown: Domains) -> dict[str, Any] | None:
        """Why WeChat refused these domains for another release, empty if it took them; None if that is not known."""
        raw = cast("str | None", self.client.get(keys.POOL_ANSWER))
        answer: dict[str, Any] = json.loads(raw) if raw else {}
        return answer["refused"] if answer.get("of") == unknown.as_dict() else None

    def _keep(self, unknown: Domains, refused: dict[str, Any]) -> None:
        raw = json.dumps({"of": unknown.as_dict(), "refused": refused})
        self.client.set(keys.POOL_ANSWER, raw, ex=ANSWER_KEPT_S)

    def _kept(
        self,
        key: str,
        read: Callable[[], Collection[T] | None],
        is_enough: Callable[[list[T]], bool],
    ) -> list[T] | None:
        """What the platform has, read anew where it is not known or lacks something; None where WeChat does not say."""
        with self.client.pipeline(transaction=True) as pipe:
            pipe.get(key)
            pipe.pttl(key)
            raw, left_ms = pipe.execute()
        kept: list[T] | None = None if raw is None else json.loads(raw)
        is_fresh = left_ms > (KEPT_S - FRESH_S) * 1000
        if raw is None or not (kept is None or is_fresh or is_enough(kept)):
            found = read()
            kept = None if found is None else [*found]
            self.client.set(key, json.dumps(kept), ex=FRESH_S if kept is None else KEPT_S)
        return kept


def _refuse_missing(missing: Domains, wave: str) -> None:
    if missing:
        raise StepBlocked(
            errmsg="preflight: the platform has not registered and published these domains",
            domains=missing.as_dict(),
            remedy=remedies.UNREGISTERED(wave=quote(wave)),
        )


def no_template(template_id: int, there: Collection[int]) -> str:
    """Say that the library has no such template, and which it has."""
    newest = sorted(there, reverse=True)
    named = ", ".join(map(str, newest[:_NAMED])) or "no template"
    more = f" and {len(newest) - _NAMED} more" if len(newest) > _NAMED else ""
    return f"template {template_id} does not exist; the library has {named}{more}"
