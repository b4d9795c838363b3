"""The collaborators of the tasks, built once per process and handed in by the app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from releases.background.due import Due
from releases.background.pushed import Pushed
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.intake.orders import Orders
from releases.intake.publications import Publications
from releases.notices.teller import Teller
from releases.reading import Reader
from releases.steps.failures.timed_pauses import TimedPauses
from releases.steps.preflight import Preflight
from releases.steps.run import Steps
from releases.store.actions import Actions
from releases.store.leases import Leases
from releases.store.outbox import Outbox
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from releases.store.schema import Schema
from releases.waves.audit_quota import AuditQuotas
from releases.waves.report import WaveReports
from releases.waves.waves import Waves
from releases.webhooks.sender import Sender
from wechat.api import WeChat
from wechat.domains import Domains


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What tasks, commands and background work may use."""

    schema: Schema
    store: ReleaseStore
    reader: Reader
    releases: Releases
    publications: Publications
    batch: Batch
    orders: Orders
    actions: Actions
    waves: Waves
    wave_reports: WaveReports
    preflight: Preflight
    audit_quotas: AuditQuotas
    leases: Leases
    pauses: Pauses
    timed_pauses: TimedPauses
    due: Due
    pushed: Pushed
    steps: Steps
    outbox: Outbox
    webhook_sender: Sender | None
    notices: Teller | None
    wechat: WeChat
    wanted: Domains
    step_deadline_s: float
    publish_queue: str
    now: Callable[[], datetime]


class ReleaseApp(Protocol):
    """The app, as the tasks see it."""

    @property
    def services(self) -> Services:
        """Built when first asked for, in the process that asks."""
