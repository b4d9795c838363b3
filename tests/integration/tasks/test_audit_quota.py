from __future__ import annotations

import redis

from tasks import keys
from tasks.audit_quota import AuditQuotas
from tasks.batch import Batch
from tasks.releases import Releases
from tasks.store import ReleaseStore
from tests.integration.tasks.test_batch import some_requests
from tests.unit.tasks.fake_wechat import FakeMiniProgram, unanswered
from wechat.mini_program import AuditQuota


class Asked(FakeMiniProgram):
    def audit_quota(self) -> AuditQuota:
        quota: AuditQuota = self._answer("audit_quota")
        return quota


def test_wechat_is_asked_once_in_a_while(redis_client: redis.Redis) -> None:
    quotas, mini_program = AuditQuotas(redis_client), Asked(audit_quota=[AuditQuota(7, 10)])

    quotas.refresh(mini_program)
    quotas.refresh(mini_program)

    assert mini_program.calls == ["audit_quota"]
    fit = quotas.fit(3)
    assert fit is not None
    assert (fit.rest, fit.limit, fit.needed, fit.reserved, fit.will_not_fit) == (7, 10, 3, 0, 0)


def test_where_wechat_does_not_say_nothing_is_known_and_nobody_asks_at_once_again(
    redis_client: redis.Redis,
) -> None:
    quotas, mini_program = AuditQuotas(redis_client), Asked(audit_quota=[unanswered()])

    quotas.refresh(mini_program)
    quotas.refresh(mini_program)

    assert quotas.fit(3) is None
    assert redis_client.ttl(keys.AUDIT_QUOTA_ASKED) > 0


def test_what_others_on_their_way_will_take_is_reserved(
    redis_client: redis.Redis, store: ReleaseStore, releases: Releases
) -> None:
    Batch(store=store, releases=releases).enqueue(some_requests(5))

    fit = AuditQuotas(redis_client).fit(2, AuditQuota(4, 10))

    assert fit is not None
    assert (fit.reserved, fit.will_not_fit) == (3, 1)
    assert str(fit) == "audit quota: 4 of 10 left, 3 reserved by others; 1 of 2 will not fit"
