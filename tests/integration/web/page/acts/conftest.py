from __future__ import annotations

from typing import Any

import pytest
import redis

from releases.record import Release
from releases.store.records import ReleaseStore
from tests.integration.web.page.acts.acting import (
    Make,
)
from tests.support.examples import a_release, a_request
from tests.support.records import created


@pytest.fixture
def make(redis_client: redis.Redis, store: ReleaseStore) -> Make:
    """Store a release of wave `spring` that stands so."""
    made = list[Release]()

    def store_one(**fields: Any) -> Release:
        request = a_request(appid=f"wx{len(made):016x}", wave="spring", label=f"Shop {len(made)}")
        stored = created(store, a_release(request))
        release = store.save(stored, stored.release.model_copy(update=fields), place=None).release
        made.append(release)
        return release

    return store_one
