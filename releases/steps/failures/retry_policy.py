"""What happens after a step's call failed: a pure function from the error to a decision.

Only this decides about retries; neither Celery's defaults nor the HTTP client repeat anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from releases.problems import NotShownYet, StepBlocked, describe
from releases.record import Problem, Progress
from releases.states import Step
from releases.steps.failures.call_window import BUSY
from wechat.component import COMPONENT_TOKEN_PATH
from wechat.component import PREFIX as COMPONENT_PREFIX
from wechat.errcodes.table import Errcode, Verdict, verdict_of
from wechat.errors import (
    AuthorizationPending,
    NotAuthorized,
    NotLent,
    OwnerAway,
    RateLimited,
    Refused,
    TicketMissing,
    Unanswered,
    Unreadable,
    WeChatError,
)
from wechat.http.deadline import DeadlineExceeded

#: An errcode that is in no table is tried once more.
MAX_UNKNOWNS = 1

#: What WeChat does not show yet is asked for again after so many seconds at the least.
LOOK_AGAIN_S = 1.0

#: A step whose call's turn is too far away comes back after so many seconds at the least.
RATE_WAIT_S = 5.0

#: A server that asks to be left alone (Retry-After) is obeyed for so many seconds at the most.
LONGEST_ASKED_S = 3600.0

#: Verdicts that concern one release, where the call was made for one.
_HOPELESS = frozenset({Verdict.TOKEN, Verdict.BLOCK, Verdict.BUG, Verdict.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Retry:
    """Try the step again after so many seconds; `progress` has the budget that this uses up.

    For `pause_s` no release may call WeChat: its gateway asked for that.
    """

    problem: Problem
    delay_s: float
    progress: Progress
    pause_s: float = 0.0


@dataclass(frozen=True, slots=True)
class AwaitQuota:
    """Park until the quota's reset, which depends on the row and on what WeChat says of it.

    `is_platforms`: the quota is that of the platform's own calls, so all releases wait.
    """

    problem: Problem
    row: Errcode
    is_platforms: bool = False


@dataclass(frozen=True, slots=True)
class PauseForAWhile:
    """No release can go on for so many seconds; then all go on by themselves.

    `progress` has the budget that this uses up, where it does. An `outage` is renewed, longer each time, by those that try
    after it and meet the same.
    """

    problem: Problem
    delay_s: float
    progress: Progress | None = None
    outage: bool = False


@dataclass(frozen=True, slots=True)
class PausePlatform:
    """No release can go on until a person acts or a new ticket comes."""

    problem: Problem
    lacks_ticket: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Stop this release until a person acts."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Fail:
    """Give this release up, loudly."""

    problem: Problem


Decision = Retry | AwaitQuota | PauseForAWhile | PausePlatform | Block | Fail
StepError = WeChatError | DeadlineExceeded | StepBlocked | NotShownYet


def is_unanswered(error: StepError) -> bool:
    """Whether this is what every call gets while WeChat is out."""
    if isinstance(error, Refused):
        return error.errcode == BUSY
    return isinstance(error, Unanswered | DeadlineExceeded)


def asked_s(error: StepError) -> float:
    """For how many seconds the server asked to be left alone, an hour at the most."""
    asked = error.retry_after_s if isinstance(error, Unanswered | Refused) else None
    return min(max(asked or 0.0, 0.0), LONGEST_ASKED_S)


@dataclass(frozen=True, slots=True)
class _Failed:
    """What is decided about; `random` gives numbers from 0 to 1."""

    problem: Problem
    progress: Progress
    random: Callable[[], float]

    def spread(self, seconds: float) -> float:
        """Never sooner, and not all at the same moment."""
        return seconds * (1 + self.random() / 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """The operator's numbers; times in seconds."""

    max_attempts: int
    wait_initial_s: float
    wait_max_s: float
    scan_wait_s: float
    scan_max_attempts: int
    slow_down_s: float

    def decide(  # noqa: PLR0911 - one line for each kind of error
        self, error: StepError, step: Step, progress: Progress, random: Callable[[], float]
    ) -> Decision:
        """Decide what happens after this error; `random` gives numbers from 0 to 1."""
        if isinstance(error, StepBlocked):
            return Block(error.problem(step))
        if isinstance(error, NotShownYet):
            tries = self.max_attempts - 1 if error.tries is None else error.tries
            failed = _Failed(error.blocked.problem(step), progress, random)
            return self._again(failed, error.budget, tries, Block, LOOK_AGAIN_S)
        problem = describe(error, step)
        failed = _Failed(problem, progress, random)
        if isinstance(error, OwnerAway):
            return self._owner_away(asked_s(error), failed)
        if isinstance(error, NotAuthorized | NotLent) or (
            isinstance(error, Unreadable) and error.appid is not None
        ):
            return Block(problem)
        if isinstance(error, AuthorizationPending):
            # A worker exchanges the code, or drops it when it has expired: it has an end, and nothing has failed.
            return Retry(problem, failed.spread(LOOK_AGAIN_S), progress)
        if isinstance(error, TicketMissing | Unreadable):
            return PausePlatform(problem, lacks_ticket=isinstance(error, TicketMissing))
        if isinstance(error, RateLimited):
            # Nothing was sent and nothing has failed, so nothing is used up.
            return Retry(problem, failed.spread(max(error.retry_after_s, RATE_WAIT_S)), progress)
        if isinstance(error, Refused) and not (is_unanswered(error) and asked_s(error)):
            row = verdict_of(error.errcode)
            slow_down_s = max(self.slow_down_s, asked_s(error))
            platforms = self._platforms(error.endpoint, row, failed, slow_down_s)
            return platforms or self._refused(row, failed, slow_down_s)
        decision = self._retry(failed, asked_s(error))
        return replace(decision, pause_s=asked_s(error)) if isinstance(decision, Retry) else decision

    def _platforms(self, endpoint: str, row: Errcode, failed: _Failed, slow_down_s: float) -> Decision | None:
        """What a refusal of the platform's own calls means for all releases; None where it concerns one, or passes."""
        if not endpoint.startswith(COMPONENT_PREFIX):
            return None
        match row.verdict:
            case Verdict.QUOTA:
                return AwaitQuota(failed.problem, row, is_platforms=True)
            case Verdict.SLOW_DOWN:
                return PauseForAWhile(failed.problem, failed.spread(slow_down_s))
            case Verdict.TOKEN if endpoint != COMPONENT_TOKEN_PATH:
                return self._pause_or_fail(failed)
        if endpoint == COMPONENT_TOKEN_PATH and row.verdict in _HOPELESS:
            # The platform's own appid, secret or ticket: no release will do better.
            return PausePlatform(failed.problem)
        return None

    def _pause_or_fail(self, failed: _Failed) -> PauseForAWhile | Block | Fail:
        """The component's token was rejected, although the client has refreshed it and repeated the call already.

        That passes. Where it does not, it may be the trouble of this Mini Program alone, so it has an end.
        """
        retry = self._retry(failed, self.slow_down_s)
        if not isinstance(retry, Retry):
            return retry
        return PauseForAWhile(failed.problem, failed.spread(self.slow_down_s), retry.progress)

    def _owner_away(self, asked_s: float, failed: _Failed) -> PauseForAWhile | Block | Fail:
        """No release gets a token. Where others do, it is the trouble of this Mini Program alone, so it has an end."""
        retry = self._retry(failed)
        if not isinstance(retry, Retry):
            return retry
        delay_s = max(asked_s, self.outage_s(retry.progress.failures))
        return PauseForAWhile(failed.problem, delay_s, retry.progress, outage=True)

    def _refused(  # noqa: PLR0911 - one line for each verdict
        self, row: Errcode, failed: _Failed, slow_down_s: float
    ) -> Decision:
        problem = failed.problem
        match row.verdict:
            case Verdict.RETRY:
                return self._retry(failed, slow_down_s if row.slow else 0.0)
            case Verdict.SLOW_DOWN:
                return self._retry(failed, slow_down_s)
            case Verdict.WAIT:
                return self._await_scan(failed)
            case Verdict.QUOTA:
                return AwaitQuota(problem, row)
            case Verdict.PLATFORM:
                return PausePlatform(problem)
            case Verdict.UNKNOWN:
                return self._again(failed, "unknowns", MAX_UNKNOWNS, Block)
            case Verdict.TOKEN | Verdict.BUG:
                # The client has refreshed the token once and repeated the call once already.
                return Fail(problem)
            case Verdict.BLOCK | Verdict.ADOPT:
                return Block(problem)

    def _retry(self, failed: _Failed, at_least_s: float = 0.0) -> Retry | Block | Fail:
        return self._again(failed, "failures", self.max_attempts - 1, Fail, at_least_s)

    def _again(
        self, failed: _Failed, budget: str, tries: int, over: type[Block | Fail], at_least_s: float = 0.0
    ) -> Retry | Block | Fail:
        """Try again, unless the budget is used up."""
        used = getattr(failed.progress, budget) + 1
        if used > tries:
            return over(failed.problem)
        delay_s = max(self.backoff_s(used, failed.random), failed.spread(at_least_s))
        return Retry(failed.problem, delay_s, failed.progress.model_copy(update={budget: used}))

    def _await_scan(self, failed: _Failed) -> Decision:
        scans = failed.progress.scans + 1
        if scans >= self.scan_max_attempts:
            return Block(failed.problem)
        delay_s = self.scan_wait_s * (1 + failed.random() / 10)
        # WeChat has answered, so whatever failed before is over: a long scan must not add up the errors met in it.
        progress = failed.progress.model_copy(update={"scans": scans, "failures": 0})
        return Retry(failed.problem, delay_s, progress)

    def backoff_s(self, attempt: int, random: Callable[[], float]) -> float:
        """Exponential backoff before the attempt that follows the given one (from 1), with equal jitter.

        Half of it is waited in any case: with full jitter no budget would be sure to outlast any outage, and what
        spreads the releases of a wave is the other half.
        """
        return self._ceiling_s(attempt) * (1 + random()) / 2

    def outage_s(self, number: int) -> float:
        """How long all releases wait while WeChat is out, the first time (1) and each that follows."""
        # As long as the steps that met it first would wait before their fourth attempt, so nobody is held up for a blink.
        return self._ceiling_s(number + 3)

    def _ceiling_s(self, attempt: int) -> float:
        return min(self.wait_max_s, self.wait_initial_s * 2.0 ** min(attempt - 1, 60))
