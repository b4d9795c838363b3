"""A wave against the platform's pool of business (web-view) domains."""

from __future__ import annotations

import pytest
import redis

from releases.problems import StepBlocked
from releases.steps.preflight import Preflight
from tests.integration.releases.steps.test_preflight import Pool
from wechat.domains import Domains

WEB_VIEW = Domains.wanted({"webviewdomain": ["https://m.shop.example", "https://pages.example.com"]})


def test_a_business_domain_that_is_not_registered_blocks_the_wave_naming_it(
    redis_client: redis.Redis,
) -> None:
    pool = Pool("shop.example")  # what is below a registered business domain is registered
    preflight = Preflight(redis_client, read_pool=Pool(), read_jump_pool=pool, read_templates=lambda: None)

    with pytest.raises(StepBlocked) as caught:
        preflight.check_web_view(WEB_VIEW, "spring")

    assert caught.value.domains == {"webviewdomain": ["https://pages.example.com"]}
    assert "`mprelease resume --wave spring`" in caught.value.remedy


def test_the_pool_of_business_domains_is_read_once_and_forgotten_when_it_was_changed(
    redis_client: redis.Redis,
) -> None:
    pool = Pool("shop.example", "pages.example.com")

    def preflight() -> Preflight:
        return Preflight(redis_client, read_pool=Pool(), read_jump_pool=pool, read_templates=lambda: None)

    for _ in range(3):
        preflight().check_web_view(WEB_VIEW, "spring")
    assert pool.reads == 1

    preflight().forget()
    assert preflight().published_jump_hosts() == ["shop.example", "pages.example.com"]
    assert pool.reads == 2


def test_a_pool_of_business_domains_that_wechat_does_not_tell_stands_in_nobodys_way(
    redis_client: redis.Redis,
) -> None:
    pool = Pool()
    pool.hosts = None
    preflight = Preflight(redis_client, read_pool=Pool(), read_jump_pool=pool, read_templates=lambda: None)

    preflight.check_web_view(WEB_VIEW, "spring")

    assert preflight.published_jump_hosts() is None
