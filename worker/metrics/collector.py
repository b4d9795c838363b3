"""The metrics, by name: what Prometheus reads. docs/monitoring.md, board and alerts are held against them by tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import redis
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from releases.figures import Figures
from releases.notices.memory import RESULTS as NOTICE_RESULTS
from releases.notices.robots import ROBOTS
from releases.store.outbox import Standing
from releases.waves.audit_quota import Quota
from releases.webhooks.endpoint import RESULTS
from wechat.push.inbox import PushCounts
from wechat.push.kinds import ALL
from wechat.push.refusals import REASONS
from worker.metrics.calls import BOUNDS_S, Calls

#: (labels, value)
Samples = Iterable[tuple[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True)
class Seen:
    """All that stands in Redis. `ticket_age_s`: None where there is no ticket."""

    figures: Figures
    calls: Calls
    set_aside: int
    ticket_age_s: float | None
    pushes: PushCounts
    notices: Mapping[tuple[str, str], int]


@dataclass(frozen=True, kw_only=True)
class PlatformCollector(Collector):
    """Reads Redis at each scrape. Safe to use from many threads."""

    read: Callable[[], Seen]
    workers: Callable[[], int | None]

    def collect(self) -> Iterator[Metric]:
        """All metrics; without Redis only that it is away, and what is known without it."""
        workers = self.workers()
        if workers is not None:
            yield _gauge("workers", "Workers that answer.", workers)
        try:
            seen = self.read()
        except redis.RedisError:
            yield _gauge("redis_up", "1 if Redis answers.", 0)
            return
        yield _gauge("redis_up", "1 if Redis answers.", 1)
        yield from _of_figures(seen.figures)
        yield from _of_quota(seen.figures.audit_quota)
        yield from _of_webhook(seen.figures.webhook)
        yield _of_notices(seen.notices)
        yield _gauge("messages_set_aside", "Messages that were none of ours, set aside.", seen.set_aside)
        yield from _of_calls(seen.calls)
        yield from _of_pushes(seen.ticket_age_s, seen.pushes)


def _of_figures(figures: Figures) -> Iterator[Metric]:
    yield _gauges("releases", "Releases by status.", ("status",), _by_name(figures.by_status))
    yield _gauges(
        "releases_stopped",
        "Blocked and failed releases by step and errcode; `none` where WeChat gave none.",
        ("status", "step", "errcode"),
        (
            ((why.status, why.step, "none" if why.errcode is None else str(why.errcode)), number)
            for why, number in figures.stopped.items()
        ),
    )
    yield _gauge("releases_parked", "Releases that wait until a time.", figures.parked)
    yield _gauge("releases_unfed", "Releases whose first message is still to be sent.", figures.unfed)
    yield _gauge(
        "releases_behind", "Releases that wait for an older one of their Mini Program.", figures.behind
    )
    yield _gauges(
        "releases_held",
        "Releases held by a pause; `canary` and `brake` are all waves' own.",
        ("scope",),
        _by_name(figures.held),
    )
    yield _gauge("waves_braked", "Waves that are stopped until a person acts.", figures.waves_braked)
    yield from _of_second_half(figures)
    yield _gauges("platform_paused", "1 while the platform is paused.", ("scope",), _by_name(figures.paused))
    yield _gauges("queue_messages", "Messages in a queue.", ("queue",), _by_name(figures.messages))
    yield _gauge(
        "queue_unacknowledged", "Messages that workers have taken and not finished.", figures.unacknowledged
    )
    yield _gauges(
        "queue_oldest_seconds",
        "How long a queue's next message has waited.",
        ("queue",),
        _by_name(figures.waited_s),
    )


def _of_second_half(figures: Figures) -> Iterator[Metric]:
    yield _gauges(
        "releases_oldest_seconds",
        "How long the longest has been under audit, or approved.",
        ("status",),
        _by_name(figures.oldest_s),
    )
    yield _gauge(
        "looks_late_seconds",
        "For how long the look at an audit is due that is due first.",
        figures.looks_late_s,
    )
    yield _gauges(
        "publications",
        "Releases on their way to the shop or back, by step and status; blocked at verify_live: live and broken.",
        ("step", "status"),
        (((step, status), number) for (step, status), number in figures.publications.items()),
    )


def _of_calls(calls: Calls) -> Iterator[Metric]:
    counter = CounterMetricFamily(
        "mprelease_wechat_calls",
        "Calls to WeChat by endpoint and errcode; 0 is a success.",
        labels=("endpoint", "errcode"),
    )
    for labels, number in sorted(calls.outcomes.items()):
        counter.add_metric(labels, number)
    yield counter
    histogram = HistogramMetricFamily(
        "mprelease_wechat_call_seconds", "How long calls to WeChat took, by endpoint.", labels=("endpoint",)
    )
    bounds = [*map(str, BOUNDS_S), "+Inf"]
    for endpoint, latency in sorted(calls.latencies.items()):
        cumulative = list(zip(bounds, accumulate(latency.buckets), strict=True))
        histogram.add_metric((endpoint,), cumulative, latency.ms / 1000)
    yield histogram


def _of_webhook(webhook: Standing) -> Iterator[Metric]:
    yield _gauge(
        "webhook_undelivered", "Releases and waves whose state waits for delivery.", webhook.undelivered
    )
    yield _gauge("webhook_oldest_seconds", "How long the oldest of them has waited.", webhook.waited_s)
    counter = CounterMetricFamily(
        "mprelease_webhook_deliveries", "Deliveries by how they ended.", labels=("result",)
    )
    for result in RESULTS:
        counter.add_metric((result,), webhook.deliveries.get(result, 0))
    yield counter


def _of_notices(sent: Mapping[tuple[str, str], int]) -> Metric:
    counter = CounterMetricFamily(
        "mprelease_notices", "Messages to people by channel and how they ended.", labels=("channel", "result")
    )
    for robot in ROBOTS:
        for result in NOTICE_RESULTS:
            counter.add_metric((robot.channel, result), sent.get((robot.channel, result), 0))
    return counter


def _of_pushes(ticket_age_s: float | None, pushes: PushCounts) -> Iterator[Metric]:
    if ticket_age_s is not None:
        stored_at = time.time() - ticket_age_s
        yield _gauge("ticket_stored_timestamp_seconds", "When the newest ticket was stored.", stored_at)
    for name, what, label, numbers in (
        (
            "pushes",
            "Pushes of WeChat that were taken, by kind.",
            "kind",
            dict.fromkeys(ALL, 0) | {**pushes.taken},
        ),
        (
            "pushes_refused",
            "Requests that the receiver refused, by reason.",
            "reason",
            dict.fromkeys(REASONS, 0) | {**pushes.refused},
        ),
    ):
        counter = CounterMetricFamily(f"mprelease_{name}", what, labels=(label,))
        for value, number in sorted(numbers.items()):
            counter.add_metric((value,), number)
        yield counter


def _of_quota(quota: Quota | None) -> Iterator[Metric]:
    if quota is not None:
        yield _gauge("audit_quota_left", "Submissions that are left this month.", quota.rest)
        yield _gauge("audit_quota_limit", "Submissions of a month.", quota.limit)
        asked_at = time.time() - quota.age_s
        yield _gauge("audit_quota_asked_timestamp_seconds", "When WeChat was asked for the quota.", asked_at)


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(f"mprelease_{name}", what, value=value)


def _gauges(name: str, what: str, labels: tuple[str, ...], samples: Samples) -> Metric:
    family = GaugeMetricFamily(f"mprelease_{name}", what, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family


def _by_name(numbers: Mapping[Any, float]) -> Samples:
    return (((str(name),), number) for name, number in numbers.items())
