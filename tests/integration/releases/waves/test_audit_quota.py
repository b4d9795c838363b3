from __future__ import annotations

from collections.abc import Sequence

import pytest
import redis

from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.store import keys
from releases.store.records import ReleaseStore
from releases.waves.audit_quota import ASK_EVERY_S, RETRIED_S, AuditQuotas, QuotaUnknown, kept_quota
from tests.integration.releases.intake.test_many import some_requests
from tests.support.examples import APPID
from tests.support.fake_wechat import refused, unanswered
from wechat.errors import TicketMissing
from wechat.http.deadline import DeadlineExceeded
from wechat.mini_program import AuditQuota


class WeChatOfQuota:
    """Answers as it is told, and notes who asked."""

    def __init__(self, *answers: AuditQuota | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[list[str]] = []

    def __call__(self, appids: Sequence[str]) -> AuditQuota:
        self.asked.append(list(appids))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def of(client: redis.Redis, wechat: WeChatOfQuota) -> AuditQuotas:
    return AuditQuotas(client, ask=wechat, newest_appids=lambda: [APPID])


def test_wechat_is_asked_once_in_a_while(redis_client: redis.Redis) -> None:
    wechat = WeChatOfQuota(AuditQuota(7, 10))

    of(redis_client, wechat).refresh()
    of(redis_client, wechat).refresh()

    assert wechat.asked == [[APPID]]
    assert RETRIED_S < redis_client.ttl(keys.AUDIT_QUOTA_ASKED) <= ASK_EVERY_S
    fit = of(redis_client, wechat).fit(3)
    assert fit is not None
    assert (fit.rest, fit.limit, fit.needed, fit.reserved, fit.will_not_fit) == (7, 10, 3, 0, 0)


def test_where_wechat_does_not_say_nothing_is_known_and_nobody_asks_at_once_again(
    redis_client: redis.Redis,
) -> None:
    wechat = WeChatOfQuota(unanswered())
    quotas = of(redis_client, wechat)

    quotas.refresh()
    quotas.refresh()

    assert quotas.fit(3) is None
    assert len(wechat.asked) == 1
    assert 0 < redis_client.ttl(keys.AUDIT_QUOTA_ASKED) <= RETRIED_S


def test_without_a_mini_program_nobody_is_asked(redis_client: redis.Redis) -> None:
    wechat = WeChatOfQuota()
    AuditQuotas(redis_client, ask=wechat, newest_appids=list).refresh()
    assert wechat.asked == []


def test_who_asks_by_hand_spares_the_workers_the_question(redis_client: redis.Redis) -> None:
    wechat = WeChatOfQuota(AuditQuota(7, 10))
    quotas = of(redis_client, wechat)

    quotas.ask([APPID, "wx0000000000000002"])
    quotas.refresh()

    assert wechat.asked == [[APPID, "wx0000000000000002"]]
    assert quotas.fit(0) is not None


def test_what_has_changed_is_forgotten_and_asked_for_again(redis_client: redis.Redis) -> None:
    wechat = WeChatOfQuota(AuditQuota(7, 10), AuditQuota(70, 100))
    quotas = of(redis_client, wechat)
    quotas.refresh()

    quotas.forget()
    assert quotas.fit(0) is None
    quotas.refresh()

    kept = kept_quota(redis_client)
    assert kept is not None
    assert (kept.rest, kept.limit) == (70, 100)


def test_its_age_is_told(redis_client: redis.Redis) -> None:
    quotas = of(redis_client, WeChatOfQuota(AuditQuota(7, 10)))
    quotas.ask([APPID])
    left_ms = redis_client.pttl(keys.AUDIT_QUOTA)
    redis_client.pexpire(keys.AUDIT_QUOTA, left_ms - 300_000)

    fit = quotas.fit(0)

    assert fit is not None
    assert fit.public()["asked_s_ago"] == 300
    assert str(fit) == "audit quota: 7 of 10 left 5 min ago, 0 reserved by others"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (TicketMissing(), "no component_verify_ticket has been stored"),
        (refused(61003), "WeChat told it to no Mini Program that was tried: /wxa/call: errcode 61003: no"),
        (DeadlineExceeded(), "WeChat told it to no Mini Program that was tried: the deadline passed"),
    ],
    ids=repr,
)
def test_why_it_is_unknown_is_said(redis_client: redis.Redis, error: Exception, why: str) -> None:
    with pytest.raises(QuotaUnknown) as caught:
        of(redis_client, WeChatOfQuota(error)).ask([APPID])
    assert str(caught.value) == why


def test_what_others_on_their_way_will_take_is_reserved(
    redis_client: redis.Redis, store: ReleaseStore, releases: Releases
) -> None:
    Batch(store=store, releases=releases).enqueue(some_requests(5))
    quotas = of(redis_client, WeChatOfQuota(AuditQuota(4, 10)))
    quotas.ask([APPID])

    fit = quotas.fit(2)
    assert fit is not None
    assert (fit.reserved, fit.will_not_fit) == (3, 1)
    assert str(fit) == "audit quota: 4 of 10 left, 3 reserved by others; 1 of 2 will not fit"

    planned = quotas.fit(2, new=3)
    assert planned is not None
    assert (planned.reserved, planned.needed, planned.will_not_fit) == (3, 5, 4)
