from __future__ import annotations

from collections.abc import Sequence

import pytest
import redis

from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.store import keys
from releases.store.records import ReleaseStore
from releases.waves.audit_quota import LOOK_EVERY_S, RETRIED_S, AuditQuotas, QuotaUnknown
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


def test_wechat_is_asked_once_in_a_while(redis_client: redis.Redis) -> None:
    wechat = WeChatOfQuota(AuditQuota(7, 10))
    quotas = AuditQuotas(redis_client, ask=wechat)

    quotas.refresh(APPID)
    AuditQuotas(redis_client, ask=wechat).refresh(APPID)

    assert wechat.asked == [[APPID]]
    fit = quotas.fit(3)
    assert fit is not None
    assert (fit.rest, fit.limit, fit.needed, fit.reserved, fit.will_not_fit) == (7, 10, 3, 0, 0)


def test_where_wechat_does_not_say_nothing_is_known_and_nobody_asks_at_once_again(
    redis_client: redis.Redis,
) -> None:
    wechat = WeChatOfQuota(unanswered())
    quotas = AuditQuotas(redis_client, ask=wechat)

    quotas.refresh(APPID)
    AuditQuotas(redis_client, ask=wechat).refresh(APPID)

    assert quotas.fit(3) is None
    assert len(wechat.asked) == 1
    assert 0 < redis_client.ttl(keys.AUDIT_QUOTA_ASKED) <= RETRIED_S


def test_a_process_does_not_look_for_each_release(redis_client: redis.Redis) -> None:
    now = 1000.0
    wechat = WeChatOfQuota(AuditQuota(7, 10), AuditQuota(6, 10))
    quotas = AuditQuotas(redis_client, ask=wechat, monotonic=lambda: now)
    quotas.refresh(APPID)
    redis_client.delete(keys.AUDIT_QUOTA_ASKED)

    now += LOOK_EVERY_S - 0.1
    quotas.refresh(APPID)
    assert len(wechat.asked) == 1

    now += 0.2
    quotas.refresh(APPID)
    assert len(wechat.asked) == 2


def test_who_asks_by_hand_spares_the_releases_the_question(redis_client: redis.Redis) -> None:
    wechat = WeChatOfQuota(AuditQuota(7, 10))
    quotas = AuditQuotas(redis_client, ask=wechat)

    quotas.ask([APPID, "wx0000000000000002"])
    quotas.refresh(APPID)

    assert wechat.asked == [[APPID, "wx0000000000000002"]]
    assert quotas.fit(0) is not None


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
        AuditQuotas(redis_client, ask=WeChatOfQuota(error)).ask([APPID])
    assert str(caught.value) == why


def test_what_others_on_their_way_will_take_is_reserved(
    redis_client: redis.Redis, store: ReleaseStore, releases: Releases
) -> None:
    Batch(store=store, releases=releases).enqueue(some_requests(5))
    quotas = AuditQuotas(redis_client, ask=WeChatOfQuota(AuditQuota(4, 10)))
    quotas.ask([APPID])

    fit = quotas.fit(2)
    assert fit is not None
    assert (fit.reserved, fit.will_not_fit) == (3, 1)
    assert str(fit) == "audit quota: 4 of 10 left, 3 reserved by others; 1 of 2 will not fit"

    planned = quotas.fit(2, new=3)
    assert planned is not None
    assert (planned.reserved, planned.needed, planned.will_not_fit) == (3, 5, 4)
