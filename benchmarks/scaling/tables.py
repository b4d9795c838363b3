"""The tables of docs/scaling.md, from the results of `make bench`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator

from benchmarks.reporting.markdown import grid
from benchmarks.reporting.report import KB
from benchmarks.reporting.summary import MS, Figures
from benchmarks.scaling.model import (
    CALLS_MORE,
    ENQUEUE_KB_A_LINE,
    ENQUEUE_MB,
    ENQUEUE_SCRIPT_US,
    PACES,
    VISITS,
    Model,
)

SIZES = (10_000, 100_000, 1_000_000)
#: A wave is to be over in so many hours, and there are so many in a year.
NIGHT_H, WAVES_A_YEAR = 8, 12
#: Submissions that a provider may have in a month, and calls that a platform may have in a minute: WeChat tells neither.
QUOTAS = (10_000, 50_000, 100_000, 500_000)
MINUTES = (600, 3_000, 6_000, 30_000)
#: Of a limit per minute so much is used in the long run (ADR 0011).
USED_SHARE = 0.9
FILES = (10_000, 20_000, 100_000)
_HOUR, _DAYS_OF_MONTH = 3600, 30
_MILLION, _GB = 1e6, 1e9
_SIZED = [f"{size:,}" for size in SIZES]
#: The parts of the figures that the tables are made from.
NEEDED = {"runs", "commands", "http", "enqueue", "stored"}
#: A marked table of a document: its name, and what stands between the marks.
_BLOCK = re.compile(r"(<!-- table (?P<name>[a-z]+) -->\n).*?(<!-- /table -->)", re.DOTALL)


def filled(document: str, figures: Figures) -> str:
    """The document with each marked table as the figures give it; raises KeyError for a name that is none."""
    model = Model(figures)
    return _BLOCK.sub(
        lambda found: found[1] + "".join(f"{line}\n" for line in TABLES[found["name"]](model)) + found[3],
        document,
    )


def _costs(model: Model) -> Iterator[str]:
    rows = (
        ("CPU of a worker, ms", model.cpu_ms, "{:.1f}"),
        ("CPU of Redis, ms", model.redis_cpu_ms, "{:.2f}"),
        ("Redis commands, those in scripts included", model.commands, "{:.0f}"),
        ("KB to Redis", model.bytes_in / KB, "{:.1f}"),
        ("KB from Redis", model.bytes_out / KB, "{:.1f}"),
    )
    yield from grid(
        ["per release", "measured", f"reckoned with, {VISITS} visits"],
        [
            *([title, form.format(figure), form.format(figure * VISITS)] for title, figure, form in rows),
            [
                "calls to WeChat, besides that for a token",
                f"{model.calls - CALLS_MORE:.0f}",
                f"{model.calls:.0f}",
            ],
            ["bytes that Redis keeps", f"{model.kept_bytes:,.0f}", f"{model.kept_bytes:,.0f}"],
            [
                f"CPU on top of {model.most_stored:,} stored releases, times that on none",
                f"{model.growth:.2f}",
                "1",
            ],
        ],
    )


def _workers(model: Model) -> Iterator[str]:
    heads = [
        "a call, a `commit`",
        "calls of a release take",
        "one process, releases an hour",
        "its core is busy",
        *(f"{size}: hours of one, processes for {NIGHT_H} h" for size in _SIZED),
    ]
    rows = []
    for pace in PACES:
        rate = model.rate(pace)
        rows.append(
            [
                f"{pace.call_s:g} s, {pace.commit_s:g} s",
                f"{model.seconds(pace):.1f} s",
                f"{rate * _HOUR:,.0f}",
                f"{rate / model.by_core:.0%}",
                *_for_sizes(rate),
            ]
        )
    rows.append(
        ["no waiting at all", "0 s", f"{model.by_core * _HOUR:,.0f}", "100%", *_for_sizes(model.by_core)]
    )
    yield from grid(heads, rows)


def _for_sizes(rate: float) -> list[str]:
    hours = [size / rate / _HOUR for size in SIZES]
    return [f"{each:,.1f} h, {math.ceil(each / NIGHT_H)}" for each in hours]


def _redis(model: Model) -> Iterator[str]:
    heads = [
        "Mini Programs",
        "CPU of Redis for a wave",
        f"core busy in {NIGHT_H} h",
        "commands a second",
        "KB a second, in and out",
        "kept after one version",
        f"kept after {WAVES_A_YEAR}",
    ]
    rows = []
    for size in SIZES:
        a_second = size * VISITS / (NIGHT_H * _HOUR)
        cpu_s = size * VISITS * model.redis_cpu_ms / MS
        kept_gb = size * model.kept_bytes / _GB
        rows.append(
            [
                f"{size:,}",
                f"{cpu_s:,.0f} s",
                f"{cpu_s / (NIGHT_H * _HOUR):.1%}",
                f"{a_second * model.commands:,.0f}",
                f"{a_second * (model.bytes_in + model.bytes_out) / KB:,.0f}",
                f"{kept_gb:.2f} GB",
                f"{kept_gb * WAVES_A_YEAR:.1f} GB",
            ]
        )
    yield from grid(heads, rows)


def _audits(_model: Model) -> Iterator[str]:
    yield from grid(
        ["submissions a month", *_SIZED],
        [[f"{quota:,}", *(_months(size, quota) for size in SIZES)] for quota in QUOTAS],
    )


def _months(size: int, quota: int) -> str:
    months = math.ceil(size / quota)
    return (
        "one month" if months == 1 else f"{months} months, {(months - 1) * _DAYS_OF_MONTH:,} days of waiting"
    )


def _minutes(model: Model) -> Iterator[str]:
    yield from grid(
        ["calls a minute", "releases an hour", *_SIZED],
        [
            [
                f"{limit:,}",
                f"{_an_hour(model, limit):,.0f}",
                *(_time(size / _an_hour(model, limit)) for size in SIZES),
            ]
            for limit in MINUTES
        ],
    )


def _an_hour(model: Model, limit: int) -> float:
    # The call for a token counts as well.
    return limit * USED_SHARE * 60 / (model.calls + 1)


def _time(hours: float) -> str:
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.0f} days"


def _files(model: Model) -> Iterator[str]:
    yield from grid(
        ["lines", "seconds", "MB of the command", "Redis does nothing else for"],
        [
            [
                f"{lines:,}",
                f"{lines / model.enqueued_per_s:.0f}",
                f"{ENQUEUE_MB + lines * ENQUEUE_KB_A_LINE / KB:,.0f}",
                f"{lines * ENQUEUE_SCRIPT_US / _MILLION:.1f} s",
            ]
            for lines in FILES
        ],
    )


#: By the names that stand in the document.
TABLES: dict[str, Callable[[Model], Iterator[str]]] = {
    "costs": _costs,
    "workers": _workers,
    "redis": _redis,
    "audits": _audits,
    "minutes": _minutes,
    "files": _files,
}
