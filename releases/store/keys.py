"""The Redis keys of the releases. The database is ours alone, so there is no prefix.

Records: `release:ID` is a hash of `document` (JSON), `revision` (counts the writes), `fence` (the number of the newest
lease under which it was worked on), `wave`, `urgent`, and `place` (the index in which it stands while it goes on).
"""

from __future__ import annotations

from releases.states import Status

#: Not `releases`: that is the queue.
ALL = "releases:all"
#: Gone with the records, and never without them.
MARK = "releases:mark"
#: The number of the layout that these keys make, see `releases.store.schema`; and who changes it now.
SCHEMA = "releases:schema"
SCHEMA_LOCK = "releases:schema-lock"
#: Waves that may have to be braked, or go on after their canary.
WATCHED_WAVES = "waves:watched"
#: Waves of which something has been published, or is being, lately.
PUBLISHED_WAVES = "waves:published"
#: Held by the worker that looks at the waves now.
WAVES_LOOKING = "waves:looking"
#: Calls to WeChat by endpoint and errcode, and their times: a hash of counters for monitors.
WECHAT_CALLS = "releases:wechat-calls"
#: Items of the queue that were no messages of ours, newest first.
SET_ASIDE = "releases:set-aside"
#: Who ordered what, scored by when: see `releases.store.actions`.
ACTIONS = "releases:actions"
#: The hosts that are registered on the platform, as read last.
POOL = "platform:pool"
#: The same of business domains.
JUMP_POOL = "platform:jump-pool"
#: The ids of the platform's template library, as read last.
TEMPLATES = "platform:templates"
#: What WeChat answered the first release with domains of which only a domain above is registered; and who asks now.
POOL_ANSWER = "platform:pool-answer"
POOL_ASKING = "platform:pool-asking"
#: The provider's audit quota as WeChat told it last, and whether it has been asked for lately.
AUDIT_QUOTA = "platform:audit-quota"
AUDIT_QUOTA_ASKED = "platform:audit-quota-asked"
#: When the last look at an audit counts as taken, in seconds: see take_due.lua.
LOOKS_PACE = "releases:looks-pace"
LAST_LEASE = "releases:last-lease"
#: How many releases stand blocked or failed for each cause: see `Release.cause`.
STOPPED = "releases:stopped"
#: How many releases wait behind an older one (`behind`), and stand how at a step of the second half (`STEP STATUS`).
STANDING = "releases:standing"
#: Releases and waves of whose state the webhook has not been told, scored by when they changed, or by when they are tried
#: again. It is there while somebody sends them, or has lately: then the records' scripts add to it, see `outbox`.
CHANGED = "releases:changed"
#: Those of which a delivery failed, scored by when they changed.
CHANGED_LATE = "releases:changed-late"
#: The webhook's endpoint: how the last deliveries to it ended, and when it is tried again.
WEBHOOK = "releases:webhook"
#: How many deliveries ended how, for monitors; and who sends now.
WEBHOOK_DELIVERIES = "releases:webhook-deliveries"
WEBHOOK_SENDER = "releases:webhook-sender"
#: Releases that are live and not as they should be, scored by when that was found, in seconds.
BROKEN = "releases:broken"
#: What people have been told by notices, by channel, and the waves that are followed; who tells now; and how many messages
#: ended how, for monitors.
NOTICES = "releases:notices"
NOTICES_TELLER = "releases:notices-teller"
NOTICES_SENT = "releases:notices-sent"


def record(release_id: str) -> str:
    """The record itself; without an id, what its key begins with."""
    return f"release:{release_id}"


def by_status(status: Status) -> str:
    """Ids by status, scored by creation."""
    return f"releases:status:{status}"


def since(status: Status) -> str:
    """Ids of those under audit, by the time of the submission, and of those approved or rejected, by that of the verdict; in seconds."""
    return f"releases:since:{status}"


def by_appid(appid: str) -> str:
    """Ids of one Mini Program, scored by creation."""
    return f"releases:appid:{appid}"


def by_wave(wave: str) -> str:
    """Ids of one wave, scored by creation."""
    return f"releases:wave:{wave}"


def wave_counts(wave: str) -> str:
    """How many releases of a wave are in each status, were worked on, and wait for what: a WaveTally.

    And the wave's `revision`, which counts its changes while a webhook is told of them.
    """
    return f"releases:wave-counts:{wave}"


def publication_counts(wave: str) -> str:
    """How many releases of a wave that were ordered to go live are in each status, and wait for what: a WaveTally.

    `broken`: how many of the blocked ones are in the shop already, and not as they should be.
    """
    return f"releases:publication-counts:{wave}"


def wave_ends(wave: str) -> str:
    """How many releases of a wave came to rest in each minute since the epoch; `last`: the second in which one did."""
    return f"releases:wave-ends:{wave}"


def wave_policy(wave: str) -> str:
    """Canary and brake of a wave."""
    return f"wave:{wave}"


def publication_policy(wave: str) -> str:
    """Canary and brake of its publications."""
    return f"wave-live:{wave}"


def mini_program(appid: str) -> str:
    """What its releases are to it, and the newest release of each version that was not cancelled.

    `active`: the one on its way to the audit; `ahead`: the one under audit, approved or on its way to the shop, which a
    newer one must not destroy; `live`: the one in the shop.
    """
    return f"mini-program:{appid}"


def lease(appid: str) -> str:
    """The lease under which a step works on a Mini Program: the lease's number, expiring."""
    return f"lease:{appid}"


def pause(scope: str) -> str:
    """Why the platform, or a wave, is paused: a Pause."""
    return f"platform:pause:{scope}"


def held(scope: str) -> str:
    """The releases that wait for the end of that pause, scored by creation."""
    return f"releases:held-by:{scope}"


def due(lane: str) -> str:
    """The releases of a lane, scored by the time in seconds at which somebody has to look at them."""
    return f"releases:due:{lane}"


def sent(*, urgent: bool) -> str:
    """The releases whose message is in the queue, or is about to be, scored by the time at which it was sent."""
    return "releases:sent:urgent" if urgent else "releases:sent"
