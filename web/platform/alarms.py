"""What on the platform needs a person, the gravest first: each is a sentence, and what to do.

The numbers from which on they are told are those of config/prometheus/alerts.yml and of `mprelease doctor`. The texts are
marked here for the catalog and translated where they are shown; what somebody else chose is no part of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from releases.scope import Scope
from releases.states import Status, Step
from releases.store.pauses import Pause
from releases.store.schema import NEWEST
from web.page.addresses import to
from web.page.words import N_
from web.platform.standing import Fleet, Standing
from wechat.tokens.store import ENDING_TICKET_S, OLD_TICKET_S

_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3600, 60
#: An audit that is open, and an approval that nobody uses, for longer; in seconds.
OPEN_LONG_S, APPROVED_LONG_S = 7 * _DAY_S, 3 * _DAY_S
#: What the webhook, the next message of a queue or a look at an audit waits for longer, in seconds.
WEBHOOK_LATE_S, QUEUE_SLOW_S, LOOKS_LATE_S = 15 * 60, _HOUR_S, 2 * _HOUR_S

_TICKET_REMEDY = N_(
    "See that the receiver of WeChat's pushes and the proxy before it are well, and have WeChat push again; or store the newest "
    "ticket by hand."
)
_TICKET_COMMANDS = ("mprelease ticket --push", "mprelease ticket")
_PAUSED = {
    Scope.ALL: N_("The platform is paused: no release goes on."),
    Scope.SUBMISSIONS: N_("Submissions are paused: no release is submitted for audit."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """`said` is for the `%(name)s` of both texts, `quoted` as somebody else wrote it; `link` leads to more of it.

    A pause, which is of a scope, says itself why and what to do.
    """

    name: str
    text: str
    remedy: str = ""
    said: Mapping[str, object] = field(default_factory=dict)
    quoted: Sequence[str] = ()
    commands: Sequence[str] = ()
    link: str = ""
    is_grave: bool = False
    pause: Pause | None = None
    scope: Scope | None = None


def alarms(it: Standing) -> list[Alarm]:
    """All of them; none on a platform that is well."""
    found = [*_of_reach(it), *_of_secrets(it), *_of_work(it), *_of_audits(it)]
    return sorted(found, key=lambda alarm: not alarm.is_grave)


def _of_reach(it: Standing) -> Iterator[Alarm]:
    """What stops all releases."""
    if it.schema > NEWEST:
        yield Alarm(
            name="schema",
            text=N_(
                "A newer version is at work on this Redis: it has schema %(found)d, and this page knows %(ours)d."
            ),
            remedy=N_("Install the version of the other processes here, then start this page again."),
            said={"found": it.schema, "ours": NEWEST},
            is_grave=True,
        )
    for scope, pause in it.brief.pauses.items():
        yield Alarm(name=f"paused-{scope}", text=_PAUSED[scope], pause=pause, scope=scope, is_grave=True)
    if not it.borrowed:
        yield from _of_ticket(it.brief.ticket_age_s)
    if it.fleet is not None:
        yield from _of_workers(it.fleet)


def _of_ticket(age_s: float | None) -> Iterator[Alarm]:
    if age_s is None:
        yield Alarm(
            name="ticket-none",
            text=N_("There is no component_verify_ticket that is younger than 12 hours: no release goes on."),
            remedy=_TICKET_REMEDY,
            commands=_TICKET_COMMANDS,
            is_grave=True,
        )
    elif age_s > OLD_TICKET_S:
        yield Alarm(
            name="ticket-old",
            text=N_(
                "The newest component_verify_ticket is %(minutes)d minutes old. WeChat pushes one every 10 minutes, and each is "
                "good for 12 hours."
            ),
            remedy=_TICKET_REMEDY,
            said={"minutes": age_s // _MINUTE_S},
            commands=_TICKET_COMMANDS,
            is_grave=age_s >= ENDING_TICKET_S,
        )


def _of_workers(fleet: Fleet) -> Iterator[Alarm]:
    if not fleet.answers:
        yield Alarm(
            name="no-worker",
            text=N_("No worker answers: nothing goes on."),
            remedy=N_("Start one, and read the log of the one that ended."),
            commands=["mprelease worker"],
            is_grave=True,
        )
    if fleet.old:
        yield Alarm(
            name="workers-old",
            text=N_("Workers of an older version look for releases where none are: %(number)d."),
            remedy=N_("Stop them, and start them in the version of the others."),
            said={"number": len(fleet.old)},
            quoted=fleet.old,
            is_grave=True,
        )
    if fleet.stuck:
        yield Alarm(
            name="workers-stuck",
            text=N_("Workers that answer and take no messages: %(number)d."),
            remedy=N_("Restart them."),
            said={"number": len(fleet.stuck)},
            quoted=[f"{name}: {problem}" for name, problem in fleet.stuck.items()],
            is_grave=True,
        )
    if fleet.disagreements:
        yield Alarm(
            name="workers-differ",
            text=N_(
                "Workers do not have the same settings, so it depends on chance what becomes of a release."
            ),
            remedy=N_("Set the right value for all of them, then restart those that had another one."),
            quoted=list(fleet.disagreements),
            link="#workers",
        )


def _of_secrets(it: Standing) -> Iterator[Alarm]:
    counts = it.secrets
    if counts is None:
        return
    if counts.unreadable:
        yield Alarm(
            name="secrets-unreadable",
            text=N_(
                "Stored tickets and tokens that no encryption key of a worker opens: %(number)d of %(total)d."
            ),
            remedy=N_(
                "Give all processes the key that sealed them. Where it is lost, this command names them."
            ),
            said={"number": counts.unreadable, "total": counts.total},
            commands=["mprelease rekey"],
            is_grave=True,
        )
    if counts.plain:
        yield Alarm(
            name="secrets-plain",
            text=N_(
                "Tickets and tokens that lie in plain text in Redis, in its file and in backups: %(number)d of %(total)d."
            ),
            remedy=N_("Set an encryption key for all processes, then seal what is stored."),
            said={"number": counts.plain, "total": counts.total},
            commands=["mprelease doctor", "mprelease rekey"],
        )
    elif counts.outdated:
        yield Alarm(
            name="secrets-outdated",
            text=N_(
                "Stored tickets and tokens that are not sealed with the first key: %(number)d of %(total)d."
            ),
            remedy=N_("Seal them anew before the older key is taken away."),
            said={"number": counts.outdated, "total": counts.total},
            commands=["mprelease rekey"],
        )


def _of_work(it: Standing) -> Iterator[Alarm]:
    if it.aside:
        yield Alarm(
            name="set-aside",
            text=N_("Messages of the queue that no worker could run: %(number)d."),
            remedy=N_(
                "Find out who sent them. Then put them back, when all workers are of the version that knows them, or forget them."
            ),
            said={"number": it.aside},
            commands=["mprelease set-aside requeue", "mprelease set-aside clear"],
            link="#aside",
        )
    yield from _of_webhook(it)
    queue, waited_s = max(it.figures.waited_s.items(), key=lambda one: one[1], default=("", 0.0))
    if waited_s > QUEUE_SLOW_S:
        yield Alarm(
            name="queue-slow",
            text=N_("The next message of the queue %(queue)s has waited for %(minutes)d minutes."),
            remedy=N_("Add workers, or see what makes WeChat slow."),
            said={"queue": queue, "minutes": waited_s // _MINUTE_S},
        )
    for name, pool, option in (
        ("pool", it.brief.pool, ""),
        ("web-view-pool", it.brief.web_view_pool, " --web-view"),
    ):
        if pool.missing:
            yield Alarm(
                name=name,
                text=N_("The settings want domains that are not registered on the platform."),
                remedy=N_("Register them; until then releases with these domains are blocked."),
                quoted=pool.missing,
                commands=[f"mprelease platform domains add{option}"],
            )


def _of_webhook(it: Standing) -> Iterator[Alarm]:
    webhook = it.figures.webhook
    remedy = N_("Mend the endpoint, then have everything tried again. Releases go on without it.")
    commands = ("mprelease webhooks list", "mprelease webhooks retry")
    if not webhook.is_on:
        return
    if webhook.failures or webhook.gone:
        yield Alarm(
            name="webhook-failing",
            text=N_(
                "The last delivery to the webhook failed, and programs have not been told of %(number)d changes."
            ),
            remedy=remedy,
            said={"number": webhook.undelivered},
            quoted=[webhook.error],
            commands=commands,
        )
    elif webhook.waited_s > WEBHOOK_LATE_S:
        yield Alarm(
            name="webhook-late",
            text=N_("The webhook has not told programs yet of what changed %(minutes)d minutes ago."),
            remedy=remedy,
            said={"minutes": webhook.waited_s // _MINUTE_S},
            commands=commands,
        )


def _of_audits(it: Standing) -> Iterator[Alarm]:
    figures, quota = it.figures, it.brief.quota
    broken = figures.publications[Step.VERIFY_LIVE, Status.BLOCKED]
    if broken:
        yield Alarm(
            name="live-broken",
            text=N_(
                "Releases that are live and not as they should be: %(number)d. Their shops may be broken."
            ),
            remedy=N_(
                "Open each: it says what is missing. Register it and resume the release, or take the release back."
            ),
            said={"number": broken},
            link=to("/releases", status=Status.BLOCKED),
            is_grave=True,
        )
    if quota is not None and quota.is_low:
        yield Alarm(
            name="quota-low",
            text=N_(
                "Of the month's %(limit)d submissions %(rest)d are left, and releases on their way take %(reserved)d."
            ),
            remedy=N_("Ask WeChat for more before the next wave: what is over the quota waits (85085)."),
            said={"limit": quota.limit, "rest": quota.rest, "reserved": quota.reserved},
        )
    if figures.looks_late_s > LOOKS_LATE_S and it.fleet is not None and it.fleet.answers:
        yield Alarm(
            name="looks-late",
            text=N_("Workers answer, and none has looked at an audit that was due %(hours)d hours ago."),
            remedy=N_(
                "Audits are looked at while the queue is empty: add workers if it never is. Else read a worker's log."
            ),
            said={"hours": figures.looks_late_s // _HOUR_S},
            commands=["mprelease audits --ask"],
        )
    yield from _of_waiting(figures.oldest_s)


def _of_waiting(oldest_s: Mapping[Status, float]) -> Iterator[Alarm]:
    if oldest_s[Status.SUBMITTED] > OPEN_LONG_S:
        yield Alarm(
            name="audit-long",
            text=N_("An audit has been open for %(days)d days."),
            remedy=N_("Have it sped up, or ask WeChat's support."),
            said={"days": oldest_s[Status.SUBMITTED] // _DAY_S},
            link=to("/releases", status=Status.SUBMITTED),
        )
    if oldest_s[Status.APPROVED] > APPROVED_LONG_S:
        yield Alarm(
            name="approved-long",
            text=N_("A release passed its audit %(days)d days ago, and nobody has published it."),
            remedy=N_("Publish it, or cancel it: until then newer releases of its Mini Program wait."),
            said={"days": oldest_s[Status.APPROVED] // _DAY_S},
            link=to("/releases", status=Status.APPROVED),
        )
