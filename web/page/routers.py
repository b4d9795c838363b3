"""All screens."""

from __future__ import annotations

from fastapi import APIRouter

from web.page import language, log, platform, static

ROUTERS: tuple[APIRouter, ...] = (static.router, language.router, platform.router, log.router)
