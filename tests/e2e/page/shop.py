"""A shop's worth of waves: one over and live, some that are braked for two causes, one with rejected audits, some to be published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.language import Language
from releases.store import keys
from releases.store.places import Lane
from tests.support import api as serving
from tests.support import workers
from tests.support.workers import Platform, wait_for

HEADER, PASSWORD = "X-Forwarded-User", "a-long-password-of-tests"
#: Whom the proxy names, by what they may do.
PEOPLE = {"read": "rita", "operate": "olga", "publish": "petra"}
REASON = "1：你好，小程序“外卖”页面涉及提供在线点餐服务，请补充《食品经营许可证》。\n2：登录后才能浏览商品，请改正。"
NO_TEMPLATE, IS_OTHERS = 85014, 61007
LOST = "ws.example.com"
LANGUAGES: tuple[Language, ...] = ("en", "zh")
OVER, BRAKED, REJECTED = "spring-sale", "autumn-menu", "tea-season"
#: By the language of those who walk through it; nothing else touches it.
OF_WALK = {language: f"menu-{language}" for language in LANGUAGES}
TO_PUBLISH = {language: f"new-year-{language}" for language in LANGUAGES}
ON_PHONE, PLAIN = "menu-phone", "menu-plain"
_NAMES = (
    "老王面馆",
    "Blue Bottle Tea",
    "春风书店",
    "Lotus Bakery",
    "山城火锅",
    "Harbour Flowers",
    "小满茶铺",
    "Cedar Toys",
)
_SETTINGS = {
    "MPRELEASE_WEB__PROXY_USER_HEADER": HEADER,
    "MPRELEASE_WEB__TRUSTED_PROXIES": "127.0.0.1",
    "MPRELEASE_WEB__OPERATORS": PEOPLE["operate"],
    "MPRELEASE_WEB__PUBLISHERS": PEOPLE["publish"],
    "MPRELEASE_WEB__PASSWORD": PASSWORD,
}


@dataclass
class Shop:
    """The platform, and the page's address."""

    platform: Platform
    url: str = ""
    #: By wave, in the order in which they were enqueued.
    appids: dict[str, list[str]] = field(default_factory=dict)

    def add(self, wave: str, number: int, *options: str, **fields: Any) -> list[str]:
        """Enqueue a wave; the first releases of a canary are the first of it. Returns the appids."""
        appids = self.platform.mini_programs(number)
        self.enqueue(wave, appids, *options, **fields)
        return appids

    def enqueue(self, wave: str, appids: list[str], *options: str, **fields: Any) -> None:
        """Enqueue releases of these."""
        known = self.appids.setdefault(wave, [])
        requests = [
            self.platform.request(appid, wave=wave, label=f"{_NAMES[at % len(_NAMES)]} {at + 1}", **fields)
            for at, appid in enumerate(appids, start=len(known))
        ]
        known.extend(appids)
        self.platform.enqueue_only(*requests, options=options)

    def add_braked(self, wave: str, number: int, *, canary: int) -> None:
        """Enqueue a wave whose canary fails for two causes, which are gone when they are tried again."""
        appids = self.platform.mini_programs(number)
        for appid in appids[: canary - 2]:
            self.platform.fault(appid, "commit", "errcode", errcode=NO_TEMPLATE)
        self.platform.fault(appids[canary - 2], "modify_domain", "errcode", errcode=IS_OTHERS)
        self.enqueue(wave, appids, "--canary", str(canary), "--max-blocked", "20")

    def add_to_publish(self, wave: str, number: int) -> None:
        """Enqueue a wave over an earlier version of each; the first one loses a domain when it goes live."""
        appids = self.platform.mini_programs(number)
        before = {"user_version": "0.9.0", "user_desc": "旧版本", "up_to": "live"}
        self.platform.sim("POST", "others", [{"appid": appid, **before} for appid in appids])
        self.platform.sim("POST", "miniprograms", {"appid": appids[0], "loses_at_release": [LOST]})
        self.enqueue(wave, appids)

    def decide(self, appids: Iterable[str], **verdict: Any) -> None:
        """Decide their audits at WeChat."""
        self.platform.sim("POST", "audits", {"push": False, "appids": list(appids), **verdict})

    def read_audits(self) -> None:
        """Have all audits read as if the half-hour were over."""
        with self.platform.redis() as client:
            for release_id in client.zrange(keys.due(Lane.LOOKS), 0, -1):
                client.zadd(keys.due(Lane.LOOKS), {release_id: 0}, xx=True)

    def statuses(self, wave: str) -> dict[str, int]:
        """How many of the wave's releases are in each status."""
        found = [release["status"] for release in self.platform.releases() if release["wave"] == wave]
        return {status: found.count(status) for status in set(found)}

    def wait_for(self, wave: str, statuses: Mapping[str, int]) -> None:
        """Wait until its releases stand so."""
        wait_for(lambda: self.statuses(wave) == statuses)

    def release(self, wave: str, at: int = 0) -> dict[str, Any]:
        """The record of one of its releases."""
        (found,) = (one for one in self.platform.releases() if one["appid"] == self.appids[wave][at])
        return found


@contextmanager
def shop(directory: Path) -> Iterator[Shop]:
    """Run all of it for the length of the block."""
    # What brakes a wave, and what waits, is looked at this often.
    with (
        workers.platform(directory) as platform,
        platform.worker(),
        serving.running({**platform.environment, **_SETTINGS}, directory) as api,
    ):
        made = Shop(platform, api.url)
        _open(made)
        yield made


def _open(shop: Shop) -> None:
    braked = {BRAKED: (24, 6), **dict.fromkeys([*OF_WALK.values(), ON_PHONE, PLAIN], (7, 4))}
    shop.add(OVER, 6, publish="auto")
    for wave, (number, canary) in braked.items():
        shop.add_braked(wave, number, canary=canary)
    shop.add(REJECTED, 8)
    for wave in TO_PUBLISH.values():
        shop.add_to_publish(wave, 6)
    approved = [OVER, *TO_PUBLISH.values()]
    for wave in (*approved, REJECTED):
        shop.wait_for(wave, {"submitted": len(shop.appids[wave])})
    shop.decide([appid for wave in approved for appid in shop.appids[wave]], status=0)
    shop.decide(shop.appids[REJECTED][:2], status=1, reason=REASON, screenshot="media-a|media-b")
    shop.decide(shop.appids[REJECTED][2:5], status=0)
    shop.read_audits()
    shop.wait_for(OVER, {"live": 6})
    shop.wait_for(REJECTED, {"rejected": 2, "approved": 3, "submitted": 3})
    for wave in TO_PUBLISH.values():
        shop.wait_for(wave, {"approved": 6})
    for wave, (number, canary) in braked.items():
        shop.wait_for(wave, {"blocked": canary - 1, "submitted": 1, "waiting": number - canary})
