"""`mprelease doctor`: what is missing before a release can run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import redis
import typer
from rich.markup import escape

from cli import language
from cli.context import celery_app, settings
from cli.context import unchecked_services as services
from cli.printing import Lines, in_short
from config.loading import set_in_vain
from db.clock import RedisClock, in_words, is_right
from releases import remedies
from releases.problems import describe
from releases.scope import Scope
from releases.states import Step
from releases.store.schema import NEWEST, NewerSchema
from tasks.redis_away import NO_CLUSTER, is_away, is_cluster, why_away
from wechat.domains import Pool
from wechat.errors import WeChatError
from wechat.http.deadline import Deadline, DeadlineExceeded
from worker.celery_patches import set_aside
from worker.old_workers import schemas_of_workers
from worker.redis_client import connect, rejected_certificate

#: How a key is set, where there is none.
_SET_A_KEY = (
    """python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'  # makes a KEY""",
    "MPRELEASE_REDIS__ENCRYPTION_KEYS=plain,KEY  # for all processes and shells; restart the workers; then KEY alone, as well",
    "mprelease rekey  # seals what is stored; docs/redis.md, Encryption of what is stored",
)
#: Seconds between two looks at a worker that seems to take no messages.
_LOOK_AGAIN_S = 1.0
#: Seconds that all calls to WeChat may take together.
_DEADLINE_S = 30.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. What is well may be a warning all the same; `more` are lines to be typed."""

    name: str
    is_well: bool
    text: str
    warns: bool = False
    more: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """How it is, in a word."""
        if not self.is_well:
            return "[bold red]missing[/]"
        return "[bold yellow]warn[/]   " if self.warns else "[green]ok[/]     "


def doctor() -> None:
    """Say what is missing: Redis, ticket, token, whitelisted IP, platform domain pool."""
    report = Lines()
    well = True
    for look in (
        _settings,
        _platform,
        _redis,
        _schema,
        _encryption,
        _ticket,
        _domain_pool,
        _pauses,
        _workers,
        _set_aside,
    ):
        try:
            for finding in look():
                well = well and finding.is_well
                report.print(f"{finding.mark}  {finding.name:<12}  {escape(finding.text)}")
                for line in finding.more:
                    report.print(f"{'':<9}{escape(line)}")
        except redis.RedisError as error:
            well = False
            why = rejected_certificate(error) or _why(error)
            report.print(f"[bold red]missing[/]  {'Redis':<12}  {escape(why)}")
            break
    raise typer.Exit(0 if well else 1)


def _why(error: redis.RedisError) -> str:
    if is_cluster(error):
        return NO_CLUSTER
    told = why_away(error) if is_away(error) else str(error)
    return f"{told}: check MPRELEASE_REDIS__URL" if isinstance(error, redis.ConnectionError) else told


def _settings() -> Iterator[Finding]:
    for line in set_in_vain(settings()):
        yield Finding("settings", True, line, warns=True)


def _platform() -> Iterator[Finding]:
    platform = settings().platform
    yield Finding(
        "platform",
        platform.is_named,
        platform.appid if platform.is_named else "set MPRELEASE_PLATFORM__APPID and __APPSECRET",
    )
    wanted = services().wanted
    yield Finding(
        "domains",
        bool(wanted),
        ", ".join(wanted.hosts()) if wanted else "set MPRELEASE_DOMAINS__REQUESTDOMAIN and the other lists",
    )


def _redis() -> Iterator[Finding]:
    client = connect(settings().redis, 1)
    info = client.info()
    yield Finding("Redis", True, f"version {info['redis_version']}")
    yield Finding(
        "persistence",
        bool(info["aof_enabled"]),
        "append-only file" if info["aof_enabled"] else "turn appendonly on, or a restart loses releases",
    )
    policy = info.get("maxmemory_policy", "noeviction")
    yield Finding(
        "eviction",
        policy == "noeviction",
        policy if policy == "noeviction" else f"maxmemory-policy is {policy}; set noeviction",
    )
    ahead_s = RedisClock(client.time).ahead_s()
    # Releases go by Redis' time; logs, events and TLS do not.
    is_off = not is_right(ahead_s)
    yield Finding("clock", True, in_words(ahead_s) if is_off else "as Redis'", warns=is_off)
    wanted, there = settings().redis.replicas_to_confirm, int(info["connected_slaves"])
    if wanted:
        counted = f"{there} connected, {wanted} to confirm each write"
        yield Finding("replicas", there >= wanted, counted)


def _schema() -> Iterator[Finding]:
    found = services().schema.found()
    if found > NEWEST:
        yield Finding("schema", False, str(NewerSchema(found)))
        return
    text = f"{found}" if found == NEWEST else f"none yet: the first worker or command makes it {NEWEST}"
    yield Finding("schema", True, text)


def _encryption() -> Iterator[Finding]:
    tally = services().wechat.stored_secrets.tally()
    plain = f"{tally.plain} of {tally.total} tickets and tokens lie in plain text in Redis"
    if tally.unreadable:
        text = (
            f"MPRELEASE_REDIS__ENCRYPTION_KEYS opens {tally.total - len(tally.unreadable)} of {tally.total} stored "
            "secrets; `mprelease rekey` names the others"
        )
    elif tally.outdated:
        text = f"{tally.outdated} of {tally.total} stored secrets are to be sealed anew: `mprelease rekey`"
        text += f"; {plain}" if tally.plain else ""
    elif settings().redis.encrypts:
        text = f"{tally.total} stored secrets are sealed with the first key"
    else:
        text = f"off: {plain}, in its file and in backups. To set a key:"
    more = () if settings().redis.encrypts or tally.unreadable else _SET_A_KEY
    warns = bool(tally.plain) or not settings().redis.encrypts
    yield Finding("encryption", not tally.unreadable, text, warns=warns, more=more)


def _ticket() -> Iterator[Finding]:
    stored = services().wechat.store.has_ticket()
    yield Finding("ticket", stored, "stored" if stored else "store the newest one with `mprelease ticket`")


def _domain_pool() -> Iterator[Finding]:
    """One call tells whether ticket, secret and the whitelisted IP are right."""
    try:
        pool = services().wechat.platform_domains(Deadline(_DEADLINE_S))
    except (WeChatError, DeadlineExceeded) as error:
        problem = describe(error, Step.ENSURE_DOMAINS)
        yield Finding("WeChat", False, in_short(problem))
        return
    yield Finding("WeChat", True, "component token granted, IP whitelisted")
    published, wanted = pool.published or (), services().wanted
    missing, unknown = (found(Pool(published)).hosts() for found in (wanted.missing_in, wanted.unknown_in))
    counted = f"{len(published)} hosts published"
    if unknown:
        counted += (
            f"; only a domain above is registered of {', '.join(unknown)}: the first release asks WeChat"
        )
    yield Finding(
        "domain pool",
        not missing,
        counted
        if not missing
        else f"not published on the platform: {', '.join(missing)}; `mprelease platform domains add` registers them",
    )


def _pauses() -> Iterator[Finding]:
    for scope in Scope:
        pause = services().pauses.current(scope)
        if pause is not None:
            ends = "" if pause.is_timed else f" {language.remedy(remedies.ENDS_IT())}"
            yield Finding("pause", pause.is_timed, f"{scope}: {in_short(pause)}{ends}", warns=True)


def _workers() -> Iterator[Finding]:
    answers = schemas_of_workers(celery_app())
    yield Finding(
        "workers",
        bool(answers),
        f"{len(answers)} answer" if answers else "none answers; start `mprelease worker`",
    )
    for name in sorted(name for name, schema in answers.items() if schema < NEWEST):
        yield Finding(
            "workers", False, f"{name} is of an older version: it looks where nothing stands; stop it"
        )
    if answers and (stuck := _that_take_nothing()):
        time.sleep(_LOOK_AGAIN_S)  # one that has just ended its work may look like it for a moment
        again = _that_take_nothing()
        for name in sorted(stuck.keys() & again.keys()):
            yield Finding("workers", False, f"{name} takes no messages: {again[name]}; restart it")


def _that_take_nothing() -> dict[str, str]:
    """The workers that answer and take no messages, and why."""
    told: Any = celery_app().control.inspect(timeout=2)._request("takes_messages") or {}  # noqa: SLF001 - how Celery's own ask
    return {name: answer["problem"] for name, answer in told.items() if answer.get("problem")}


def _set_aside() -> Iterator[Finding]:
    """Nothing is missing when a release can run; but whoever sent these may be waiting."""
    number = set_aside.number(connect(settings().redis, 1))
    if number:
        yield Finding(
            "set aside", True, f"{number} messages that no worker could run; see `mprelease set-aside list`"
        )
