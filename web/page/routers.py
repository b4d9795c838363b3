"""All screens."""

from __future__ import annotations

from fastapi import APIRouter

from web.page import language, mini_program, release, releases, static

ROUTERS: tuple[APIRouter, ...] = (
    static.router,
    language.router,
    releases.router,
    release.router,
    mini_program.router,
)
