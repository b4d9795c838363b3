"""Calls to WeChat per release of ours, by endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.arena import Arena
from benchmarks.contestants.ours import Ours

RELEASES = 100
#: What a token costs stands apart: it lasts two hours, for all releases of its Mini Program.
TOKEN_CALLS = ("api_authorizer_token", "api_component_token")
#: So does what is asked once for all Mini Programs: the platform's pool and templates, for ten minutes, and its
#: audit quota.
PLATFORM_CALLS = ("modify_wxa_server_domain", "gettemplatelist", "queryquota")


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
    return per_release(arena.platform.sim("GET", "state", appid="nobody")["totals"]["calls"], RELEASES)


def per_release(calls: Mapping[str, int], releases: int) -> dict[str, Any]:
    """Calls per release by endpoint, and how many of them are a release's own, for tokens, and the platform's."""
    by_endpoint = {name: number / releases for name, number in sorted(calls.items()) if number}
    apart = {
        kind: sum(by_endpoint.get(name, 0.0) for name in names)
        for kind, names in (("token", TOKEN_CALLS), ("platform", PLATFORM_CALLS))
    }
    own = sum(number for name, number in by_endpoint.items() if name not in TOKEN_CALLS + PLATFORM_CALLS)
    return {"by_endpoint": by_endpoint, "release": own, **apart}
