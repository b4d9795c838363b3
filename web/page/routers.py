"""All screens."""

from __future__ import annotations

from fastapi import APIRouter

from web.page import language, login, static

ROUTERS: tuple[APIRouter, ...] = (static.router, language.router, login.router)
