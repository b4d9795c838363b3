"""The collaborators of the tasks, built once per process and handed in by the app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tasks.audit_quota import AuditQuotas
from tasks.batch import Batch
from tasks.call_window import CallWindow
from tasks.lease import Leases
from tasks.outcome import Outcomes
from tasks.parking import ParkingLot
from tasks.pauses import Pauses
from tasks.policy import RetryPolicy
from tasks.preflight import Preflight
from tasks.reconciler import Reconciler
from tasks.releases import Releases
from tasks.results import Results
from tasks.store import ReleaseStore
from tasks.timed_pauses import TimedPauses
from tasks.waves import Waves
from wechat.api import WeChat
from wechat.domains import Domains


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What a task may use. Time and chance are parts of it, so that tests can set them."""

    store: ReleaseStore
    releases: Releases
    batch: Batch
    waves: Waves
    preflight: Preflight
    audit_quotas: AuditQuotas
    leases: Leases
    pauses: Pauses
    timed_pauses: TimedPauses
    call_window: CallWindow
    parking: ParkingLot
    reconciler: Reconciler
    results: Results
    outcomes: Outcomes
    wechat: WeChat
    policy: RetryPolicy
    wanted: Domains
    step_deadline_s: float
    now: Callable[[], datetime]
    random: Callable[[], float]


class ReleaseApp(Protocol):
    """The app, as the tasks see it."""

    @property
    def services(self) -> Services:
        """Built when first asked for, in the process that asks."""
