"""The demo's WeChat: what stands in the simulator's world, what the story changes there, and what is checked in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import requests

#: The calls of a release that the story names, and not those of tokens, quotas and pools.
_TOLD = (
    "modify_domain",
    "commit",
    "submit_audit",
    "get_code_privacy_info",
    "getversioninfo",
    "release",
)
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class World:
    """The simulator's control side."""

    url: str

    def add_shop(
        self, appid: str, refresh_token: str, domains: Mapping[str, list[str]] | None = None
    ) -> None:
        """Put an authorized Mini Program into the world, with its domains."""
        shop = {"appid": appid, "refresh_token": refresh_token}
        self._post("miniprograms", shop if domains is None else {**shop, "domains": domains})

    def add_fault(self, appid: str, endpoint: str, **fault: Any) -> None:
        """Have calls of a Mini Program go wrong."""
        self._post("faults", {"appid": appid, "endpoint": endpoint, **fault})

    def push_ticket(self, receiver_url: str) -> Any:
        """Push a ticket to the receiver, and from now on all else; returns what it answers."""
        self._post("platform", {"push_to": receiver_url})
        return self._post("push", {"kind": "component_verify_ticket"})

    def register(self, host: str) -> None:
        """Put a host into the platform's pool, testing and published."""
        self._post("pool", {"add": [host]})

    def unregister(self, host: str) -> None:
        """Take it out again."""
        self._post("pool", {"drop": [host]})

    def approve(self, *appids: str) -> None:
        """Let the open audits of these Mini Programs pass; WeChat pushes that."""
        self._post("audits", {"status": 0, "appids": appids})

    def reject(self, appid: str, reason: str) -> None:
        """Reject the open audit of a Mini Program; WeChat pushes that as well."""
        self._post(f"audits/{appid}", {"status": 1, "reason": reason})

    def counts(self, appid: str) -> dict[str, int]:
        """How often each endpoint was called for a Mini Program."""
        counts: dict[str, int] = self._get("calls", appid=appid)["counts"]
        return counts

    def told(self, appid: str) -> list[str]:
        """The calls that WeChat got for a Mini Program's releases, in their order."""
        calls = self._get("calls", appid=appid)["calls"]
        return [call.get("action") or call["endpoint"] for call in calls if call["endpoint"] in _TOLD]

    def actions(self, appid: str) -> list[str]:
        """The actions of modify_domain that were sent for a Mini Program."""
        calls = self._get("calls", appid=appid, endpoint="modify_domain")["calls"]
        return [call["action"] for call in calls]

    def live(self, appid: str) -> str | None:
        """The version that the users of a Mini Program get."""
        live = self._get("live", appid=appid)[appid]["live"]
        return None if live is None else str(live["user_version"])

    def effects(self, appid: str) -> dict[str, int]:
        """How often a call changed something of a Mini Program, by endpoint."""
        effects: dict[str, int] = self._get("live", appid=appid)[appid]["effects"]
        return effects

    def auditid(self, appid: str) -> int:
        """The id of the latest audit of a Mini Program."""
        return int(self._mini_program(appid)["audits"][-1]["auditid"])

    def lacks(self, appid: str, domains: Mapping[str, Collection[str]]) -> list[str]:
        """Those of the domains that a Mini Program does not have."""
        has = self._mini_program(appid)["domains"]
        return [one for name, wanted in domains.items() for one in wanted if one not in has[name]]

    def _mini_program(self, appid: str) -> dict[str, Any]:
        found: dict[str, Any] = self._get("state", appid=appid)["miniprograms"][appid]
        return found

    def _get(self, what: str, **query: str) -> Any:
        answer = requests.get(f"{self.url}/_sim/{what}", params=query, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        return answer.json()

    def _post(self, what: str, body: object) -> Any:
        answer = requests.post(f"{self.url}/_sim/{what}", json=body, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        return answer.json()
