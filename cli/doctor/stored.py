"""Redis, and what is stored in it."""

from __future__ import annotations

from collections.abc import Iterator

from cli.context import settings
from cli.context import unchecked_services as services
from cli.doctor.findings import Finding, fail, ok, warn
from db.clock import RedisClock, in_words, is_right
from db.database import Database
from releases.store.recounting import recount
from releases.store.schema import NEWEST, NewerSchema
from worker.redis_client import connect

#: How a key is set, where there is none.
_SET_A_KEY = (
    "openssl rand -base64 32 | tr +/ -_  # makes a KEY",
    "export MPRELEASE_REDIS__ENCRYPTION_KEYS=plain,KEY  # everywhere",
    "# Restart the workers. Then KEY alone, and restart them again. Then:",
    "mprelease rekey  # docs/redis.md, Encryption of what is stored",
)


def server() -> Iterator[Finding]:
    """Redis itself: whether it keeps what it is given, and tells the time."""
    client = connect(settings().redis, 1)
    info = client.info()
    yield ok("Redis", f"version {info['redis_version']}")
    if info.get("aof_enabled"):
        yield ok("persistence", "append-only file")
    else:
        yield warn(
            "persistence",
            "the append-only file is off: a restart of Redis loses the releases, tokens and pauses since its last snapshot, "
            "or all of them; set `appendonly yes`",
        )
    policy = info.get("maxmemory_policy", "noeviction")
    if policy == "noeviction":
        yield ok("eviction", policy)
    else:
        yield warn(
            "eviction",
            f"maxmemory-policy is {policy}: a Redis that is full may drop releases and tokens; set noeviction",
        )
    ahead_s = RedisClock(client.time).ahead_s()
    # Releases go by Redis' time; logs, events and TLS do not.
    yield ok("clock", "as Redis'") if is_right(ahead_s) else warn("clock", in_words(ahead_s))
    wanted, there = settings().redis.replicas_to_confirm, int(info["connected_slaves"])
    if wanted:
        counted = f"{there} connected, {wanted} to confirm each write"
        yield ok("replicas", counted) if there >= wanted else fail("replicas", counted)


def schema() -> Iterator[Finding]:
    """The layout of the keys."""
    found = services().schema.found()
    if found > NEWEST:
        yield fail("schema", str(NewerSchema(found)))
    else:
        yield ok(
            "schema",
            f"{found}" if found == NEWEST else f"none yet: the first worker or command makes it {NEWEST}",
        )


def encryption() -> Iterator[Finding]:
    """Whether tickets and tokens lie there sealed, and can be opened."""
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
        lie = plain if tally.total else "tickets and tokens will lie in plain text in Redis"
        text = f"off: {lie}, in its file and in backups. To set a key:"
    if tally.unreadable:
        yield fail("encryption", text)
    elif not settings().redis.encrypts:
        yield warn("encryption", text, more=_SET_A_KEY)
    elif tally.plain:
        yield warn("encryption", text)
    else:
        yield ok("encryption", text)


def counts() -> Iterator[Finding]:
    """The counts of waves and of causes, made anew where they are wrong."""
    found = recount(Database(connect(settings().redis, 4)), services().store)
    if found.mended:
        yield ok("counts", f"made anew: {', '.join(found.mended)}")
    if found.moving:
        yield warn(
            "counts",
            f"changed while they were counted: {', '.join(found.moving)}; once it is at rest: mprelease doctor --repair",
        )
    if found.right:
        yield ok("counts", f"{len(found.right)} as the records say")
