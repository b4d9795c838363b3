"""WeChat's answers, over real HTTP: a value of the declared type, or a WeChatError that shows no secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.integration.wechat.names import REFRESH_TOKEN, TICKET
from tests.integration.wechat.server import answer
from tests.integration.wechat.shown import everything_shown_by
from tests.properties.cases import Cases, share
from tests.properties.right import APPID, FULL_REQUEST
from tests.properties.wechat_answers import (
    AUTHORIZER_TOKEN_PATH,
    AUTHORIZERS_PATH,
    COMPONENT_TOKEN,
    JUMP_POOL_PATH,
    POOL_PATH,
    SECRETS,
    Answers,
    whole_answers,
    without_errcode,
)
from wechat.api import WeChat
from wechat.component import COMPONENT_TOKEN_PATH, Grant, PlatformDomains
from wechat.domains import Domains
from wechat.errors import Unanswered, WeChatError
from wechat.http.answers import WITHOUT_ERRCODE
from wechat.http.deadline import Deadline, DeadlineExceeded
from wechat.mini_program import (
    PATHS,
    AuditQuota,
    AuditStatus,
    Filing,
    GrayPlan,
    LatestAudit,
    MiniProgram,
    Quota,
    TrialVersion,
    Versions,
)

_WANTED = Domains.wanted(FULL_REQUEST["domains"])


@dataclass(frozen=True)
class Call:
    """One call: the path that it asks, how it is made, and what it may return."""

    path: str
    make: Callable[[WeChat, MiniProgram], Any]
    returns: type | tuple[type, ...]


def _commit(_: WeChat, mini: MiniProgram) -> None:
    mini.commit(template_id=1, ext=FULL_REQUEST["ext"], user_version="1.4.2", user_desc="x")


def _deadline() -> Deadline:
    return Deadline(20)


CALLS = {
    "component_token": Call(
        COMPONENT_TOKEN_PATH, lambda wechat, _: wechat._component.component_token(TICKET, _deadline()), Grant
    ),
    "authorizer_token": Call(
        AUTHORIZER_TOKEN_PATH,
        lambda wechat, _: wechat._component.authorizer_token(
            COMPONENT_TOKEN, APPID, REFRESH_TOKEN, _deadline()
        ),
        Grant,
    ),
    "authorizers": Call(
        AUTHORIZERS_PATH,
        lambda wechat, _: wechat._component.authorizers(COMPONENT_TOKEN, 0, _deadline()),
        list,
    ),
    "platform_domains": Call(
        POOL_PATH, lambda wechat, _: wechat.platform_domains(_deadline()), PlatformDomains
    ),
    "jump_hosts": Call(JUMP_POOL_PATH, lambda wechat, _: wechat.jump_hosts(_deadline()), PlatformDomains),
    "domains": Call(PATHS["modify_domain"], lambda _, mini: mini.domains(), Domains),
    "add": Call(PATHS["modify_domain"], lambda _, mini: mini.modify_domain("add", _WANTED), dict),
    "commit": Call(PATHS["commit"], _commit, NoneType),
    "submit_audit": Call(PATHS["submit_audit"], lambda _, mini: mini.submit_audit({}), int),
    "trial_version": Call(
        PATHS["getversioninfo"], lambda _, mini: mini.trial_version(), (TrialVersion, NoneType)
    ),
    "latest_audit": Call(
        PATHS["get_latest_auditstatus"], lambda _, mini: mini.latest_audit(), (LatestAudit, NoneType)
    ),
    "audit": Call(PATHS["get_auditstatus"], lambda _, mini: mini.audit(7), (AuditStatus, NoneType)),
    "versions": Call(PATHS["getversioninfo"], lambda _, mini: mini.versions(), Versions),
    "release": Call(PATHS["release"], lambda _, mini: mini.release(), NoneType),
    "effective_domains": Call(
        PATHS["get_effective_domain"], lambda _, mini: mini.effective_domains(), Domains
    ),
    "web_view_domains": Call(PATHS["setwebviewdomain"], lambda _, mini: mini.web_view_domains(), tuple),
    "effective_web_view_domains": Call(
        PATHS["get_effective_webviewdomain"], lambda _, mini: mini.effective_web_view_domains(), tuple
    ),
    "earlier_versions": Call(PATHS["revertcoderelease"], lambda _, mini: mini.earlier_versions(), tuple),
    "revert": Call(PATHS["revertcoderelease"], lambda _, mini: mini.revert(3), NoneType),
    "gray_plan": Call(PATHS["getgrayreleaseplan"], lambda _, mini: mini.gray_plan(), (GrayPlan, NoneType)),
    "is_open": Call(PATHS["getvisitstatus"], lambda _, mini: mini.is_open(), bool),
    "filing": Call(PATHS["get_icp_entrance_info"], lambda _, mini: mini.filing(), Filing),
    "privacy_info": Call(PATHS["get_code_privacy_info"], lambda _, mini: mini.privacy_info(), dict),
    "audit_quota": Call(PATHS["queryquota"], lambda _, mini: mini.audit_quota(), AuditQuota),
    "quota": Call(PATHS["quota"], lambda _, mini: mini.quota("/wxa/commit"), Quota),
    # The tokens by way of their store, from which the next call takes them.
    "a token's way": Call(AUTHORIZER_TOKEN_PATH, lambda _, mini: mini.privacy_info(), dict),
    "the component token's way": Call(COMPONENT_TOKEN_PATH, lambda _, mini: mini.privacy_info(), dict),
    "a recovered token's way": Call(AUTHORIZERS_PATH, lambda _, mini: mini.privacy_info(), dict),
}


def shows_no_secret(error: BaseException) -> None:
    shown = everything_shown_by(error)
    assert not [secret for secret in SECRETS if secret in shown], shown
    shown.encode()


@pytest.mark.parametrize("name", CALLS)
def test_the_right_answer_is_read(wechat: WeChat, fresh: Callable[[], MiniProgram], name: str) -> None:
    assert isinstance(CALLS[name].make(wechat, fresh()), CALLS[name].returns)


@pytest.mark.parametrize("name", CALLS)
@share(0.2)
@given(data=st.data())
def test_any_answer_is_a_value_or_a_typed_error_without_a_secret(
    cases: Cases,
    wechat: WeChat,
    answers: Answers,
    fresh: Callable[[], MiniProgram],
    name: str,
    data: st.DataObject,
) -> None:
    call, mini_program = CALLS[name], fresh()
    if name == "a recovered token's way":
        answers.laid_down[AUTHORIZER_TOKEN_PATH] = answer(
            b'{"errcode": 61023, "errmsg": "refresh_token is invalid"}'
        )
    answers.laid_down[call.path] = data.draw(whole_answers(call.path))
    try:
        value = call.make(wechat, mini_program)
    except (WeChatError, DeadlineExceeded) as error:
        shows_no_secret(error)
    else:
        assert isinstance(value, call.returns)
    cases.add()


#: The calls whose success has an errcode.
WITH_ERRCODE = [name for name, call in CALLS.items() if call.path not in WITHOUT_ERRCODE]


@pytest.mark.parametrize("name", WITH_ERRCODE)
@share(0.2)
@given(data=st.data())
def test_no_answer_without_an_errcode_of_its_own_is_taken_for_one(
    cases: Cases,
    wechat: WeChat,
    answers: Answers,
    fresh: Callable[[], MiniProgram],
    name: str,
    data: st.DataObject,
) -> None:
    call, mini_program = CALLS[name], fresh()
    answers.laid_down[call.path] = answer(data.draw(without_errcode(call.path)), b"Connection: close")
    with pytest.raises(Unanswered):
        call.make(wechat, mini_program)
    cases.add()
