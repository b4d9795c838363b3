"""What is built from the settings has what they say."""

from __future__ import annotations

import pytest
from celery import Celery

from config.settings import PublishSettings, RedisSettings, Settings
from releases.states import Status, Step
from releases.steps.live.order import ordered
from releases.steps.live.times import NotYet
from tests.support.examples import NOW, a_release
from worker.wiring import build_services

SELDOM = PublishSettings.model_validate({"hours": "00:00-00:01,12:00-12:01", "time_zone": "Asia/Shanghai"})


def test_the_hours_hold_at_the_beginning_of_a_publication_and_once_more_before_its_call(
    celery_app: Celery, redis_url: str
) -> None:
    redis = RedisSettings.model_validate({"url": redis_url})
    services = build_services(celery_app, Settings(redis=redis, publish=SELDOM))
    release = ordered(a_release(status=Status.APPROVED, step=Step.SUBMIT_AUDIT), NOW)
    noon = NOW.replace(hour=4, minute=0, second=30)

    services.steps.work.times.may_begin(release, noon)
    with pytest.raises(NotYet):
        services.steps.work.times.may_begin(release, noon.replace(minute=1))
    with pytest.raises(NotYet):
        services.steps.work.check_time(release.progressed(not_before=4e9))
