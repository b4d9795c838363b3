"""Whether two processes have the same settings, found out without telling them.

Whoever asks sends a salt that is new each time, and the workers answer with a keyed hash of each setting. No password that a
person chose is among them: an AppSecret and an encryption key have at least 128 random bits, which nobody finds by trying.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from config.settings import Settings
from wechat.domains import Domains

#: What decides with whom a process speaks, in whose name.
WITH_WHOM = frozenset({"MPRELEASE_PLATFORM__APPID", "MPRELEASE_WECHAT__API_URL"})
#: Who refreshes the platform's tokens: two that both do lock each other out.
WHO_OWNS = "MPRELEASE_TOKENS__SOURCE"
_SALT_BYTES = 16
#: So many characters of a fingerprint are shown: enough to see who has the same.
_SHOWN = 8


def new_salt() -> str:
    """A salt for one question."""
    return secrets.token_hex(_SALT_BYTES)


def fingerprints(settings: Settings, salt: str) -> dict[str, str]:
    """A keyed hash of each setting in which all workers and shells have to agree, by the name of its variable."""
    key = salt.encode()
    return {
        f"MPRELEASE_{name}": hmac.new(key, json.dumps([name, value]).encode(), "sha256").hexdigest()
        for name, value in _values(settings).items()
    }


def differing(ours: Mapping[str, str], theirs: Mapping[str, str]) -> tuple[str, ...]:
    """The variables of which both know a hash, and not the same."""
    return tuple(name for name in ours if name in theirs and theirs[name] != ours[name])


def in_short(fingerprints: Mapping[str, str]) -> str:
    """One fingerprint of all settings, to be shown; empty where there are none."""
    text = json.dumps(sorted(fingerprints.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:_SHOWN] if fingerprints else ""


def disagreements(of_workers: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, list[str]]]:
    """The variables that are not the same everywhere: for each fingerprint, to be shown, the workers that have it."""
    alike: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for worker, fingerprints in of_workers.items():
        for name, fingerprint in fingerprints.items():
            alike[name][fingerprint[:_SHOWN]].append(worker)
    return {name: dict(workers) for name, workers in sorted(alike.items()) if len(workers) > 1}


def _values(settings: Settings) -> dict[str, Any]:
    domains = Domains.wanted(settings.domains.model_dump()).lists
    of_domains = {
        f"DOMAINS__{name.upper()}": sorted(domains.get(name, ())) for name in settings.domains.model_dump()
    }
    rate = {f"RATE__{name.upper()}": value for name, value in settings.rate.model_dump().items()}
    return {
        "PLATFORM__APPID": settings.platform.appid,
        # Where the tokens are borrowed nobody uses it.
        "PLATFORM__APPSECRET": ""
        if settings.tokens.is_borrowed
        else settings.platform.appsecret.get_secret_value(),
        "WECHAT__API_URL": settings.wechat.api_url.rstrip("/"),
        "TOKENS__SOURCE": settings.tokens.source,
        # Without the key, which may be a password that a person chose. One that is only prepared says nothing.
        "TOKENS__URL": settings.tokens.url if settings.tokens.is_borrowed else "",
        "REDIS__ENCRYPTION_KEYS": [key.get_secret_value() for key in settings.redis.encryption_keys],
        "REDIS__REPLICAS": settings.redis.replicas_to_confirm,
        **of_domains,
        **rate,
    }
