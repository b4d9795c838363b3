"""Answers of WeChat, read as the client reads them."""

from __future__ import annotations

import pytest

from wechat.errors import Refused
from wechat.http.answers import read_answer

ENDPOINT = "/wxa/commit"


def refused(body: str | bytes, *, status: int = 200, secrets: tuple[str, ...] = ()) -> Refused:
    with pytest.raises(Refused) as caught:
        read_answer(ENDPOINT, status, body.encode() if isinstance(body, str) else body, secrets)
    return caught.value
