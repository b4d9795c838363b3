"""Domains that hold, or will hold from the release on, and business (web-view) domains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wechat.domains import SERVER_LISTS, Domains, normalise
from wechat.facts.missing import missing


def effective_domains(answer: Mapping[str, Any]) -> Domains:
    """Read get_effective_domain: what holds from the release on; all lists may be empty."""
    name = "effective_domain"
    lists = answer.get(name)
    if not isinstance(lists, dict) or not all(isinstance(lists.get(kind, []), list) for kind in SERVER_LISTS):
        raise missing("get_effective_domain", f"no {name} that is lists")
    return Domains.answered(lists)


def web_view_domains(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Read setwebviewdomain's answer to get."""
    return _listed(answer, "setwebviewdomain", "webviewdomain")


def effective_web_view_domains(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Read get_effective_webviewdomain."""
    return _listed(answer, "get_effective_webviewdomain", "effective_webviewdomain")


def _listed(answer: Mapping[str, Any], call: str, name: str) -> tuple[str, ...]:
    domains = answer.get(name)
    if not isinstance(domains, list) or not all(isinstance(domain, str) for domain in domains):
        raise missing(call, f"no {name} that is a list")
    return tuple(dict.fromkeys(map(normalise, domains)))
