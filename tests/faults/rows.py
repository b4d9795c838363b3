"""The rows: what is done to a wave, and what is found out about it."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from releases.record import Release
from releases.states import AT_REST, Status
from tests.faults.clients import many_clients
from tests.faults.clock_faults import wrong_clock
from tests.faults.copies import every_message_twice
from tests.faults.garbage import garbage
from tests.faults.live import deaths, surprises
from tests.faults.outages import DEFAULT_WAITS, OUTAGE_ENVIRONMENT, no_commits, outage
from tests.faults.process_faults import (
    closed_pipe,
    die_after_call,
    die_after_record,
    die_after_step,
    die_after_write,
    die_before_call,
    die_by_name,
    kill_all,
    kill_one,
    rolling_restart,
    stop_around_calls,
)
from tests.faults.queue_faults import (
    LONG_QUEUE_RELEASES,
    OWN_LEASE_ENVIRONMENT,
    OWN_LEASE_RELEASES,
    RESET_ENVIRONMENT,
    RESET_RELEASES,
    long_queue,
    own_lease,
    quota_reset,
)
from tests.faults.redis_faults import away, delete_queue, refuse, refuse_idle, restart
from tests.faults.sentinel_faults import fail_over
from tests.faults.table import Finding
from tests.faults.wechat_faults import (
    bad_answers,
    cut_after_applied,
    expire_tokens,
    foreign_uploads,
    interim_answers,
    no_errcode,
)
from tests.faults.world import PATIENCE_S, Serve, World, world
from tests.support.invariants import broken
from tests.support.looks import Look
from tests.support.restartable_redis import restartable_redis
from tests.support.sentinels import sentinels

#: So much is told of what is wrong in Redis.
_MOST_TOLD = 5
#: Feeds the wave, breaks something, and returns how many times.
Inject = Callable[[World], int]


@dataclass(frozen=True)
class Row:
    """One fault of the suite."""

    name: str
    fault: str
    inject: Inject
    serve: Serve = restartable_redis
    environment: Mapping[str, str] = field(default_factory=dict)
    #: How many it takes, where that is not for whoever runs it to say.
    releases: int = 0


ROWS = (
    Row("kill-one", "kill -9 of a worker at random", kill_one),
    Row("kill-all", "kill -9 of all workers", kill_all),
    Row("die-before-call", "kill -9 before a call", die_before_call),
    Row("die-after-call", "kill -9 after a call, before the record", die_after_call),
    Row("die-after-step", "kill -9 between two steps on one lease", die_after_step),
    Row("die-after-record", "kill -9 after the record, before the message", die_after_record),
    Row("die-after-write", "kill -9 right after a write of the record", die_after_write),
    Row("die-by-name", "kill -9 over requests by name", die_by_name),
    Row("rolling-restart", "SIGTERM rolling restart", rolling_restart),
    Row("redis-restart", "Redis restarted", restart),
    Row("redis-away", "Redis stopped for 30 s", away),
    Row("refuses", "Redis refuses in each way for 2 to 8 s", refuse),
    Row("refuses-idle", "Redis refuses while the workers are idle", refuse_idle),
    Row("sentinel-failover", "Sentinel failover in the middle of a wave", fail_over, sentinels),
    Row("queue-deleted", "the queue deleted", delete_queue),
    Row("twice", "every message delivered twice", every_message_twice),
    Row("cut-after", "cut after commit and submit were applied", cut_after_applied),
    Row("foreign-upload", "somebody else uploads during the privacy scan", foreign_uploads),
    Row("bad-answers", "20 % of answers 5xx, HTML, -1 or too slow", bad_answers),
    Row("outage", "WeChat out: no answer, then -1, to any call", outage, environment=OUTAGE_ENVIRONMENT),
    Row("outage-commit", "60 s of 503 on commit, default waits", no_commits, environment=DEFAULT_WAITS),
    Row("no-errcode", "20 % of answers without an errcode", no_errcode),
    Row("interim", "interim answers before commits and submissions", interim_answers),
    Row("stopped", "SIGSTOP past the lease around each call", stop_around_calls),
    Row("tokens", "all tokens expire at once", expire_tokens),
    Row("long-queue", "200 messages wait while no worker runs", long_queue, releases=LONG_QUEUE_RELEASES),
    Row(
        "quota-reset",
        "a quota comes back to many at once",
        quota_reset,
        environment=RESET_ENVIRONMENT,
        releases=RESET_RELEASES,
    ),
    Row(
        "own-lease",
        "30 copies of a release's message while it is worked on",
        own_lease,
        environment=OWN_LEASE_ENVIRONMENT,
        releases=OWN_LEASE_RELEASES,
    ),
    Row(
        "die-publishing",
        "kill -9 at each point of publish",
        deaths.die_publishing,
        environment=deaths.ENVIRONMENT,
        releases=deaths.RELEASES,
    ),
    Row(
        "die-taking-back",
        "kill -9 at each point of revert",
        deaths.die_taking_back,
        environment=deaths.ENVIRONMENT,
        releases=deaths.RELEASES,
    ),
    Row(
        "cut-publishing",
        "cut after release and revert were applied",
        surprises.cut_after_published,
        releases=surprises.RELEASES,
    ),
    Row(
        "pool",
        "the pool loses a host before the publication",
        surprises.pool_loses_host,
        releases=surprises.RELEASES,
    ),
    Row(
        "foreign-audit",
        "somebody else's version passes before the publication",
        surprises.others_pass,
        releases=surprises.RELEASES,
    ),
    Row(
        "decided-at-once",
        "all audits decided at once",
        surprises.decided_at_once,
        releases=surprises.AT_ONCE,
    ),
    Row("clients", "100 clients enqueue the same release at once", many_clients),
    Row("garbage", "garbage in the queue", garbage),
    Row("closed-pipe", "SIGTERM rolling restart of workers whose log pipe is closed", closed_pipe),
    Row("clock", "a worker's clock an hour ahead", wrong_clock),
)


def run(
    row: Row,
    directory: Path,
    releases: int,
    seed: int,
    command: Sequence[str] = (),
    patience_s: float = PATIENCE_S,
) -> Finding:
    """Run one row in a directory of its own; `command` starts other workers than ours."""
    with world(row.serve, directory, releases, command, row.environment) as running:
        running.chance = Random(seed)
        running.patience_s = patience_s
        injected = row.inject(running)
        injecting = time.monotonic() - running.began
        seconds = running.wait_until_ended()
        if seconds - injecting > 1:
            running.notes.append(f"it took {seconds - injecting:.1f} s from the last injection on")
        running.wait_until_silent()
        dead = running.fleet.bury()
        if dead:
            running.problems.append(f"{dead} workers ended by themselves")
        lost = _lost(running)
        results_missing = running.results_missing()
        if results_missing:
            running.problems.append(f"{results_missing} results are missing")
        running.deliver_what_the_dead_had()
        finding = _found(row, running, injected, seconds)
        return replace(finding, lost=max(lost, finding.lost), results_missing=results_missing)


def _found(row: Row, running: World, injected: int, seconds: float) -> Finding:
    records = running.records()
    return Finding(
        fault=row.fault,
        releases=len(records),
        injected=injected,
        lost=_lost(running),
        submitted_twice=running.submitted_twice(),
        commits_too_many=running.commits_too_many(),
        seconds=seconds,
        notes=[*running.notes, *_outcomes(running)],
        problems=[*running.problems, *_disagreements(running, records), *_left_over(running, injected)],
        is_flooded=running.is_flooded,
        at_once=running.at_once,
        late=running.late,
        wrong_versions=_wrong_versions(running, records),
        published_wrongly=running.published_wrongly(),
    )


def _lost(running: World) -> int:
    return sum(found is None or not _has_ended(running, found) for found in running.records())


def _left_over(running: World, injected: int) -> list[str]:
    """Every fault of the suite passes, so every release has to get where it is to; and something has to have been broken."""
    stopped = sum(found is not None and not _is_there(running, found) for found in running.records())
    seldom = running.published_seldom()
    problems = [f"{stopped} releases did not end as they had to"] if stopped else []
    problems += [f"{seldom} publications and ways back took no effect"] if seldom else []
    return problems if injected else [*problems, "nothing was injected"]


def _is_there(running: World, release: Release) -> bool:
    return release.status is running.ends.get(release.appid, Status.SUBMITTED)


def _has_ended(running: World, release: Release) -> bool:
    """Where it is to be, or standing still with a reason."""
    if _is_there(running, release):
        return release.auditid is not None
    return release.status in AT_REST and (release.block or release.failure) is not None


def _outcomes(running: World) -> list[str]:
    """How the releases ended that are not where they were to be, or how far they got."""
    reasons = Counter(
        _outcome(found) for found in running.records() if found is None or not _is_there(running, found)
    )
    return [f"{number} x {reason}" for reason, number in reasons.most_common()]


def _outcome(release: Release | None) -> str:
    if release is None:
        return "no record"
    why = release.block or release.failure or release.wait
    return f"{release.status} at {release.step}" + (f": {_without_rid(why.errmsg)}" if why else "")


def _without_rid(errmsg: str) -> str:
    return errmsg.partition(" rid: ")[0]


def _disagreements(running: World, records: list[Release | None]) -> list[str]:
    """Where our records and WeChat do not say the same."""
    at_wechat = running.audits()
    submitted = [found for found in records if found is not None and found.auditid is not None]
    strange = [
        found.id
        for found in submitted
        if [audit["auditid"] for audit in at_wechat[found.appid]] != [found.auditid]
    ]
    audits = sum(map(len, at_wechat.values()))
    problems = [f"{len(strange)} audit ids are not those of WeChat"] if strange else []
    wrong = _wrong_versions(running, records)
    problems += [f"{wrong} audits are of another version than the record says"] if wrong else []
    with running.platform.redis() as client:
        problems += broken(Look.at(client))[:_MOST_TOLD]
    if audits != len(submitted):
        problems.append(f"WeChat has {audits} audits, our records know {len(submitted)}")
    return problems


def _wrong_versions(running: World, records: list[Release | None]) -> int:
    """How many releases have an audit at WeChat that is not of their version."""
    audits = running.audits()
    return sum(
        any(audit["user_version"] != found.user_version for audit in audits[found.appid])
        for found in records
        if found is not None
    )
