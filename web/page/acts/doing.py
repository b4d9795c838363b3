"""Does what was shown, by the same services as commands and the API. Each act may be repeated: it is the same act."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from releases.errors import ReleaseConflict
from releases.record import Release
from releases.states import Step
from releases.store.actions import Action, What
from tasks.services import Services
from web.page.acts.kinds import Act
from web.page.acts.order import Order
from web.page.acts.preview import Preview
from web.page.acts.target import Target
from web.routes.waves import those_ordered


def do(services: Services, target: Target, order: Order, shown: Preview) -> int:
    """Returns how many were touched; raises ReleaseConflict where nothing could be done."""
    if target.scope is not None:
        _with_platform(services, target, order)
    elif target.act is Act.LOOK:
        return _look(services, target, order, shown)
    elif target.wave is not None:
        _with_wave(services, target, target.wave, order, shown)
    else:
        return _with_each(services, target, order, shown)
    return shown.number


def _look(services: Services, target: Target, order: Order, shown: Preview) -> int:
    now = services.now()
    if shown.touched:
        is_one = target.wave is None and shown.number == 1
        to: dict[str, Any] = (
            {"release": shown.touched[0]} if is_one else {"wave": target.wave, "number": shown.number}
        )
        services.actions.note(Action.of(What.LOOK, order.by, now, **to))
    return services.due.look_now([release.id for release in shown.touched], now)


def _with_platform(services: Services, target: Target, order: Order) -> None:
    assert target.scope is not None  # noqa: S101 - the caller looked
    if target.act is Act.RESUME:
        services.orders.resume_platform(order.by, [target.scope])
    else:
        services.orders.pause_platform(target.scope, order.by)


def _with_wave(services: Services, target: Target, wave: str, order: Order, shown: Preview) -> None:
    orders = services.orders
    match target.act:
        case Act.RESUME:
            orders.resume_wave(wave, order.by, target.picks, target.halves, target.part)
        case Act.CANCEL:
            orders.cancel_wave(wave, order.by)
        case Act.PUBLISH:
            how = order.publication
            orders.publish_wave(
                wave,
                order.by,
                canary=how.canary or 0,
                max_blocked=how.max_blocked,
                not_before=how.at,
            )
            if not shown.touched:
                those_ordered(services, wave, lambda one: one.publication is not None, "approved")
        case Act.REVERT:
            orders.revert_wave(wave, order.by)
            if not shown.touched:
                those_ordered(services, wave, lambda one: one.step is Step.REVERT, "live")


def _with_each(services: Services, target: Target, order: Order, shown: Preview) -> int:
    """One that can't be done any more keeps no other from it; raises what is wrong where none could."""
    what = What.CANCEL if target.act is Act.GIVE_UP else What(target.act)
    within = Action.of(what, order.by, services.now(), number=shown.number)
    act = _one(services, target.act, order, within if len(target.releases) > 1 else None)
    refused = list[ReleaseConflict]()
    for release_id in target.releases:
        try:
            act(release_id)
        except ReleaseConflict as error:
            refused.append(error)
    if len(refused) == len(target.releases):
        raise refused[0]
    return shown.number


def _one(services: Services, act: Act, order: Order, within: Action | None) -> Callable[[str], Release]:
    publications, releases = services.publications, services.releases
    return {
        Act.RESUME: partial(releases.resume, by=order.by, within=within),
        Act.CANCEL: partial(releases.cancel, by=order.by, within=within, only_moving=True),
        Act.GIVE_UP: partial(releases.cancel, by=order.by, within=within),
        Act.WITHDRAW: partial(publications.withdraw, by=order.by, within=within),
        Act.PUBLISH: partial(publications.order, by=order.by, not_before=order.publication.at, within=within),
        Act.REVERT: partial(publications.revert, by=order.by, within=within),
    }[act]
