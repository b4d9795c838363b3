"""The system that owns a platform's tokens and lends them: the route of the product, as a server of its own."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import redis
import uvicorn
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from db.database import Database
from web.routes.tokens import lending
from web.serving.server import listen
from wechat.api import WeChat
from wechat.component import Credentials
from wechat.tokens.sealing import Seal

KEY = "key-of-the-borrower-0123456789"
PREFIX = "/api/v1"


@dataclass
class Asked:
    """One request that the owner got, and how it was answered."""

    slot: str
    rejected: str | None
    status: int
    key: str = field(repr=False)


class Front:
    """In front of the route: a key, a list of what was asked, and any answer that a test wants."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.asked: list[Asked] = []
        #: Statuses to answer with: of a slot, or of all ("").
        self.answers: dict[str, int] = {}
        self.headers: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        key = request.headers.get("Authorization", "")
        slot = request.url.path.rpartition("/")[2]
        status = self.answers.get(slot, self.answers.get("", 0 if key == f"Bearer {KEY}" else 401))
        asked = Asked(slot, request.query_params.get("rejected"), status, key)
        self.asked.append(asked)
        if status:
            body = "{}" if status == 404 else "<html>"
            await PlainTextResponse(body, status, headers=self.headers)(scope, receive, send)
            return

        async def noted(message: object) -> None:
            if isinstance(message, dict) and message["type"] == "http.response.start":
                asked.status = message["status"]
            await send(message)  # type: ignore[arg-type]

        await self._app(scope, receive, noted)


@dataclass
class Owner:
    """A running owner."""

    base: str
    front: Front
    wechat: WeChat

    @property
    def url(self) -> str:
        """What MPRELEASE_TOKENS__URL has to be."""
        return f"{self.base}{PREFIX}/tokens/{{appid}}"

    @property
    def asked(self) -> list[Asked]:
        """What it was asked so far."""
        return self.front.asked


def digest(token: str) -> str:
    """As the contract has it."""
    return hashlib.sha256(token.encode()).hexdigest()


@contextmanager
def owner(redis_url: str, wechat_url: str, appid: str, appsecret: str) -> Iterator[Owner]:
    """Run one, on a Redis of its own."""
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        wechat = WeChat(
            api_url=wechat_url,
            connect_timeout_s=5,
            read_timeout_s=5,
            credentials=Credentials(appid, appsecret),
            db=Database(client),
            seal=Seal(),
        )
        app = FastAPI()
        app.include_router(lending(APIRouter(), wechat.lender), prefix=PREFIX)
        front = Front(app)
        with served(front) as base:
            yield Owner(base, front, wechat)


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve an app over HTTP on loopback; yields its address."""
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none", http="h11", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
