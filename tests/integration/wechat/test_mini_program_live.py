"""From the audit to live: what the answers say, and what is no answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.wechat.names import API_AUTHORIZER_TOKEN
from tests.integration.wechat.server import ScriptedWeChat, hang_up, refusal
from wechat.domains import Domains
from wechat.errors import Refused, Unanswered
from wechat.http.transport import MAX_BODY, MAX_FILE
from wechat.mini_program import (
    PATHS,
    AuditStatus,
    EarlierVersion,
    Filing,
    GrayPlan,
    LiveVersion,
    MiniProgram,
    TrialVersion,
    Versions,
)

Read = Callable[[MiniProgram], object]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))

#: Each read: the call, where it goes, what WeChat answers, what comes back.
READ: list[tuple[Read, str, dict[str, Any], Any]] = [
    (
        lambda it: it.audit(7),
        "get_auditstatus",
        {"status": 1, "reason": "1: no<br>", "ScreenShot": "a|b"},
        AuditStatus(1, "1: no<br>", ("a", "b")),
    ),
    (
        lambda it: it.audit(7),
        "get_auditstatus",
        {"status": "4", "reason": "later", "screenshot": " a||"},
        AuditStatus(4, "later", ("a",)),
    ),
    (
        lambda it: it.audit(7),
        "get_auditstatus",
        {"status": 0, "reason": None, "screenshot": None},
        AuditStatus(0),
    ),
    (
        lambda it: it.versions(),
        "getversioninfo",
        {
            "exp_info": {"exp_version": "2", "exp_desc": "second", "exp_time": 1445412480},
            "release_info": {"release_version": "1", "release_desc": "第一版", "release_time": 1445412400},
        },
        Versions(TrialVersion("2", "second", 1445412480.0), LiveVersion("1", "第一版", 1445412400.0)),
    ),
    (lambda it: it.versions(), "getversioninfo", {}, Versions(None, None)),
    (
        lambda it: it.versions(),
        "getversioninfo",
        {"exp_info": {}, "release_info": {"release_version": "", "release_desc": "", "release_time": "7"}},
        Versions(None, LiveVersion("", "", 7.0)),
    ),
    (
        lambda it: it.versions(),
        "getversioninfo",
        {"release_info": {"release_version": "1", "release_time": 1445412480000}},
        Versions(None, LiveVersion("1", "", 1445412480.0)),
    ),
    (
        lambda it: it.effective_domains(),
        "get_effective_domain",
        {
            "mp_domain": {"requestdomain": ["https://no.cn"]},
            "effective_domain": {"requestdomain": ["HTTPS://A.cn/"], "udpdomain": []},
        },
        Domains.wanted({"requestdomain": ["https://a.cn"]}),
    ),
    (lambda it: it.effective_domains(), "get_effective_domain", {"effective_domain": {}}, Domains.wanted({})),
    (
        lambda it: it.web_view_domains(),
        "setwebviewdomain",
        {"webviewdomain": ["https://A.cn/", "https://b.cn", "https://a.cn"]},
        ("https://a.cn", "https://b.cn"),
    ),
    (lambda it: it.web_view_domains(), "setwebviewdomain", {"webviewdomain": []}, ()),
    (
        lambda it: it.effective_web_view_domains(),
        "get_effective_webviewdomain",
        {"mp_webviewdomain": ["https://no.cn"], "effective_webviewdomain": ["https://a.cn/"]},
        ("https://a.cn",),
    ),
    (
        lambda it: it.earlier_versions(),
        "revertcoderelease",
        {
            "version_list": [
                {"app_version": 3, "user_version": "1", "user_desc": "x", "commit_time": 1445412480},
                {"app_version": "2", "user_version": "1"},
            ]
        },
        (EarlierVersion(3, "1", "x", 1445412480.0), EarlierVersion(2, "1", "", 0.0)),
    ),
    (lambda it: it.earlier_versions(), "revertcoderelease", {"version_list": []}, ()),
    (
        lambda it: it.gray_plan(),
        "getgrayreleaseplan",
        {"gray_release_plan": {"status": 1, "create_timestamp": 1445412480, "gray_percentage": "8"}},
        GrayPlan(1, 8, 1445412480.0),
    ),
    (
        lambda it: it.gray_plan(),
        "getgrayreleaseplan",
        {"gray_release_plan": {"status": 0, "gray_percentage": 0}},
        GrayPlan(0, 0, 0.0),
    ),
    (lambda it: it.gray_plan(), "getgrayreleaseplan", {}, None),
    (lambda it: it.gray_plan(), "getgrayreleaseplan", {"gray_release_plan": {}}, None),
    (lambda it: it.gray_plan(), "getgrayreleaseplan", {"gray_release_plan": None}, None),
    (lambda it: it.is_open(), "getvisitstatus", {"status": 1}, True),
    (lambda it: it.is_open(), "getvisitstatus", {"status": 0}, False),
    (lambda it: it.filing(), "get_icp_entrance_info", {"info": {"status": 6}}, Filing(6, ())),
    (
        lambda it: it.filing(),
        "get_icp_entrance_info",
        {
            "info": {
                "status": 3,
                "audit_data": [
                    {"key_name": "name", "error": "名称有误", "suggest": "改名"},
                    {"key_name": "x"},
                    None,
                ],
            }
        },
        Filing(3, ("名称有误 改名",)),
    ),
]
#: What lacks what the call is for: a default would be taken for what WeChat has said.
ODD: list[tuple[Read, str, list[dict[str, Any]]]] = [
    (lambda it: it.audit(7), "get_auditstatus", [{}, {"status": None}, {"status": "soon"}]),
    (
        lambda it: it.versions(),
        "getversioninfo",
        [
            {"exp_info": {"exp_desc": "x"}},
            {"release_info": "1"},
            {"release_info": 7},
            {"release_info": ["1"]},
            {"release_info": {"release_desc": "x"}},
            {"release_info": {"release_version": "", "release_time": 0}},
        ],
    ),
    (
        lambda it: it.effective_domains(),
        "get_effective_domain",
        [
            {},
            {"effective_domain": None},
            {"effective_domain": []},
            {"effective_domain": {"requestdomain": "https://a.cn"}},
            {"effective_domain": {"tcpdomain": None}},
        ],
    ),
    (
        lambda it: it.web_view_domains(),
        "setwebviewdomain",
        [{}, {"webviewdomain": None}, {"webviewdomain": "https://a.cn"}, {"webviewdomain": [7]}],
    ),
    (
        lambda it: it.effective_web_view_domains(),
        "get_effective_webviewdomain",
        [{}, {"effective_webviewdomain": {}}, {"mp_webviewdomain": []}],
    ),
    (
        lambda it: it.earlier_versions(),
        "revertcoderelease",
        [
            {},
            {"version_list": None},
            {"version_list": {}},
            {"version_list": [None]},
            {"version_list": [{"user_version": "1"}]},
        ],
    ),
    (
        lambda it: it.gray_plan(),
        "getgrayreleaseplan",
        [
            {"gray_release_plan": "running"},
            {"gray_release_plan": {"status": 1}},
            {"gray_release_plan": {"gray_percentage": 5}},
            {"gray_release_plan": {"status": 1, "gray_percentage": "x"}},
        ],
    ),
    (lambda it: it.is_open(), "getvisitstatus", [{}, {"status": 2}, {"status": True}]),
    (
        lambda it: it.filing(),
        "get_icp_entrance_info",
        [{}, {"info": []}, {"info": {}}, {"info": {"status": "filed"}}],
    ),
    (lambda it: it.material("a"), "get_material", [{}, {"news_item": []}]),
]
#: The writes, each of which is done by errcode 0 and nothing else.
WRITES: list[tuple[Read, str]] = [
    (lambda it: it.release(), "release"),
    (lambda it: it.withdraw_audit(), "undocodeaudit"),
    (lambda it: it.speed_up_audit(7), "speedupaudit"),
    (lambda it: it.revert(3), "revertcoderelease"),
    (lambda it: it.gray(5), "grayrelease"),
    (lambda it: it.stop_gray(), "revertgrayrelease"),
    (lambda it: it.set_open(False), "change_visitstatus"),
    (lambda it: it.add_web_view_domains(["https://a.cn"]), "setwebviewdomain"),
]


@pytest.mark.parametrize(("read", "name", "answer", "value"), READ)
def test_an_answer_is_read(
    mini_program: MiniProgram,
    wechat: ScriptedWeChat,
    read: Read,
    name: str,
    answer: dict[str, Any],
    value: Any,
) -> None:
    wechat.on(PATHS[name], answer)

    assert read(mini_program) == value


@pytest.mark.parametrize(
    ("read", "name", "answer"), [(read, name, answer) for read, name, answers in ODD for answer in answers]
)
def test_what_lacks_what_the_call_is_for_is_no_answer(
    mini_program: MiniProgram, wechat: ScriptedWeChat, read: Read, name: str, answer: dict[str, Any]
) -> None:
    wechat.on(PATHS[name], answer)

    with pytest.raises(Unanswered) as caught:
        read(mini_program)

    assert caught.value.endpoint == PATHS[name]


def test_trial_version_is_read_whatever_stands_for_the_live_one(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    wechat.on("/wxa/getversioninfo", {"exp_info": {"exp_version": "1"}, "release_info": "odd"})

    assert mini_program.trial_version() == TrialVersion("1", "", 0.0)


@pytest.mark.parametrize(("write", "name"), WRITES)
def test_a_write_is_done_by_errcode_0_alone(
    mini_program: MiniProgram, wechat: ScriptedWeChat, write: Read, name: str
) -> None:
    wechat.on(PATHS[name], {}, b"{}", hang_up, refusal(87013))

    assert write(mini_program) is None
    for error in (Unanswered, Unanswered, Refused):
        with pytest.raises(error):
            write(mini_program)


def test_an_audit_that_is_not_this_mini_programs_is_none(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    wechat.on("/wxa/get_auditstatus", refusal(85012), refusal(86000))

    assert mini_program.audit(7) is None
    with pytest.raises(Refused):
        mini_program.audit(7)


@pytest.mark.parametrize(
    ("write", "name", "done", "refused"),
    [
        (lambda it: it.add_web_view_domains(["https://a.cn"]), "setwebviewdomain", 89019, 89021),
        (lambda it: it.speed_up_audit(7), "speedupaudit", 89404, 89402),
    ],
)
def test_what_is_done_already_is_well(
    mini_program: MiniProgram, wechat: ScriptedWeChat, write: Read, name: str, done: int, refused: int
) -> None:
    wechat.on(PATHS[name], refusal(done), refusal(refused))

    assert write(mini_program) is None
    with pytest.raises(Refused):
        write(mini_program)


def test_that_a_version_is_published_already_is_for_the_step_to_judge(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    wechat.on("/wxa/release", refusal(85052))

    with pytest.raises(Refused):
        mini_program.release()


def test_a_number_in_the_query_is_not_masked_as_a_secret(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    wechat.on(
        "/wxa/revertcoderelease", {"errcode": 87012, "errmsg": "3 of 13, token merchant-1 rid: 3f0-33c-0"}
    )

    with pytest.raises(Refused) as caught:
        mini_program.revert(3)

    assert caught.value.errmsg == "3 of 13, token *** rid: 3f0-33c-0"


def test_a_picture_comes_as_it_is(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    wechat.on("/cgi-bin/material/get_material", PNG)

    assert mini_program.material("a") == PNG


def test_a_picture_may_be_larger_than_other_answers_and_no_larger_than_material_may_be(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    largest = PNG.ljust(MAX_FILE, b"x")
    assert len(largest) > MAX_BODY
    wechat.on("/cgi-bin/material/get_material", largest, largest + b"x")

    assert mini_program.material("a") == largest
    with pytest.raises(Unanswered, match="over"):
        mini_program.material("a")


@pytest.mark.parametrize(
    "page", [b"", b"<html>busy</html>", b"\xef\xbb\xbf <!DOCTYPE", b'\n{"errcode', b"[]"]
)
def test_what_somebody_between_us_and_wechat_says_is_no_picture(
    mini_program: MiniProgram, wechat: ScriptedWeChat, page: bytes
) -> None:
    wechat.on("/cgi-bin/material/get_material", page)

    with pytest.raises(Unanswered):
        mini_program.material("a")


def test_a_picture_that_is_refused_says_why(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    wechat.on("/cgi-bin/material/get_material", refusal(40007))

    with pytest.raises(Refused) as caught:
        mini_program.material("a")

    assert caught.value.errcode == 40007


def test_a_rejected_token_is_replaced_for_a_picture_as_for_any_call(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    wechat.on("/cgi-bin/material/get_material", refusal(40001), PNG)

    assert mini_program.material("a") == PNG
    assert [it.token for it in wechat.calls("/cgi-bin/material/get_material")] == ["merchant-1", "merchant-2"]
    assert len(wechat.calls(API_AUTHORIZER_TOKEN)) == 2
