"""All screens."""

from __future__ import annotations

from fastapi import APIRouter

from web.page import language, live, log, login, mini_program, platform, release, releases, static, waves
from web.page.acts import routes as acts

ROUTERS: tuple[APIRouter, ...] = (
    static.router,
    language.router,
    login.router,
    waves.router,
    live.router,
    releases.router,
    release.router,
    mini_program.router,
    platform.router,
    log.router,
    acts.router,
)
