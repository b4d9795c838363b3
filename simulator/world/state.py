"""The world as the control side shows it."""

from dataclasses import asdict
from typing import Any

from simulator.world import miniprogram, platform
from simulator.world.world import World


def show(world: World, *, appid: str | None = None, with_secrets: bool = False) -> dict[str, Any]:
    """Show the whole world, or one Mini Program of it; tokens and secrets only when asked for."""
    minis = {
        mini.appid: {
            **miniprogram.visible(mini),
            "submitted_after_applied": world.calls.submitted_after_applied(mini.appid),
        }
        for mini in world.miniprograms.values()
        if appid in (None, mini.appid)
    }
    shown = {
        "now": world.clock.now(),
        "platform": platform.visible(world.platform),
        "miniprograms": minis,
        "totals": totals(world),
    }
    return {**shown, "secrets": world.secrets.all()} if with_secrets else shown


def live(world: World, appid: str | None = None) -> dict[str, Any]:
    """Show by appid what is live, all that went live, and how often which call changed something."""
    return {
        mini.appid: {
            "live": asdict(mini.live) if mini.live else None,
            "versions": [asdict(version) for version in mini.versions],
            "effects": dict(mini.effects),
        }
        for mini in world.miniprograms.values()
        if appid in (None, mini.appid)
    }


def totals(world: World) -> dict[str, Any]:
    """Sum up what happened to all Mini Programs."""
    return {
        "miniprograms": len(world.miniprograms),
        "calls": world.calls.counts(),
        "applied": world.calls.applied_counts(),
        "submitted_after_applied": world.calls.submitted_after_applied(),
    }
