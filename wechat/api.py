"""The front door of this package: one WeChat, as one platform sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from db.database import Database
from wechat.component import ComponentApi, Credentials, PlatformDomains, Template
from wechat.errcodes.table import Verdict, verdict_of
from wechat.errors import Refused, TicketMissing, WeChatError
from wechat.http.clock import WeChatClock
from wechat.http.deadline import Deadline, DeadlineExceeded
from wechat.http.pace import Pace
from wechat.http.transport import Observe, Transport
from wechat.mini_program import AuditQuota, MiniProgram
from wechat.push.inbox import Inbox
from wechat.tokens.authorizing import Authorizing
from wechat.tokens.borrowed import BorrowedTokens, Owner
from wechat.tokens.counting import SecretCounter
from wechat.tokens.lending import Lender
from wechat.tokens.own import OwnTokens
from wechat.tokens.rekeying import StoredSecrets
from wechat.tokens.sealing import Seal
from wechat.tokens.single_flight import Tokens
from wechat.tokens.source import Source
from wechat.tokens.store import TokenStore

#: The pool and the template library only make a message more exact, so they may not hold a step up, in seconds.
POOL_DEADLINE_S = 10.0
#: The audit quota is only told, so nobody has to wait long for it, in seconds.
QUOTA_DEADLINE_S = 10.0
#: So many Mini Programs are tried for it at the most: one may have withdrawn its authorization.
QUOTA_ASKERS = 3

_Answer = TypeVar("_Answer")


class WeChat:
    """Builds the parts once; safe to use from many threads. With an `owner` the tokens are borrowed from there."""

    def __init__(  # noqa: PLR0913 - named ones, and built in one place
        self,
        *,
        api_url: str,
        connect_timeout_s: float,
        read_timeout_s: float,
        credentials: Credentials,
        db: Database,
        seal: Seal,
        pace: Pace | None = None,
        sleep: Callable[[float], None] = time.sleep,
        observe: Observe | None = None,
        owner: Owner | None = None,
    ) -> None:
        self._transport = Transport(
            api_url=api_url,
            connect_timeout_s=connect_timeout_s,
            read_timeout_s=read_timeout_s,
            clock=WeChatClock(),
            secrets=(credentials.appsecret,),
            observe=observe,
            pace=pace,
        )
        self._component = ComponentApi(self._transport, credentials)
        self.store = TokenStore(db, seal)
        self.stored_secrets = StoredSecrets(db, seal)
        self.secret_counter = SecretCounter(db, self.stored_secrets)
        self.inbox = Inbox(db, seal, self.store)
        own = OwnTokens(self._component, self.store, is_pending=self.inbox.has_code_of)
        source: Source = own
        if owner is not None:
            timeouts = {"connect_timeout_s": connect_timeout_s, "read_timeout_s": read_timeout_s}
            source = BorrowedTokens(owner, self.store, **timeouts)
        self._tokens = Tokens(source=source, store=self.store, sleep=sleep)
        self.lender = Lender(self._tokens, self.store, why_not=_lends_none(credentials, owner))
        #: Whether this process has what it takes to get tokens; one that only reads records may lack the secret.
        self.can_ask = owner is not None or bool(credentials.appsecret)
        #: For the owner of the tokens alone.
        self.authorizing = (
            Authorizing(api=self._component, own=own, tokens=self._tokens, store=self.store)
            if owner is None
            else None
        )

    def mini_program(self, appid: str, deadline: Deadline) -> MiniProgram:
        """One Mini Program; all calls made through it are over by the deadline."""
        return MiniProgram(appid=appid, transport=self._transport, tokens=self._tokens, deadline=deadline)

    def platform_domains(self, deadline: Deadline) -> PlatformDomains:
        """The platform's own domain pool."""
        return self._tokens.with_component_token(
            lambda token: self._component.platform_domains(token, deadline), deadline
        )

    def jump_hosts(self, deadline: Deadline) -> PlatformDomains:
        """The platform's own pool of business (web-view) domains."""
        return self._tokens.with_component_token(
            lambda token: self._component.jump_hosts(token, deadline), deadline
        )

    def try_credentials(self, deadline: Deadline, *, keep: bool) -> PlatformDomains:
        """The platform's own domain pool, asked for with a new component token: so ticket, secret and whitelist are tried.

        `keep` the token for all processes, unless theirs is another platform's.
        """
        token = self._tokens.new_component_token(deadline, keep=keep)
        return self._component.platform_domains(token, deadline)

    def add_platform_domains(
        self,
        hosts: Sequence[str],
        deadline: Deadline,
        *,
        testing_only: bool = False,
        web_view: bool = False,
    ) -> tuple[PlatformDomains, tuple[str, ...]]:
        """Register hosts on the platform; returns the pool after it and the hosts that were rejected."""
        return self._tokens.with_component_token(
            lambda token: self._component.add_platform_domains(
                token, hosts, deadline, testing_only=testing_only, web_view=web_view
            ),
            deadline,
        )

    def start_push_ticket(self, deadline: Deadline) -> None:
        """Ask WeChat to push tickets again; takes no token, and the machine's address has to be whitelisted."""
        self._component.start_push_ticket(deadline)

    def registered_hosts(self) -> tuple[str, ...] | None:
        """The hosts that are published on the platform; None if it never was, or WeChat does not say in time."""
        return _in_time(lambda deadline: self.platform_domains(deadline).published)

    def registered_jump_hosts(self) -> tuple[str, ...] | None:
        """The same of the hosts of business (web-view) domains; with a host, those below it are registered."""
        return _in_time(lambda deadline: self.jump_hosts(deadline).published)

    def templates(self, deadline: Deadline) -> tuple[Template, ...]:
        """The platform's template library, as WeChat orders it."""
        return self._tokens.with_component_token(
            lambda token: self._component.templates(token, deadline), deadline
        )

    def template_ids(self) -> tuple[int, ...] | None:
        """The ids of the template library; None if WeChat does not say in time."""
        return _in_time(lambda deadline: tuple(template.id for template in self.templates(deadline)))

    def audit_quota(self, appids: Sequence[str]) -> AuditQuota:
        """The provider's audit quota, asked for with the first of these Mini Programs (one or more) that may.

        A few are tried, within some seconds; where none gets an answer, the last one's error is raised.
        """
        deadline = Deadline(QUOTA_DEADLINE_S)
        *others, last = list(dict.fromkeys(appids))[:QUOTA_ASKERS]
        for appid in others:
            try:
                return self.mini_program(appid, deadline).audit_quota()
            except WeChatError as error:
                if _is_everybodys(error):
                    raise
        return self.mini_program(last, deadline).audit_quota()


def _in_time(ask: Callable[[Deadline], _Answer]) -> _Answer | None:
    """What is only asked to make a message more exact; None where WeChat does not say it in time."""
    try:
        return ask(Deadline(POOL_DEADLINE_S))
    except (WeChatError, DeadlineExceeded):
        return None


def _is_everybodys(error: WeChatError) -> bool:
    """Whether any other Mini Program would meet it as well."""
    if isinstance(error, Refused):
        return verdict_of(error.errcode).verdict is Verdict.PLATFORM
    return isinstance(error, TicketMissing)


def _lends_none(credentials: Credentials, owner: Owner | None) -> str:
    """Why this process can't lend tokens; empty if it can."""
    if owner is not None:
        return "the tokens are borrowed here (MPRELEASE_TOKENS__SOURCE): ask their owner"
    return "" if credentials.appsecret else "MPRELEASE_PLATFORM__APPSECRET is not set here"
