"""All screens."""

from __future__ import annotations

from fastapi import APIRouter

from web.page import language, static
from web.page.acts import routes as acts

ROUTERS: tuple[APIRouter, ...] = (static.router, language.router, acts.router)
