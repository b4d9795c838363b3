"""What somebody sends who acts: why, what a wave's publication waits for, and what was shown before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from releases.errors import InvalidRequest
from releases.record import By
from web.models import PublishWaveOrder
from web.page.acts.done import number_in
from web.page.acts.kinds import NAMED, Act
from web.page.acts.preview import Preview
from web.page.acts.target import Target
from web.page.visit import Visit

_Fields = Mapping[str, str]
#: When something was shown to whoever does not say it.
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Order:
    """Who asks, and how it is to be published."""

    by: By
    publication: PublishWaveOrder


class WrongFields(Exception):
    """What was typed can't be meant so: the names of the fields."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.names = frozenset(names)


def read(fields: _Fields, target: Target, visit: Visit) -> Order:
    """What a form says; raises WrongFields."""
    wrong = set[str]()
    if (
        target.act in NAMED
        and target.wave is not None
        and fields.get("wave", "").strip() != target.wave.strip()
    ):
        wrong.add("wave")
    by, publication = By(), PublishWaveOrder()
    try:
        by = visit.by(fields.get("reason", ""))
    except InvalidRequest:
        wrong.add("reason")
    try:
        publication = _publication(fields)
    except WrongFields as error:
        wrong |= error.names
    if wrong:
        raise WrongFields(*wrong)
    return Order(by, publication)


def _publication(fields: _Fields) -> PublishWaveOrder:
    kinds: Mapping[str, Callable[[str], Any]] = {"canary": int, "max_blocked": float, "at": str}
    typed, wrong = dict[str, Any](), list[str]()
    for name, kind in kinds.items():
        text = fields.get(name, "").strip()
        try:
            typed |= {name: kind(text)} if text else {}
        except ValueError:
            wrong.append(name)
    try:
        found = PublishWaveOrder.model_validate(typed)
    except ValidationError as error:
        raise WrongFields(*wrong, *(str(one["loc"][0]) for one in error.errors())) from None
    if wrong:
        raise WrongFields(*wrong)
    return found


def is_changed(fields: _Fields, target: Target, now: Preview) -> bool:
    """Whether something else would be done than was shown: more, or other releases of a wave, or another pause ended.

    Less is no change: somebody, or the same form sent twice, has done it.
    """
    if now.pause is not None and fields.get("why", "") != now.why:
        return True
    if now.grows or target.act in (Act.PAUSE, Act.LOOK):
        return False
    if now.number > (number_in(fields.get("number", "")) or 0):
        return True
    shown = _time(fields.get("shown", ""))
    is_counted = target.wave is not None and target.act in (Act.RESUME, Act.PUBLISH, Act.REVERT)
    return is_counted and any(release.updated_at > shown for release in now.touched)


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return _NEVER
