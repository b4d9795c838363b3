"""The API and the page as an ASGI app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import APIRouter, FastAPI

from config.sections.web import WebSettings
from web import openapi, problems
from web.backend import THREADS, Backend
from web.budget import Budget
from web.gate import Gate
from web.keys import Keys
from web.login.people import People
from web.metrics import RequestMetrics
from web.page import routers as page
from web.page.live import Live
from web.page.login import Login
from web.refused import Refused
from web.request_log import RequestLog
from web.routes import ROUTERS, health, metrics


@asynccontextmanager
async def _with_threads(_app: FastAPI) -> AsyncIterator[None]:
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


def create_app(settings: WebSettings, backend: Backend, *more: APIRouter) -> FastAPI:
    """Make it, with the routers of what needs more than the backend; nothing is asked of Redis before a request is."""
    # The pages that show the document load scripts from elsewhere.
    app = FastAPI(docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=_with_threads)
    app.state.backend = backend
    app.state.metrics = RequestMetrics()
    app.state.live = Live(backend)
    for router in (*ROUTERS, *more):
        app.include_router(router, prefix="/api/v1")
    app.state.refused = refused = Refused()
    people = People(settings, refused)
    if people:
        app.state.login = Login(people, refused)
        for router in page.ROUTERS:
            app.include_router(router)
    app.add_api_route("/healthz", health.healthz, include_in_schema=False)
    app.include_router(metrics.router)
    problems.install(app)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    app.openapi()  # takes a third of a second, in which no request is answered
    keys, budget = Keys(settings.keys), Budget(settings.requests_per_minute)
    app.add_middleware(Gate, keys=keys, people=people, hosts=settings.hosts, budget=budget, refused=refused)
    app.add_middleware(RequestLog, observe=app.state.metrics.observe)
    return app
