"""Calls to WeChat per release of ours, by endpoint."""

from __future__ import annotations

from typing import Any

from benchmarks.arena import Arena
from benchmarks.contestants.ours import Ours

RELEASES = 100
#: What a token costs stands apart: it lasts two hours, for all releases of its Mini Program.
TOKEN_CALLS = ("api_authorizer_token", "api_component_token")


def count(arena: Arena) -> dict[str, Any]:
    """Per release: with the domains there, without them, and without tokens as well."""
    return {
        "domains are there": _count(arena, domains=True, tokens=True),
        "domains are missing": _count(arena, domains=False, tokens=True),
        "domains and tokens are missing": _count(arena, domains=False, tokens=False),
    }


def _count(arena: Arena, *, domains: bool, tokens: bool) -> dict[str, Any]:
    arena.clear()
    arena.latency(0)
    with Ours(1, 16).start(arena) as running:
        running.enqueue(arena.shops(RELEASES, domains=domains, tokens=tokens))
        arena.wait_for(RELEASES)
    counts: dict[str, int] = arena.platform.sim("GET", "state", appid="nobody")["totals"]["calls"]
    by_endpoint = {name: number / RELEASES for name, number in sorted(counts.items()) if number}
    token = sum(by_endpoint.get(name, 0.0) for name in TOKEN_CALLS)
    return {"by_endpoint": by_endpoint, "token": token, "release": sum(by_endpoint.values()) - token}
