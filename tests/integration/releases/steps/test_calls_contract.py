"""The fake Mini Program of the steps' tests and the real one keep the same contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from releases.steps.calls import MiniProgramCalls
from tests.integration.wechat.conftest import *  # noqa: F403 - the real one's fixtures
from tests.integration.wechat.server import ScriptedWeChat, hang_up, refusal
from tests.support.fake_wechat import FakeMiniProgram, refused, unanswered
from wechat.domains import Domains
from wechat.errors import Refused, Unanswered
from wechat.mini_program import (
    PATHS,
    AuditStatus,
    EarlierVersion,
    GrayPlan,
    LatestAudit,
    LiveVersion,
    MiniProgram,
    TrialVersion,
    Versions,
)

HOST = "https://a.cn"
TRIAL = TrialVersion("1.0.0", "faster", 1000.0)
AUDIT = LatestAudit(2**63 - 1, 2, "1.0.0", "faster", 1000.0)
LIVE = LiveVersion("0.9.0", "", 900.0)
EARLIER = (EarlierVersion(3, "0.8.0", "slow", 800.0),)

#: Each call: its name in the fake and in the API, what WeChat answers, what the fake is scripted with, what comes back.
Call = Callable[[MiniProgramCalls], object]
CASES: dict[str, tuple[Call, str, str, dict[str, Any], Any, Any]] = {
    "domains": (
        lambda it: it.domains(),
        *("get", "modify_domain"),
        {"requestdomain": [HOST.upper()]},
        {"requestdomain": [HOST.upper()]},
        Domains.wanted({"requestdomain": [HOST]}),
    ),
    "no domains": (lambda it: it.domains(), *("get", "modify_domain"), {}, {}, Domains.wanted({})),
    "commit": (
        lambda it: it.commit(template_id=1, ext={}, user_version="1.0.0", user_desc="faster"),
        *("commit", "commit"),
        {},
        None,
        None,
    ),
    "submission": (
        lambda it: it.submit_audit({}),
        *("submit_audit", "submit_audit"),
        {"auditid": 2**63 - 1},
        2**63 - 1,
        2**63 - 1,
    ),
    "trial version": (
        lambda it: it.trial_version(),
        *("trial_version", "getversioninfo"),
        {"exp_info": {"exp_version": "1.0.0", "exp_desc": "faster", "exp_time": 1000}},
        TRIAL,
        TRIAL,
    ),
    "no trial version": (lambda it: it.trial_version(), *("trial_version", "getversioninfo"), {}, None, None),
    "latest audit": (
        lambda it: it.latest_audit(),
        *("latest_audit", "get_latest_auditstatus"),
        {
            "auditid": 2**63 - 1,
            "status": 2,
            "user_version": "1.0.0",
            "user_desc": "faster",
            "submit_audit_time": 1000,
        },
        AUDIT,
        AUDIT,
    ),
    "audit": (
        lambda it: it.audit(7),
        *("audit", "get_auditstatus"),
        {"status": 1, "reason": "no", "screenshot": "a|b"},
        AuditStatus(1, "no", ("a", "b")),
        AuditStatus(1, "no", ("a", "b")),
    ),
    "withdrawal": (lambda it: it.withdraw_audit(), *("withdraw_audit", "undocodeaudit"), {}, None, None),
    "versions": (
        lambda it: it.versions(),
        *("versions", "getversioninfo"),
        {
            "exp_info": {"exp_version": "1.0.0", "exp_desc": "faster", "exp_time": 1000},
            "release_info": {"release_version": "0.9.0", "release_desc": "", "release_time": 900},
        },
        Versions(TRIAL, LIVE),
        Versions(TRIAL, LIVE),
    ),
    "release": (lambda it: it.release(), *("release", "release"), {}, None, None),
    "effective domains": (
        lambda it: it.effective_domains(),
        *("effective_domains", "get_effective_domain"),
        {"effective_domain": {"requestdomain": [HOST]}},
        Domains.wanted({"requestdomain": [HOST]}),
        Domains.wanted({"requestdomain": [HOST]}),
    ),
    "web view domains": (
        lambda it: it.web_view_domains(),
        *("web_view_domains", "setwebviewdomain"),
        {"webviewdomain": [HOST]},
        (HOST,),
        (HOST,),
    ),
    "more web view domains": (
        lambda it: it.add_web_view_domains([HOST]),
        *("add_web_view_domains", "setwebviewdomain"),
        {},
        None,
        None,
    ),
    "effective web view domains": (
        lambda it: it.effective_web_view_domains(),
        *("effective_web_view_domains", "get_effective_webviewdomain"),
        {"effective_webviewdomain": [HOST]},
        (HOST,),
        (HOST,),
    ),
    "earlier versions": (
        lambda it: it.earlier_versions(),
        *("earlier_versions", "revertcoderelease"),
        {
            "version_list": [
                {"app_version": 3, "user_version": "0.8.0", "user_desc": "slow", "commit_time": 800}
            ]
        },
        EARLIER,
        EARLIER,
    ),
    "revert": (lambda it: it.revert(3), *("revert", "revertcoderelease"), {}, None, None),
    "gray plan": (
        lambda it: it.gray_plan(),
        *("gray_plan", "getgrayreleaseplan"),
        {"gray_release_plan": {"status": 1, "gray_percentage": 5, "create_timestamp": 1000}},
        GrayPlan(1, 5, 1000.0),
        GrayPlan(1, 5, 1000.0),
    ),
    "no gray plan": (lambda it: it.gray_plan(), *("gray_plan", "getgrayreleaseplan"), {}, None, None),
}


@pytest.fixture(params=["fake", "real"])
def calls(
    request: pytest.FixtureRequest, mini_program: MiniProgram, wechat: ScriptedWeChat
) -> Callable[[str, str, Any, Any], MiniProgramCalls]:
    """Either of them, that answers a call like that."""

    def _calls(name: str, endpoint: str, real: Any, fake: Any) -> MiniProgramCalls:
        if request.param == "fake":
            answers: dict[str, Any] = {name: [fake]}
            return FakeMiniProgram(**answers)
        wechat.on(PATHS[endpoint], real)
        return mini_program

    return _calls


@pytest.mark.parametrize("case", CASES)
def test_an_answer_comes_back_as_the_same_value(
    case: str, calls: Callable[[str, str, Any, Any], MiniProgramCalls]
) -> None:
    call, name, endpoint, real, fake, value = CASES[case]
    assert call(calls(name, endpoint, real, fake)) == value


@pytest.mark.parametrize("case", CASES)
def test_a_refusal_is_raised_with_its_errcode(
    case: str, calls: Callable[[str, str, Any, Any], MiniProgramCalls]
) -> None:
    call, name, endpoint, *_ = CASES[case]
    with pytest.raises(Refused) as caught:
        call(calls(name, endpoint, refusal(61039), refused(61039)))
    assert caught.value.errcode == 61039


@pytest.mark.parametrize("case", CASES)
def test_no_answer_is_raised(case: str, calls: Callable[[str, str, Any, Any], MiniProgramCalls]) -> None:
    call, name, endpoint, *_ = CASES[case]
    with pytest.raises(Unanswered):
        call(calls(name, endpoint, hang_up, unanswered()))


def test_both_have_the_time_and_the_appid(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    wechat.on(PATHS["getversioninfo"], {})
    both: list[MiniProgramCalls] = [mini_program, FakeMiniProgram()]
    assert [isinstance(it.now(), float) and it.appid.startswith("wx") for it in both] == [True, True]
