"""What the answers are made of, for the OpenAPI document. The answers themselves are what `public()` of each thing returns."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from releases.doors import MAX_REASON
from releases.request import Time
from releases.scope import Scope
from releases.second_half import ReviewStatus
from releases.states import Status, Step
from releases.waves.standing import State


def _said(what: str, **more: Any) -> Any:
    return Field(description=what, **more)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


DomainLists = dict[str, list[str]]


class Stop(_Answer):
    """Why a release stands still."""

    step: Annotated[Step, _said("The step that stopped, or waits.")]
    errcode: Annotated[int | None, _said("WeChat's errcode; null where it gave none.")]
    errmsg: Annotated[str, _said("What WeChat said, or what happened.")]
    rid: Annotated[str | None, _said("WeChat's id of the call, for its support.")]
    domains: Annotated[DomainLists, _said("The domains that are missing, by list.")]
    remedy: Annotated[str, _said("What to do.")]


class HistoryEvent(_Answer):
    """Something that happened to a release."""

    time: Annotated[datetime, _said("When, in UTC.")]
    step: Annotated[Step | None, _said("The step it was at; null before the first.")]
    what: Annotated[str, _said("What happened.")]
    by: Annotated[
        str | None,
        _said("Who asked for it: key:NAME, cli:NAME or celery:NAME; null for a worker by itself."),
    ]
    reason: Annotated[str | None, _said("Why, as far as they said.")]


class ReviewRecord(_Answer):
    """What became of a release's audit."""

    status: Annotated[ReviewStatus, _said("How it stands.")]
    reason: Annotated[str | None, _said("Why it was rejected or is delayed: plain text, with line breaks.")]
    screenshots: Annotated[list[str], _said("Media ids of the pictures that the reason refers to.")]
    submitted_at: Annotated[datetime | None, _said("When it was submitted, by WeChat.")]
    decided_at: Annotated[datetime | None, _said("When it was first seen to be decided.")]
    checked_at: Annotated[datetime | None, _said("When it was read last.")]


class PublicationRecord(_Answer):
    """That a release was ordered to go live, and how far that got."""

    ordered_at: Annotated[datetime, _said("When it was ordered.")]
    ordered_by: Annotated[
        str | None, _said("Who ordered it: key:NAME, cli:NAME or celery:NAME; null: its request.")
    ]
    released_at: Annotated[datetime | None, _said("When WeChat published it.")]
    verified_at: Annotated[datetime | None, _said("When it was seen to be live, with all its domains.")]
    missing_domains: Annotated[
        DomainLists | None, _said("Domains that WeChat dropped, by list; null: nobody has looked yet.")
    ]


class ReleaseRecord(_Answer):
    """One version to one Mini Program, and how far it got."""

    id: Annotated[str, _said("The release's id.")]
    appid: Annotated[str, _said("The Mini Program.")]
    template_id: Annotated[int, _said("The template, of the platform's library.")]
    user_version: Annotated[str, _said("The version.")]
    user_desc: Annotated[str, _said("What changed.")]
    ext: Annotated[dict[str, Any], _said("The object that becomes ext_json.")]
    audit: Annotated[dict[str, Any], _said("The optional fields of submit_audit.")]
    wave: Annotated[str | None, _said("The wave it belongs to.")]
    domains: Annotated[DomainLists | None, _said("Its own lists of domains; null: the platform's.")]
    step: Annotated[Step, _said("The step it is at.")]
    status: Annotated[Status, _said("How it stands.")]
    attempts: Annotated[dict[str, int], _said("Attempts of each step.")]
    auditid: Annotated[
        int | None, _said("WeChat's id of the audit, a 64-bit number; null before it is submitted.")
    ]
    block: Annotated[Stop | None, _said("Why it is blocked.")]
    failure: Annotated[Stop | None, _said("Why it failed.")]
    wait: Annotated[Stop | None, _said("What it waits for.")]
    publish: Annotated[
        str, _said("`auto`: published as soon as the audit has passed; `manual`: when ordered.")
    ]
    review: Annotated[ReviewRecord | None, _said("What became of its audit; null before the submission.")]
    publication: Annotated[PublicationRecord | None, _said("Its publication; null: none was ordered.")]
    urgent: Annotated[bool, _said("Whether it goes before those that are not.")]
    label: Annotated[str | None, _said("The merchant's name.")]
    next_attempt_at: Annotated[datetime | None, _said("When a waiting one goes on by itself.")]
    created_at: Annotated[datetime, _said("When it was enqueued.")]
    updated_at: Annotated[datetime, _said("When its record changed last.")]
    history: Annotated[list[HistoryEvent], _said("What happened to it, oldest first; the newest events.")]


class Started(_Answer):
    """What became of a request."""

    release_id: Annotated[str, _said("The release of this request.")]
    created: Annotated[bool, _said("False for a repetition: the release had been there.")]
    release: Annotated[ReleaseRecord, _said("Its record.")]


class ReleasePage(_Answer):
    """Some releases, newest first."""

    releases: Annotated[
        list[ReleaseRecord], _said("At most `limit`; fewer does not mean that there are no more.")
    ]
    next: Annotated[str | None, _said("The cursor of the next page; null after the last one.")]


class Enqueued(_Answer):
    """The release of one request of a wave."""

    release_id: Annotated[str, _said("The release of this request.")]
    created: Annotated[bool, _said("False where the release had been there.")]


class StartedWave(_Answer):
    """What became of the requests of a wave."""

    wave: Annotated[str, _said("The wave's name.")]
    releases: Annotated[list[Enqueued], _said("In the order of the requests.")]


class Cause(_Answer):
    """Why releases stand still, and how many do for it."""

    status: Annotated[Status, _said("How they stand.")]
    step: Annotated[Step, _said("The step that stopped.")]
    errcode: Annotated[int | None, _said("WeChat's errcode; null where it gave none.")]
    errmsg: Annotated[str, _said("What WeChat said; `APPID` in it is that of each.")]
    domains: Annotated[DomainLists, _said("The domains that are missing, by list.")]
    remedy: Annotated[str, _said("What to do.")]
    releases: Annotated[int, _said("How many.")]
    next_attempt_at: Annotated[datetime | None, _said("When the first of them goes on by itself.")]


class Halt(_Answer):
    """What the wave's own pause says."""

    why: Annotated[str, _said("Why the wave was stopped, or what it waits for.")]
    remedy: Annotated[str, _said("What to do.")]


class QuotaFit(_Answer):
    """How the wave fits into the provider's audit quota."""

    rest: Annotated[int, _said("Submissions left.")]
    limit: Annotated[int, _said("Submissions of the whole quota.")]
    reserved_by_others: Annotated[int, _said("What others on their way will take.")]
    needed: Annotated[int, _said("What this wave will take.")]
    will_not_fit: Annotated[int, _said("How many have to wait for the next quota.")]
    asked_s_ago: Annotated[int, _said("Seconds since WeChat was asked.")]


class WavePublication(_Answer):
    """How those of a wave stand that were ordered to go live."""

    state: Annotated[State, _said("How they stand, in a word.")]
    ordered: Annotated[int, _said("How many were ordered.")]
    counts: Annotated[dict[Status, int], _said("Ordered releases in each status.")]
    canary: Annotated[int, _said("How many were to go first.")]
    max_blocked: Annotated[float | None, _said("Over so many per cent blocked or failed they stop.")]
    reason: Annotated[str | None, _said("What holds them back.")]


class WaveSummary(_Answer):
    """How a wave stands."""

    wave: Annotated[str, _said("Its name.")]
    state: Annotated[State, _said("How it stands, in a word.")]
    reason: Annotated[str | None, _said("What holds it back.")]
    total: Annotated[int, _said("How many releases it has.")]
    counts: Annotated[dict[Status, int], _said("Releases in each status.")]
    per_minute: Annotated[float, _said("Releases that came to rest, a minute.")]
    estimated_end: Annotated[datetime | None, _said("When it is done; null while nobody can know.")]
    overdue: Annotated[int, _said("Releases that are due and nobody takes.")]
    workers_answer: Annotated[bool | None, _said("Whether a worker answers; null where nobody was asked.")]
    held_back: Annotated[int, _said("Releases that the wave's own pause holds.")]
    stopped: Annotated[Halt | None, _said("The wave's own pause: a canary, or a brake.")]
    canary: Annotated[int, _said("How many ran alone first.")]
    max_blocked: Annotated[float | None, _said("Over so many per cent blocked or failed it stops.")]
    audit_quota: Annotated[
        QuotaFit | None, _said("How it fits into the quota; null where that is not known.")
    ]
    publication: Annotated[
        WavePublication | None, _said("How its publications stand; null where none was ordered.")
    ]


class WaveRecord(WaveSummary):
    """How a wave stands, and why releases of it stand still."""

    causes: Annotated[list[Cause], _said("Each cause once, the most frequent first.")]


class ListedWave(WaveSummary):
    """How a wave stands, in a list."""

    began_at: Annotated[datetime, _said("When its first release was enqueued.")]


class WavePage(_Answer):
    """Some waves, newest first."""

    waves: Annotated[list[ListedWave], _said("At most `limit`.")]
    next: Annotated[str | None, _said("The cursor of the next page; null after the last one.")]


class PauseRecord(_Answer):
    """A pause of the platform."""

    scope: Annotated[Scope, _said("What waits: everything, or submissions alone.")]
    errcode: Annotated[int | None, _said("WeChat's errcode that it began with; null where there is none.")]
    errmsg: Annotated[str, _said("What happened.")]
    remedy: Annotated[str, _said("What ends it.")]
    by: Annotated[str | None, _said("Who began it; null for a worker.")]
    reason: Annotated[str | None, _said("Why, as far as they said.")]
    until: Annotated[datetime | None, _said("When it ends by itself; null if somebody has to end it.")]


class Quota(_Answer):
    """The provider's audit quota."""

    rest: Annotated[int, _said("Submissions left.")]
    limit: Annotated[int, _said("Submissions of the whole quota.")]
    reserved: Annotated[int, _said("What releases on their way will take.")]
    asked_s_ago: Annotated[int, _said("Seconds since WeChat was asked.")]


class PoolRecord(_Answer):
    """The platform's pool of server domains or of business domains, as a worker read it last."""

    hosts: Annotated[list[str], _said("The registered hosts.")]
    missing: Annotated[list[str], _said("Hosts that the settings want and that are not registered.")]


class PlatformRecord(_Answer):
    """How the platform stands."""

    pauses: Annotated[list[PauseRecord], _said("The pauses that are on.")]
    audit_quota: Annotated[Quota | None, _said("Null where nobody has asked WeChat for a day.")]
    ticket_age_s: Annotated[
        int | None, _said("Seconds since the newest ticket came; null where there is none.")
    ]
    pool: Annotated[PoolRecord | None, _said("Null where nobody has read it for ten minutes.")]
    web_view_pool: Annotated[
        PoolRecord | None,
        _said("Of business (web-view) domains; null where nobody has read it for ten minutes."),
    ]
    workers: Annotated[int | None, _said("How many workers answer; null where that is not known.")]


class Health(_Answer):
    """That the service works."""

    status: Annotated[str, _said("`ok`: Redis answers.")]


class Conflict(_Answer):
    """One request of a wave that contradicts a release which is there."""

    index: Annotated[int, _said("Its position among the requests, from 0.")]
    active_id: Annotated[str, _said("The release that is there.")]
    problem: Annotated[str, _said("What contradicts it.")]


class ProblemDetails(BaseModel):
    """What is wrong, and what would be right (RFC 9457)."""

    type: Annotated[str, _said("Always about:blank: the status says which kind.")] = "about:blank"
    title: Annotated[str, _said("The status in words.")]
    status: Annotated[int, _said("The HTTP status.")]
    detail: Annotated[str, _said("For people: what is wrong, and what to do.")]
    field: Annotated[str | None, _said("The field that is wrong.")] = None
    problem: Annotated[str | None, _said("What is wrong with it, or what is in the way.")] = None
    active_id: Annotated[str | None, _said("The release that is in the way.")] = None
    conflicts: Annotated[
        list[Conflict] | None, _said("Of a wave: each request that is in conflict, 20 at most.")
    ] = None


class Ordered(_Answer):
    """An order that was taken, or had been before."""

    release_id: Annotated[str, _said("The release.")]
    publication_id: Annotated[
        str | None, _said("The Celery result that says how it ended; null where nothing was ever published.")
    ]


class OrderedWave(_Answer):
    """The orders of a wave."""

    wave: Annotated[str, _said("The wave's name.")]
    releases: Annotated[list[Ordered], _said("Each release that is ordered, now or before.")]


class PlannedPublication(_Answer):
    """What an order would do with one release."""

    release_id: Annotated[str, _said("The release.")]
    appid: Annotated[str, _said("The Mini Program.")]
    user_version: Annotated[str, _said("The version.")]
    status: Annotated[Status, _said("How it stands.")]
    goes_live: Annotated[bool, _said("Whether it would be published, as far as its record says.")]
    obstacles: Annotated[list[str], _said("What stands in the way.")]
    unknown: Annotated[list[str], _said("What nobody knows before WeChat is asked.")]


class PublicationPlanPage(_Answer):
    """What an order would do with some releases of a wave, newest first."""

    wave: Annotated[str, _said("The wave's name.")]
    approved: Annotated[
        int, _said("How many of the whole wave are approved, those included that are being published.")
    ]
    releases: Annotated[list[PlannedPublication], _said("At most `limit`.")]
    next: Annotated[str | None, _said("The cursor of the next page; null after the last one.")]


class Reason(_Answer):
    """Why something is done."""

    reason: Annotated[str | None, _said("Why; the history keeps it. One line.", max_length=MAX_REASON)] = None


class PauseOrder(Reason):
    """What is to wait, and why."""

    submissions: Annotated[bool, _said("True: only submissions wait, domains and commits go on.")] = False


class PublishOrder(Reason):
    """When it is to go live, and why."""

    at: Annotated[
        Time | None, _said("Not before this time, which has an offset; null: as soon as it may.")
    ] = None


class PublishWaveOrder(PublishOrder):
    """How many first, when to stop, when to begin, and why."""

    canary: Annotated[
        StrictInt | None, _said("So many are published first; the rest waits for resume.", ge=1, le=10_000)
    ] = None
    max_blocked: Annotated[
        float | None,
        _said("Stop when over so many per cent end blocked or failed.", ge=0, le=100, strict=True),
    ] = None
