"""`mprelease doctor`: what is missing before a release can run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

import redis
import typer

from cli import language
from cli.context import settings
from cli.context import unchecked_services as services
from cli.doctor import notices, pushes, stored, webhooks, wechat, workers
from cli.doctor.findings import Finding, Level, fail, warn
from cli.errors import FAILED, of_redis
from cli.printing import Lines, in_short
from config.loading import set_in_vain
from releases import remedies
from releases.scope import Scope
from tasks.redis_away import LOST, NO_CLUSTER, REDIS_ERRORS, is_away, is_cluster, why_away
from worker.redis_client import rejected_certificate


def doctor(
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Count all waves and causes anew from the records; reads every record."
        ),
    ] = False,
) -> None:
    """Say what is missing: Redis, ticket, token, whitelisted IP, platform domain pool."""
    report = Lines()
    code = 0
    for look in (*_looks(), *((stored.counts,) if repair else ())):
        try:
            for finding in look():
                finding.show(report)
                if finding.level is Level.FAIL:
                    code = FAILED
        except REDIS_ERRORS as error:
            fail("Redis", _why(error)).show(report)
            _, code = of_redis(error)
            break
    raise typer.Exit(code)


def _looks() -> tuple[Callable[[], Iterator[Finding]], ...]:
    """What is looked at, in this order: each needs the ones before."""
    return (
        _settings,
        wechat.platform,
        stored.server,
        stored.schema,
        stored.encryption,
        pushes.ticket,
        pushes.pushes,
        workers.workers,
        wechat.wechat,
        _pauses,
        workers.messages_set_aside,
        webhooks.deliveries,
        notices.channels,
    )


def _why(error: Exception) -> str:
    rejected = rejected_certificate(error)
    if rejected:
        return rejected
    if is_cluster(error):
        return NO_CLUSTER
    if isinstance(error, LOST) and not isinstance(error, redis.AuthenticationError):
        return f"away: {str(error).rstrip('.')}; check MPRELEASE_REDIS__URL and the server"
    return why_away(error) if is_away(error) else str(error)


def _settings() -> Iterator[Finding]:
    for line in set_in_vain(settings()):
        yield warn("settings", line)


def _pauses() -> Iterator[Finding]:
    for scope in Scope:
        pause = services().pauses.current(scope)
        if pause is not None:
            ends = "" if pause.is_timed else f" {language.speech().remedy(remedies.ENDS_IT())}"
            yield warn("pause", f"{scope}: {in_short(pause)}{ends}")
