"""The record of all WeChat calls, for tests that prove what was and was not sent."""

from collections import Counter, defaultdict, deque
from dataclasses import asdict, dataclass
from typing import Any

#: The detailed record is bounded; the counts are not.
MAX_CALLS = 200_000

HIDDEN = "***"
SECRET_FIELDS = frozenset(
    {"component_secret", "component_appsecret", "component_verify_ticket", "authorizer_refresh_token"}
)


@dataclass(slots=True)
class CallRecord:
    """One call as it arrived; errcode stays None until it is answered."""

    n: int
    at: float
    endpoint: str
    appid: str | None
    action: str | None
    body: dict[str, Any] | None
    errcode: int | None = None
    applied: bool = False
    fault: str | None = None


class CallLog:
    """Counts every call exactly and remembers the latest ones in detail."""

    def __init__(self) -> None:
        self._calls: deque[CallRecord] = deque(maxlen=MAX_CALLS)
        self._counts: dict[str | None, Counter[str]] = defaultdict(Counter)
        self._applied: dict[str | None, Counter[str]] = defaultdict(Counter)
        self._progress: dict[str, tuple[int, float]] = {}
        self._again: Counter[str] = Counter()
        self._n = 0

    def arrive(
        self, *, at: float, endpoint: str, appid: str | None, action: str | None, body: dict[str, Any] | None
    ) -> CallRecord:
        """Record a call before anything happens to it."""
        self._n += 1
        if body is not None and not SECRET_FIELDS.isdisjoint(body):
            body = {key: HIDDEN if key in SECRET_FIELDS else value for key, value in body.items()}
        record = CallRecord(self._n, at, endpoint, appid, action, body)
        self._calls.append(record)
        self._counts[appid][endpoint] += 1
        if endpoint == "submit_audit" and appid is not None and self._applied[appid][endpoint]:
            self._again[appid] += 1
        return record

    @property
    def last(self) -> int:
        """The number of the call that came last, 0 before the first."""
        return self._n

    def applied(self, record: CallRecord, *, at: float) -> None:
        """Note that a call took effect."""
        record.applied = True
        self._applied[record.appid][record.endpoint] += 1
        self._progress[record.endpoint] = (self._progress.get(record.endpoint, (0, 0.0))[0] + 1, at)

    def progress(self) -> dict[str, dict[str, float]]:
        """Tell by endpoint how many calls took effect and when the last one did, however many appids there are."""
        return {endpoint: {"count": count, "at": at} for endpoint, (count, at) in self._progress.items()}

    def clear(self) -> None:
        """Start the record afresh, the counters included."""
        for kept in (self._calls, self._counts, self._applied, self._progress, self._again):
            kept.clear()

    def report(self, appid: str | None, endpoint: str | None) -> dict[str, Any]:
        """Show counts and calls, of one appid or one endpoint where named."""
        chosen = [
            asdict(call)
            for call in self._calls
            if appid in (None, call.appid) and endpoint in (None, call.endpoint)
        ]
        counts = self.counts(appid)
        if endpoint is not None:
            counts = {endpoint: counts.get(endpoint, 0)}
        return {"counts": counts, "applied": self.applied_counts(appid), "calls": chosen}

    def counts(self, appid: str | None = None) -> dict[str, int]:
        """Count the calls by endpoint, of one appid or of all."""
        return _sum(self._counts, appid)

    def applied_counts(self, appid: str | None = None) -> dict[str, int]:
        """Count the calls that took effect by endpoint, of one appid or of all."""
        return _sum(self._applied, appid)

    def submitted_after_applied(self, appid: str | None = None) -> int:
        """Count the submit_audit calls that came after one had been applied for the same appid."""
        return self._again.total() if appid is None else self._again[appid]


def _sum(counters: dict[str | None, Counter[str]], appid: str | None) -> dict[str, int]:
    if appid is not None:
        return dict(counters.get(appid, Counter()))
    total: Counter[str] = Counter()
    for counter in counters.values():
        total.update(counter)
    return dict(total)
