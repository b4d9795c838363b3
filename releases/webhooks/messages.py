"""What the webhook says: the state of a release or of a wave as it is now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from releases.reading import Reader
from releases.store.outbox import Member, Outbox
from releases.store.records import ReleaseStore
from releases.waves.report import WaveReports, causes_in
from wechat.http.transport import encode


@dataclass(frozen=True, slots=True)
class Message:
    """The state of one at a revision; the same revision has the same id. Without a body there is nothing to tell of."""

    member: Member
    revision: int | None
    body: bytes = b""

    @property
    def id(self) -> str:
        """By which a receiver knows a repetition."""
        return f"msg_{sha256(f'{self.member}:{self.revision}'.encode()).hexdigest()[:32]}"


class Messages:
    """Reads what is to be told. Safe to use from many threads."""

    def __init__(
        self,
        *,
        store: ReleaseStore,
        reader: Reader,
        outbox: Outbox,
        wave_reports: WaveReports,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._reader = reader
        self._outbox = outbox
        self._wave_reports = wave_reports
        self._now = now

    def of(self, member: Member) -> Message:
        """The message for one that has changed."""
        return self._of_release(member) if member.kind == "release" else self._of_wave(member)

    def _of_release(self, member: Member) -> Message:
        stored = self._store.get(member.name)
        if stored is None:
            return Message(member, None)
        fields = stored.release.public()
        del fields["ext"]  # the merchant's own, and most of the record
        return _message(member, stored.revision, stored.release.updated_at, fields)

    def _of_wave(self, member: Member) -> Message:
        # First: what is read after it is as new, or newer, and is told again then.
        revision = self._outbox.wave_revision(member.name)
        if not self._store.has_wave(member.name):
            return Message(member, revision)
        report = self._wave_reports.of(member.name)
        if report.needs_workers:
            report = report.asked(workers_answer=True)  # it is a worker that asks
        fields = report.document(causes_in(self._reader, member.name))
        return _message(member, revision, self._now(), fields)


def _message(member: Member, revision: int, at: datetime, fields: dict[str, Any]) -> Message:
    said = {
        "type": f"{member.kind}.changed",
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "data": {**fields, "revision": revision},
    }
    return Message(member, revision, encode(said))
