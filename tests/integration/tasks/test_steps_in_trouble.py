"""What a step does when its call meets everybody's trouble: the tasks called as functions, on real Redis."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from releases.errors import ReleaseBlocked, ReleaseFailed
from releases.problems import NotShownYet, StepBlocked
from releases.record import Progress
from releases.scope import Scope
from releases.states import Status, Step
from releases.steps.failures.call_window import CallWindow
from releases.steps.failures.quota_resets import next_day, next_month
from releases.steps.failures.timed_pauses import TimedPauses
from releases.store.places import held as at_pause
from releases.store.records import ReleaseStore
from tasks.interim import Parked
from tests.integration.conftest import Clock
from tests.integration.tasks import test_step_messages
from tests.integration.tasks.running import CONFIGURED, DOMAINS_DONE, At, Run, now
from tests.support.examples import NOW, a_problem
from tests.support.fake_wechat import FakeMiniProgram, FakeWeChat, refused, unanswered
from wechat.component import PREFIX
from wechat.errcodes.table import TABLE
from wechat.errors import OwnerAway, RateLimited, Refused, Unanswered
from wechat.http.deadline import DeadlineExceeded

wechat, run, at = test_step_messages.wechat, test_step_messages.run, test_step_messages.at


class Observed(FakeMiniProgram):
    """One whose calls are all noted as answered."""

    def __init__(self, window: CallWindow, **answers: Any) -> None:
        super().__init__(**answers)
        self._window = window

    def _answer(self, call: str) -> Any:
        self._window.observe(call, 0, 0.1)
        return super()._answer(call)


def be_out(timed: TimedPauses) -> None:
    """WeChat answers no call of any release any more."""
    for position in range(20):
        with timed.window.calls_for(f"wx{position % 5}"):
            timed.window.observe("/wxa/commit", None, 0.1)


@pytest.mark.parametrize("error", [unanswered(), refused(-1), DeadlineExceeded()])
def test_while_wechat_is_out_a_step_waits_with_all_and_uses_up_no_attempt(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, timed_pauses: TimedPauses, error: Exception
) -> None:
    wechat.answers(commit=[error])
    # It would be the last one.
    stored = at(Step.COMMIT_CODE, progress=DOMAINS_DONE.model_copy(update={"failures": 5}))
    be_out(timed_pauses)

    assert isinstance(run(Step.COMMIT_CODE, stored.release), Parked)

    release = now(store, stored)
    assert (release.status, release.progress.failures) == (Status.WAITING, 5)
    assert release.progress.held == Scope.ALL
    assert release.next_attempt_at == NOW + timedelta(seconds=10)
    assert release.wait is not None
    assert "by itself" in release.wait.remedy
    # The call may have been applied: whoever comes next asks first.
    assert release.progress.commit_at is not None


def test_a_probe_runs_while_the_others_wait_and_its_answer_ends_the_pause(
    run: Run,
    at: At,
    store: ReleaseStore,
    wechat: FakeWeChat,
    timed_pauses: TimedPauses,
    clock: Clock,
) -> None:
    wechat.scripted = Observed(timed_pauses.window, get=[CONFIGURED])
    held = {"progress": Progress(held=Scope.ALL), "place": at_pause(Scope.ALL)}
    stored = at(Step.ENSURE_DOMAINS, Status.WAITING, next_attempt_at=NOW, **held)
    be_out(timed_pauses)
    timed_pauses.unanswered("another", a_problem(), 0)
    clock.passes(10)
    assert timed_pauses.look() == 1

    run(Step.ENSURE_DOMAINS, stored.release)

    assert now(store, stored).step is Step.COMMIT_CODE
    assert timed_pauses.pauses.current(Scope.ALL) is None


def test_a_server_that_asks_to_be_left_alone_is_left_alone_by_all(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, timed_pauses: TimedPauses
) -> None:
    wechat.answers(get=[Unanswered("/wxa/modify_domain", "HTTP 503", 120.0)])
    stored = at(Step.ENSURE_DOMAINS)

    assert isinstance(run(Step.ENSURE_DOMAINS, stored.release), Parked)

    release, pause = now(store, stored), timed_pauses.pauses.current(Scope.ALL)
    assert pause is not None
    assert pause.until == NOW + timedelta(seconds=120)
    assert "Retry-After" in pause.errmsg
    assert release.progress.failures == 1
    assert release.next_attempt_at == NOW + timedelta(seconds=150)


@pytest.mark.parametrize("name", ["api_component_token", "api_authorizer_token"])
@pytest.mark.parametrize(("errcode", "until"), [(45009, next_day(NOW)), (45011, NOW + timedelta(seconds=75))])
def test_what_the_platforms_own_calls_are_refused_for_holds_all_until_then(
    run: Run,
    at: At,
    store: ReleaseStore,
    wechat: FakeWeChat,
    timed_pauses: TimedPauses,
    name: str,
    errcode: int,
    until: datetime,
) -> None:
    wechat.answers(get=[Refused(PREFIX + name, errcode, "no", None, {})])
    stored = at(Step.ENSURE_DOMAINS, progress=Progress(failures=5))

    assert isinstance(run(Step.ENSURE_DOMAINS, stored.release), Parked)

    release, pause = now(store, stored), timed_pauses.pauses.current(Scope.ALL)
    assert pause is not None
    assert (pause.errcode, pause.until) == (errcode, until)
    assert (release.status, release.progress.held, release.next_attempt_at) == (
        Status.WAITING,
        Scope.ALL,
        until,
    )
    assert release.progress.failures == 5
    assert release.wait is not None
    assert f"by itself: at {until:%F %T} UTC" in release.wait.remedy
    # The component's limits are asked for with its token, which is not there where that was refused.
    learns = errcode == 45011 and name == "api_authorizer_token"
    assert [call for call in wechat.scripted.calls if "learn" in call] == (
        [f"learn the rate of {PREFIX}{name}"] if learns else []
    )


def test_a_component_token_that_is_rejected_for_one_mini_program_holds_all_for_a_while_and_uses_up_an_attempt(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, timed_pauses: TimedPauses
) -> None:
    wechat.answers(get=[Refused(f"{PREFIX}api_authorizer_token", 40001, "no", None, {})])
    stored = at(Step.ENSURE_DOMAINS)

    assert isinstance(run(Step.ENSURE_DOMAINS, stored.release), Parked)

    release, pause = now(store, stored), timed_pauses.pauses.current(Scope.ALL)
    assert pause is not None
    assert (pause.is_timed, pause.until) == (True, NOW + timedelta(seconds=75))
    assert (release.progress.held, release.progress.failures) == (Scope.ALL, 1)


def test_a_quota_of_one_call_is_waited_for_until_its_reset_and_a_little(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, timed_pauses: TimedPauses
) -> None:
    wechat.answers(get=[refused(86102)])
    stored = at(Step.ENSURE_DOMAINS)

    assert isinstance(run(Step.ENSURE_DOMAINS, stored.release), Parked)

    # `random` says 1: the latest that there is.
    assert now(store, stored).next_attempt_at == next_month(NOW) + timedelta(seconds=60)
    assert timed_pauses.pauses.current(Scope.ALL) is None


#: What passes by itself, and what is asked for once more before it is believed.
PASSES = [
    *(refused(row.code) for row in TABLE.values() if row.waiting),
    *(refused(-60005), unanswered(), DeadlineExceeded(), RateLimited("/wxa/modify_domain", 30.0)),
    NotShownYet(
        StepBlocked(errmsg="not there", remedy="Look, then resume the release."), budget="unshown", tries=2
    ),
]


@pytest.mark.parametrize("error", PASSES, ids=lambda error: f"{type(error).__name__} {error}"[:40])
def test_a_release_that_waits_says_that_it_goes_on_by_itself_and_when(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, error: Exception
) -> None:
    wechat.answers(get=[error], quota=[unanswered()])
    stored = at(Step.ENSURE_DOMAINS)

    assert isinstance(run(Step.ENSURE_DOMAINS, stored.release), Parked)

    release = now(store, stored)
    assert release.status is Status.WAITING
    assert release.next_attempt_at is not None
    assert release.next_attempt_at > NOW
    assert release.wait is not None
    assert release.wait.remedy.startswith("It goes on by itself")
    assert "then resume" not in release.wait.remedy.lower()


@pytest.mark.parametrize(
    ("error", "tries"), [(refused(61039), {"scans": 9999}), (unanswered(), {"failures": 9999})]
)
def test_one_that_does_not_go_on_any_more_says_what_to_do(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, error: Exception, tries: dict[str, int]
) -> None:
    wechat.answers(get=[error])
    stored = at(Step.ENSURE_DOMAINS, progress=Progress(**tries))

    with pytest.raises((ReleaseBlocked, ReleaseFailed)):
        run(Step.ENSURE_DOMAINS, stored.release)

    release = now(store, stored)
    problem = release.block or release.failure
    assert problem is not None
    assert "resume the release" in problem.remedy
    assert "by itself" not in problem.remedy


def test_an_owner_of_the_tokens_that_is_away_holds_all_and_costs_who_met_it_one_attempt(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, timed_pauses: TimedPauses
) -> None:
    wechat.answers(commit=[OwnerAway("HTTP 503")])
    stored = at(Step.COMMIT_CODE, progress=DOMAINS_DONE)

    assert isinstance(run(Step.COMMIT_CODE, stored.release), Parked)

    release, pause = now(store, stored), timed_pauses.pauses.current(Scope.ALL)
    assert pause is not None
    assert (pause.outage, pause.is_timed) == (1, True)
    assert (release.status, release.progress.held) == (Status.WAITING, Scope.ALL)
    assert (release.progress.failures, release.next_attempt_at) == (1, pause.until)
    assert release.wait is not None
    assert release.wait.errmsg == "the owner of the tokens: HTTP 503"
    assert "by itself" in release.wait.remedy
    assert "MPRELEASE_TOKENS__KEY" in release.wait.remedy


def test_who_tries_while_the_owner_is_still_away_uses_up_no_attempt(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, timed_pauses: TimedPauses
) -> None:
    wechat.answers(commit=[OwnerAway("HTTP 503")])
    stored = at(Step.COMMIT_CODE, progress=DOMAINS_DONE)
    timed_pauses.begin(a_problem(), NOW + timedelta(seconds=10), outage=1)
    pause = timed_pauses.pauses.current(Scope.ALL)
    assert pause is not None
    trying = pause.model_copy(update={"probes": (stored.release.id, "another")})
    assert timed_pauses.pauses.replace(Scope.ALL, pause, trying)

    assert isinstance(run(Step.COMMIT_CODE, stored.release), Parked)

    renewed = timed_pauses.pauses.current(Scope.ALL)
    assert renewed is not None
    assert (renewed.outage, renewed.probes) == (2, ())
    assert now(store, stored).progress.failures == 0
