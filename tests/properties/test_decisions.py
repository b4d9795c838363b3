"""A step that meets any answers of WeChat ends with an outcome, or with a decision that a record can hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from releases.problems import NotShownYet, StepBlocked, Undone
from releases.record import Problem, Progress, Release
from releases.request import parse_request
from releases.states import Step
from releases.steps.commit_code import commit_code
from releases.steps.ensure_domains import ensure_domains
from releases.steps.failures.quota_resets import reset_at
from releases.steps.failures.retry_policy import AwaitQuota, Decision, Retry, RetryPolicy
from releases.steps.failures.stopping import _ask_quota
from releases.steps.submit_audit import submit_audit
from releases.store.known import dump, parse
from tests.integration.wechat.server import answer
from tests.properties.cases import Cases, share
from tests.properties.right import FULL_REQUEST
from tests.properties.wechat_answers import POOL_PATH, SECRETS, Answers, bodies
from tests.support.examples import NOW
from tests.support.fake_wechat import NotedIntents
from wechat.api import WeChat
from wechat.domains import Domains
from wechat.errors import WeChatError
from wechat.http.deadline import DeadlineExceeded
from wechat.mini_program import PATHS, MiniProgram

POLICY = RetryPolicy(
    max_attempts=6, wait_initial_s=2, wait_max_s=300, scan_wait_s=60, scan_max_attempts=240, slow_down_s=60
)
RELEASE = Release.of(parse_request(FULL_REQUEST), NOW)
_TIMES = st.none() | st.sampled_from((0.0, 1773480413.0, 9e9))
_PROGRESS = st.builds(
    Progress,
    commit_at=_TIMES,
    committed_at=_TIMES,
    foreign=st.sampled_from(("", "version 9.9.9")),
    submit_at=_TIMES,
    failures=st.integers(0, 6),
    scans=st.integers(0, 240),
    unknowns=st.integers(0, 2),
    unfound=st.integers(0, 1),
    unshown=st.integers(0, 2),
    unadded=st.integers(0, 2),
    exp_time=_TIMES,
)
#: What the steps of the first half ask.
_CALLS = (
    *("modify_domain", "commit", "getversioninfo", "get_code_privacy_info", "submit_audit"),
    *("get_latest_auditstatus", "quota"),
)
_ASKED = (POOL_PATH, *(PATHS[name] for name in _CALLS))
_answers = st.fixed_dictionaries({}, optional={path: bodies(path).map(answer) for path in _ASKED})


def work(step: Step, mini_program: MiniProgram, release: Release, wechat: WeChat) -> Release:
    """Do the step; returns the release as it would be written."""
    if step is Step.ENSURE_DOMAINS:
        wanted = Domains.wanted(FULL_REQUEST["domains"])
        what = ensure_domains(mini_program, wanted, wechat.registered_hosts, release.progress)
        return release.changed(what, NOW)
    if step is Step.COMMIT_CODE:
        return release.changed(commit_code(mini_program, release, NotedIntents()), NOW)
    auditid, what = submit_audit(mini_program, release, NotedIntents())
    return release.changed(what, NOW, auditid=auditid)


def holds(release: Release) -> None:
    """The record is the same after Redis and shows no secret; it can be told through Celery."""
    document = dump(release)
    assert parse(document, 1).release == release
    json.dumps(release.public()).encode()
    assert not [secret for secret in SECRETS if secret in document]


@share(2)
@given(step=st.sampled_from(Step), progress=_PROGRESS, laid_down=_answers)
def test_any_answers_lead_a_step_to_an_outcome_or_a_decision_that_a_record_can_hold(
    cases: Cases,
    wechat: WeChat,
    answers: Answers,
    fresh: Callable[[], MiniProgram],
    step: Step,
    progress: Progress,
    laid_down: dict[str, bytes],
) -> None:
    mini_program = fresh()
    answers.laid_down.update(laid_down)
    release = RELEASE.model_copy(update={"step": step, "progress": progress})
    try:
        holds(work(step, mini_program, release, wechat))
    except Undone as replaced:
        holds(release.changed(str(replaced), NOW))
    except (WeChatError, DeadlineExceeded, StepBlocked, NotShownYet) as error:
        decision = POLICY.decide(error, step, progress, Random(1).random)
        assert isinstance(decision, get_args(Decision))
        problem: Problem = decision.problem
        assert problem.errmsg is not None
        assert problem.remedy
        holds(release.model_copy(update={"block": problem}))
        if isinstance(decision, Retry):
            assert 0 <= decision.delay_s <= 300
        if isinstance(decision, AwaitQuota):
            until = reset_at(decision.row, _ask_quota(mini_program, decision, error), NOW)
            assert NOW < until < NOW + timedelta(days=32)
    cases.add()
