"""How the platform stands, read in some round trips to Redis: what workers wrote there, and nothing of WeChat's.

It takes no AppSecret and no encryption key: of tickets and tokens only ages and counts are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property

import redis

from releases.figures import Figures, FiguresReader
from releases.scope import Scope
from releases.states import GOING_ON
from releases.store.pauses import Pause
from releases.store.schema import NEWEST
from releases.waves.audit_quota import Fit
from tasks.services import Services
from wechat.domains import Domains, Pool
from wechat.tokens.counting import SecretCounts
from worker.agreement import disagreements, in_short
from worker.asking import Answer
from worker.celery_patches import set_aside

#: So many of the messages that were set aside are shown, the newest.
SHOWN_ASIDE = 20


@dataclass(frozen=True, slots=True)
class Registered:
    """A pool of the platform's hosts as read last; None where nobody has lately. `missing`: wanted, and not registered."""

    hosts: Sequence[str] | None
    missing: Sequence[str]


@dataclass(frozen=True)
class Fleet:
    """The workers that answer, by name."""

    answers: Mapping[str, Answer]

    @cached_property
    def fingerprints(self) -> Mapping[str, str]:
        """One short fingerprint of all settings of each; empty of one that tells none."""
        return {name: in_short(answer.settings) for name, answer in self.answers.items()}

    @cached_property
    def disagreements(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """The settings that are not the same everywhere, and who has the same."""
        return disagreements({name: answer.settings for name, answer in self.answers.items()})

    @cached_property
    def old(self) -> Sequence[str]:
        """Those of an older version: they look where nothing stands."""
        return [name for name, answer in self.answers.items() if answer.schema < NEWEST]

    @cached_property
    def stuck(self) -> Mapping[str, str]:
        """Those that take no messages, and why."""
        return {name: answer.problem for name, answer in self.answers.items() if answer.problem}


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What programs are told. `ticket_age_s`: None where there is no ticket."""

    pauses: Mapping[Scope, Pause]
    quota: Fit | None
    ticket_age_s: float | None
    pool: Registered
    web_view_pool: Registered


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that people are shown. `fleet`: None where nobody knows; `borrowed`: another system has ticket and tokens."""

    brief: Brief
    borrowed: bool
    wants_web_view: bool
    secrets: SecretCounts | None
    figures: Figures
    fleet: Fleet | None
    aside: int
    newest_aside: Sequence[set_aside.Entry]
    schema: int

    @property
    def moving(self) -> int:
        """How many releases are on their way, which a pause lets wait."""
        return sum(self.figures.by_status[status] for status in GOING_ON)


def brief(services: Services) -> Brief:
    """Read what programs are told."""
    found = {scope: services.pauses.current(scope) for scope in Scope}
    return Brief(
        pauses={scope: pause for scope, pause in found.items() if pause is not None},
        quota=services.audit_quotas.fit(0),
        ticket_age_s=services.wechat.store.ticket_age_s(),
        pool=_registered(services.preflight.kept_hosts(), services.wanted.server),
        web_view_pool=_registered(services.preflight.kept_hosts(web_view=True), services.wanted.web_view),
    )


@dataclass(frozen=True, slots=True)
class StandingReader:
    """Reads all that people are shown. Takes a client that decodes responses. Safe to use from many threads."""

    client: redis.Redis
    _: KW_ONLY
    figures: FiguresReader
    fleet: Callable[[], Mapping[str, Answer] | None]

    def workers(self) -> int | None:
        """How many workers answer; None where nobody knows."""
        answers = self.fleet()
        return None if answers is None else len(answers)

    def read(self, services: Services) -> Standing:
        """Raises redis.RedisError when Redis is away."""
        answers = self.fleet()
        return Standing(
            brief=brief(services),
            borrowed=services.wechat.authorizing is None,
            wants_web_view=bool(services.wanted.web_view),
            secrets=services.wechat.secret_counter.counted(),
            figures=self.figures.read(),
            fleet=None if answers is None else Fleet(answers),
            aside=set_aside.number(self.client),
            newest_aside=set_aside.entries(self.client, SHOWN_ASIDE),
            schema=services.schema.found(),
        )


def _registered(hosts: Sequence[str] | None, wanted: Domains) -> Registered:
    missing = () if hosts is None else wanted.missing_in(Pool(hosts)).hosts()
    return Registered(hosts, list(missing))
