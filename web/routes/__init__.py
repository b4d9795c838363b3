"""What can be asked, a module for each thing. A new router is named in ROUTERS."""

from __future__ import annotations

from fastapi import APIRouter

from web.routes import actions, health, platform, releases, waves

#: All of them stand under /api/v1.
ROUTERS: tuple[APIRouter, ...] = (
    releases.reading,
    releases.operating,
    releases.publishing,
    waves.reading,
    # Before the route that takes any name for a wave's.
    waves.publishing,
    waves.operating,
    platform.reading,
    platform.operating,
    actions.reading,
    health.router,
)
