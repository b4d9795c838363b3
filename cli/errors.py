"""What is said of an error that could be foreseen, and the exit code.

Exit codes: 0 all well; 1 it was understood and did not work out; 2 bad input; 3 Redis is away.
"""

from __future__ import annotations

import click
import redis

from cli import language
from cli.context import reads_alone
from cli.demo.redis import NoRedisServer
from cli.extras import MissingExtra
from cli.printing import complain
from cli.streams import of_output
from config.loading import SettingsError
from db.database import NotReplicated
from releases.errors import ReleaseError, UnknownRelease
from releases.problems import describe
from releases.states import Step
from releases.store.schema import SchemaError
from tasks.redis_away import LOST, NO_CLUSTER, REDIS_ERRORS, is_away, is_cluster, is_forbidden, why_away
from wechat.errors import WeChatError
from wechat.http.deadline import DeadlineExceeded
from worker.redis_client import rejected_certificate

FAILED, BAD_INPUT, REDIS_AWAY = 1, 2, 3


def tell(error: Exception) -> int | None:
    """Say what is wrong and what would be right; returns the exit code, or None for an error nobody foresaw."""
    unwritten = of_output(error)
    if unwritten is not None:
        if unwritten:
            complain(*unwritten)
        return FAILED
    if isinstance(error, click.ClickException):
        # Celery's own options, of which `worker` passes on what it does not know.
        error.show()
        return BAD_INPUT
    said = of_redis(error) if isinstance(error, REDIS_ERRORS) else _of_others(error)
    if said is None:
        return None
    lines, code = said
    complain(*lines)
    return code


def _of_others(error: Exception) -> tuple[list[str], int] | None:
    match error:
        case SettingsError():
            return ["The settings can't be used:", *error.problems], BAD_INPUT
        case SchemaError():
            return [f"{error}."], BAD_INPUT
        case MissingExtra():
            return [str(error)], BAD_INPUT
        case ReleaseError() | NoRedisServer():
            see = ["All releases: mprelease list"] if isinstance(error, UnknownRelease) else []
            return [language.speech().sentence(str(error)), *see], FAILED
        case WeChatError() | DeadlineExceeded():
            problem = describe(error, Step.ENSURE_DOMAINS)
            remedy = language.speech().remedy(problem.remedy, problem.errcode)
            return [str(error) or "the deadline passed", remedy], FAILED
    return None


def of_redis(error: Exception) -> tuple[list[str], int]:
    """What is said of an error of REDIS_ERRORS, and the exit code."""
    rejected = rejected_certificate(error)
    if rejected is not None:
        return [f"Redis can't be used: {rejected}"], BAD_INPUT
    lines = [f"Redis refused: {type(error).__name__}: {error}"]
    if isinstance(error, NotReplicated):
        lines = [
            f"Not replicated: {error}.",
            "Nothing was accepted but what was confirmed above: it may be there, or be lost with the master.",
            "Check that the master has its replicas, then repeat the command: repeating is safe.",
        ]
    elif is_cluster(error):
        return [f"{NO_CLUSTER}."], BAD_INPUT
    elif isinstance(error, redis.AuthenticationError):
        return [f"Redis can't be used: {why_away(error)}"], BAD_INPUT
    elif isinstance(error, LOST):
        lines = [
            f"Redis is away: {error}",
            "This command only reads: nothing was changed."
            if reads_alone()
            else "What was not confirmed above may not have been done.",
            "Check MPRELEASE_REDIS__URL and the server, then repeat the command: repeating is safe.",
        ]
    elif is_away(error):
        lines = [f"Redis refused: {why_away(error)}"]
        if is_forbidden(error):
            lines.append("config/redis-users.acl has the rule that our user needs.")
    return lines, REDIS_AWAY
