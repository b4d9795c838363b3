"""What can be asked, a module for each thing. A new router is named in ROUTERS."""

from __future__ import annotations

from fastapi import APIRouter

from web.routes import health, platform, releases, waves

#: All of them stand under /api/v1.
ROUTERS: tuple[APIRouter, ...] = (
    releases.reading,
    releases.operating,
    waves.reading,
    waves.operating,
    platform.reading,
    platform.operating,
    health.router,
)
