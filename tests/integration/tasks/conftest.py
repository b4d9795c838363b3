from __future__ import annotations

import pytest

from wechat.domains import Domains


@pytest.fixture
def wanted() -> Domains:
    """The platform's own lists."""
    return Domains.wanted({"requestdomain": ["https://api.example.com"]})
