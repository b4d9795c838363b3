"""The results as Markdown: the table that benchmarks/README.md shows, and the details."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.reporting.markdown import grid
from benchmarks.reporting.summary import MS, Contested, Costs, Figures
from benchmarks.reporting.targets import BOUND, ONE, targets

KB = 1024


def table(figures: Figures) -> str:
    """What benchmarks/README.md shows."""
    return "\n".join([*_how(figures), "", *_contest(figures), "", *_verdicts(figures), "", *_bound(figures)])


def details(figures: Figures) -> str:
    """All that is worth reading."""
    sections = (_costs, _commands, _http, _enqueue, _single, _stored, _profile)
    found = [[*section(figures)] for section in sections]
    head = [
        "# What was measured",
        "",
        "Written by `make bench`. The raw figures: [results.json](results.json).",
        "",
    ]
    return "\n".join([*head, *(line for lines in found if lines for line in (*lines, ""))])


def _how(figures: Figures) -> Iterator[str]:
    machine, how = figures["machine"], figures["how"]
    yield (
        f"{machine['cpu']}, {machine['cores']} cores that the simulator, Redis and the workers share; Python "
        f"{machine['python']}, Celery {machine['versions']['celery']}, Redis {machine['redis']}. Medians of "
        f"{how['rounds']} round(s) in which all ran one after the other (50 ms: of one); {how['concurrency']} Mini "
        "Programs at once where nothing else is said."
    )


def _contest(figures: Figures) -> Iterator[str]:
    contested = Contested(figures)
    heads = [f"releases/s at {latency} ms" for latency in contested.latencies]
    rows = [
        [
            contested.titles[name],
            *(_rate(contested.costs(name, latency)) for latency in contested.latencies),
            *_cheapest(contested, name),
        ]
        for name in contested.titles
    ]
    yield from grid(["", *heads, "worker's CPU ms per release", "MB of memory"], rows)


def _rate(costs: Costs | None) -> str:
    return "" if costs is None else f"{costs.rate:.1f}" if costs.rate < 100 else f"{costs.rate:.0f}"


def _cheapest(contested: Contested, name: str) -> list[str]:
    costs = contested.costs(name, contested.latencies[0])
    return ["", ""] if costs is None else [f"{costs.cpu_ms:.1f}", f"{costs.memory_mb:.0f}"]


def _verdicts(figures: Figures) -> Iterator[str]:
    words = {True: "yes", False: "**no**", None: "not measured"}
    rows = [[target.wanted, target.shown, words[target.met]] for target in targets(figures)]
    yield from grid(["target", "figure", "met"], rows)


def _bound(figures: Figures) -> Iterator[str]:
    """What no bookkeeping at all would leave to a worker of Celery's."""
    contested = Contested(figures)
    costs, ours = contested.costs(BOUND, 0), contested.costs(ONE, 0)
    if costs is None or ours is None:
        return
    shares = [
        f"{share:.2f} of {title}"
        for name, title in (("dramatiq", "Dramatiq"), ("huey", "Huey"))
        if (share := contested.times(BOUND, name, 0)) is not None
    ]
    yield (
        f"The bound at 0 ms: one message of Celery's with all three calls, and neither record nor lease, takes "
        f"{costs.cpu_ms:.1f} ms of CPU, {' and '.join(shares)} in releases a second. Ours takes {ours.cpu_ms:.1f} ms, three tasks "
        "that monitors see, with their records, leases, events, logs and result."
    )
    yield ""


def _costs(figures: Figures) -> Iterator[str]:
    contested = Contested(figures)
    yield from _heading("Costs per release in the rounds")
    yield (
        "Redis' commands include those inside scripts; bytes are those on its connections. `cores busy` are the worker's: "
        "one process of threads is full at 1."
    )
    yield ""
    rows = []
    for name, title in contested.titles.items():
        for latency in contested.latencies:
            costs = contested.costs(name, latency)
            if costs is not None:
                rows.append(
                    [
                        *(title, str(latency), str(costs.releases), _rate(costs)),
                        *(
                            _times(contested.times(name, other, latency))
                            for other in ("floor", "bare-celery-threads")
                        ),
                        f"{costs.cpu_ms * costs.rate / MS:.2f}",
                        *(f"{costs.cpu_ms:.2f}", f"{costs.redis_cpu_ms:.2f}", f"{costs.commands:.1f}"),
                        *(f"{costs.bytes_in / KB:.1f}", f"{costs.bytes_out / KB:.1f}"),
                    ]
                )
    heads = [
        "",
        "ms a call",
        "releases in a run",
        "releases/s",
        "of the floor",
        "of bare Celery",
        "cores busy",
    ]
    yield from grid(
        [*heads, "worker CPU ms", "Redis CPU ms", "Redis commands", "KB to Redis", "KB from Redis"], rows
    )


def _times(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.2f}"


def _commands(figures: Figures) -> Iterator[str]:
    for name, found in figures.get("commands", {}).items():
        yield from ["", *_heading(f"Redis commands per release: {name}")]
        yield f"{found['kept_bytes']:.0f} bytes stay, results included."
        yield ""
        for who, sent in found["sent"].items():
            most = ", ".join(f"{command} {number:.1f}" for command, number in sent["commands"].items())
            yield f"- {_WHO[who]}: {sent['all']:.1f}" + (f" ({most})" if most else "")


_WHO = {"ours": "our own code", "celery": "Celery", "scripts": "inside scripts"}


def _http(figures: Figures) -> Iterator[str]:
    found = figures.get("http", {})
    if found:
        yield from _heading("HTTP calls per release")
    for case, calls in found.items():
        each = ", ".join(f"{name} {number:.2f}" for name, number in calls["by_endpoint"].items())
        yield (
            f"- {case}: {calls['release']:.2f}, besides {calls['token']:.2f} for tokens and {calls['platform']:.2f} for "
            f"what is asked once for all ({each})"
        )


def _enqueue(figures: Figures) -> Iterator[str]:
    found = figures.get("enqueue", {})
    if found:
        yield from _heading("Releases enqueued in a second by one process")
    titles = {
        "command": "`mprelease enqueue --file`, 10,000 lines, the start of the command included",
        "library": "the same as a call of the library",
        "messages": "messages to `tasks.start_release` from a bare Celery client (sent, not yet looked at by a worker)",
        "bare Celery": "chains of bare Celery",
    }
    for name, rate in found.items():
        yield f"- {titles[name]}: {rate:.0f}"


def _single(figures: Figures) -> Iterator[str]:
    found = figures.get("single", {})
    if found:
        yield from _heading("One release on an idle system")
        yield "From the request to its result at the caller, beyond the three calls themselves."
        yield ""
    for name, times in found.items():
        yield (
            f"- {name}: p50 {times['p50_ms']:.1f} ms, p99 {times['p99_ms']:.1f} ms over the calls' "
            f"{times['calls_ms']:.1f} ms ({times['releases']} releases)"
        )


def _stored(figures: Figures) -> Iterator[str]:
    rows = figures.get("stored", [])
    if rows:
        yield from _heading("A thousand releases on top of stored ones")
        names = [name for name in rows[0] if name != "stored"]
        yield from grid(
            ["", *(f"{row['stored']:,} stored" for row in rows)],
            [
                [f"`{name}`" if " ms" in name else name, *(f"{row[name]:.2f}" for row in rows)]
                for name in names
            ],
        )


def _profile(figures: Figures) -> Iterator[str]:
    found = figures.get("profile", {})
    if found:
        yield from _heading("Where a worker's CPU time goes")
        yield (
            "Samples by py-spy. What a library does counts for whoever calls it: `ours` is our code with the Redis "
            "client and the parsing that it asks for, `own` the part of it that runs in our own files. The kernel's part is not in it."
        )
        yield ""
        names = ("own", "ours", "celery", "http", "other")
        yield from grid(
            ["", *names], [[name, *(f"{one[key]:.1%}" for key in names)] for name, one in found.items()]
        )


def _heading(text: str) -> list[str]:
    return [f"## {text}", ""]
