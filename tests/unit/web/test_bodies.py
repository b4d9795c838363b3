import asyncio
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from web import bodies


def request(*messages: dict[str, Any]) -> Request:
    """A request whose body comes as these messages, and then no more."""
    left = iter(messages)

    async def receive() -> dict[str, Any]:
        for message in left:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    return Request({"type": "http", "headers": []}, receive)


def part(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_comes_in_parts() -> None:
    whole = asyncio.run(bodies._body(request(part(b"{", more=True), part(b"}", more=False))))
    assert bodies.json_object(whole) == {}


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_PATIENCE_S", 0.01)
    with pytest.raises(HTTPException) as refused:
        asyncio.run(bodies._body(request(part(b"{", more=True))))
    assert refused.value.status_code == 408


def test_a_body_is_not_collected_beyond_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_BYTES", 10)
    assert asyncio.run(bodies._body(request(part(b"1234567890", more=False)))) == b"1234567890"
    with pytest.raises(HTTPException) as refused:
        asyncio.run(bodies._body(request(part(b"123456", more=True), part(b"78901", more=True))))
    assert refused.value.status_code == 413


def test_a_client_that_leaves_is_no_end_of_a_body() -> None:
    with pytest.raises(ClientDisconnect):
        asyncio.run(bodies._body(request(part(b"{}", more=True), {"type": "http.disconnect"})))
