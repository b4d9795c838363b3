"""The audit quota, as commands ask for it and tell of it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from cli.context import services, settings
from cli.printing import notes
from releases.record import Release
from releases.states import GOING_ON
from releases.waves.audit_quota import QuotaUnknown


def ask(appids: Sequence[str]) -> str:
    """Ask WeChat with one of these Mini Programs; returns why it is not known then, empty if it is."""
    lacking = settings().lacking
    if lacking:
        return f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not set"
    try:
        services().audit_quotas.ask(appids)
    except QuotaUnknown as unknown:
        return str(unknown)
    return ""


def tell_unknown(why: str) -> None:
    """Say on stderr that nobody knows what will fit."""
    notes.print(escape(f"audit quota unknown: {why}"))


def tell_what_will_not_fit(releases: Sequence[Release]) -> None:
    """Say on stderr what of these releases' waves will not fit, or why that is not known; else nothing.

    Of the waves, so that it is the number that `mprelease wave` tells. WeChat is asked if nobody has lately.
    """
    made = services()
    waves = dict.fromkeys(release.wave for release in releases if release.wave)
    counts = [made.store.wave_tally(wave).counts for wave in waves]
    going_on = sum(count[status] for count in counts for status in GOING_ON)
    if not going_on:
        return
    fit = made.audit_quotas.fit(going_on)
    if fit is None:
        unknown = ask([release.appid for release in releases if release.wave])
        if unknown:
            tell_unknown(unknown)
            return
        fit = made.audit_quotas.fit(going_on)
    if fit is not None and fit.will_not_fit:
        notes.print(f"[bold yellow]{fit}[/]")
