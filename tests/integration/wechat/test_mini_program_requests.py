from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.integration.wechat.server import ScriptedWeChat
from wechat.domains import Domains
from wechat.mini_program import PATHS, MiniProgram

WANTED = Domains.wanted({"requestdomain": ["https://a.cn"], "wsrequestdomain": ["wss://a.cn"]})
EXT = {"extAppid": "wx1", "ext": {"name": "商店", "quote": '"'}}
EXT_JSON = '{"extAppid":"wx1","ext":{"name":"商店","quote":"\\""}}'
COMMIT = json.dumps(
    {"template_id": 7, "ext_json": EXT_JSON, "user_version": "1.0.0", "user_desc": "第一版"},
    ensure_ascii=False,
    separators=(",", ":"),
)

CASES: list[tuple[Callable[[MiniProgram], object], str, str, str]] = [
    (lambda it: it.domains(), "POST", "/wxa/modify_domain", '{"action":"get"}'),
    (lambda it: it.modify_domain("get", WANTED), "POST", "/wxa/modify_domain", '{"action":"get"}'),
    (
        lambda it: it.modify_domain("add", WANTED),
        "POST",
        "/wxa/modify_domain",
        '{"action":"add","requestdomain":["https://a.cn"],"wsrequestdomain":["wss://a.cn"]}',
    ),
    (
        lambda it: it.modify_domain("delete", Domains.wanted({"requestdomain": ["https://a.cn"]})),
        "POST",
        "/wxa/modify_domain",
        '{"action":"delete","requestdomain":["https://a.cn"]}',
    ),
    (
        lambda it: it.commit(template_id=7, ext=EXT, user_version="1.0.0", user_desc="第一版"),
        "POST",
        "/wxa/commit",
        COMMIT,
    ),
    (lambda it: it.submit_audit({}), "POST", "/wxa/submit_audit", "{}"),
    (
        lambda it: it.submit_audit({"version_desc": "新的", "privacy_api_not_use": False}),
        "POST",
        "/wxa/submit_audit",
        '{"version_desc":"新的","privacy_api_not_use":false}',
    ),
    (lambda it: it.trial_version(), "POST", "/wxa/getversioninfo", "{}"),
    (lambda it: it.now(), "POST", "/wxa/getversioninfo", "{}"),
    (lambda it: it.latest_audit(), "GET", "/wxa/get_latest_auditstatus", ""),
    (lambda it: it.privacy_info(), "GET", "/wxa/security/get_code_privacy_info", ""),
    (lambda it: it.quota("/wxa/commit"), "POST", "/cgi-bin/openapi/quota/get", '{"cgi_path":"/wxa/commit"}'),
    (lambda it: it.audit_quota(), "GET", "/wxa/queryquota", ""),
    (lambda it: it.audit(2**63 - 1), "POST", "/wxa/get_auditstatus", '{"auditid":9223372036854775807}'),
    (lambda it: it.material("a-b_c"), "POST", "/cgi-bin/material/get_material", '{"media_id":"a-b_c"}'),
    (lambda it: it.withdraw_audit(), "GET", "/wxa/undocodeaudit", ""),
    (lambda it: it.speed_up_audit(7), "POST", "/wxa/speedupaudit", '{"auditid":7}'),
    (lambda it: it.versions(), "POST", "/wxa/getversioninfo", "{}"),
    (lambda it: it.release(), "POST", "/wxa/release", "{}"),
    (lambda it: it.effective_domains(), "POST", "/wxa/get_effective_domain", "{}"),
    (lambda it: it.web_view_domains(), "POST", "/wxa/setwebviewdomain", '{"action":"get"}'),
    (
        lambda it: it.add_web_view_domains(("https://a.cn", "https://b.cn")),
        "POST",
        "/wxa/setwebviewdomain",
        '{"action":"add","webviewdomain":["https://a.cn","https://b.cn"]}',
    ),
    (
        lambda it: it.change_web_view_domains("delete", ("https://a.cn",)),
        "POST",
        "/wxa/setwebviewdomain",
        '{"action":"delete","webviewdomain":["https://a.cn"]}',
    ),
    (lambda it: it.effective_web_view_domains(), "POST", "/wxa/get_effective_webviewdomain", "{}"),
    # With both in the query WeChat only lists: https://developers.weixin.qq.com/community/develop/doc/0004e8c568cc00397cf463ed061000
    (lambda it: it.earlier_versions(), "GET", "/wxa/revertcoderelease?action=get_history_version", ""),
    (lambda it: it.revert(3), "GET", "/wxa/revertcoderelease?app_version=3", ""),
    (lambda it: it.gray_plan(), "GET", "/wxa/getgrayreleaseplan", ""),
    (lambda it: it.gray(5), "POST", "/wxa/grayrelease", '{"gray_percentage":5}'),
    (lambda it: it.stop_gray(), "GET", "/wxa/revertgrayrelease", ""),
    (lambda it: it.is_open(), "POST", "/wxa/getvisitstatus", "{}"),
    (lambda it: it.set_open(True), "POST", "/wxa/change_visitstatus", '{"action":"open"}'),
    (lambda it: it.set_open(False), "POST", "/wxa/change_visitstatus", '{"action":"close"}'),
    (lambda it: it.filing(), "GET", "/wxa/icp/get_icp_entrance_info", ""),
]
#: The fields that these calls look for.
ANSWER = {
    "errcode": 0,
    "auditid": 1,
    "status": 1,
    "rest": 1,
    "limit": 1,
    "effective_domain": {},
    "webviewdomain": [],
    "effective_webviewdomain": [],
    "version_list": [],
    "info": {"status": 6},
}


@pytest.mark.parametrize(("call", "method", "path", "body"), CASES)
def test_call_has_its_verb_path_query_and_body(
    mini_program: MiniProgram,
    wechat: ScriptedWeChat,
    call: Callable[[MiniProgram], object],
    method: str,
    path: str,
    body: str,
) -> None:
    path, _, query = path.partition("?")
    wechat.on(path, b"a picture" if path.endswith("get_material") else ANSWER)

    call(mini_program)

    (request,) = wechat.calls(path)
    rest = f"&{query}" if query else ""
    assert (request.method, request.target) == (method, f"{path}?access_token=merchant-1{rest}")
    assert request.body.decode() == body


def test_ext_json_is_a_string_that_holds_json(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    wechat.on("/wxa/commit", {"errcode": 0})

    mini_program.commit(template_id=7, ext=EXT, user_version="1.0.0", user_desc="first")

    (request,) = wechat.calls("/wxa/commit")
    assert isinstance(request.fields["ext_json"], str)
    assert json.loads(request.fields["ext_json"]) == EXT


def test_empty_ext_is_an_empty_object_in_a_string(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    wechat.on("/wxa/commit", {"errcode": 0})

    mini_program.commit(template_id=7, ext={}, user_version="1.0.0", user_desc="first")

    (request,) = wechat.calls("/wxa/commit")
    assert request.fields["ext_json"] == "{}"


def test_every_path_is_covered_here() -> None:
    assert set(PATHS.values()) == {path.partition("?")[0] for _, _, path, _ in CASES}


def test_log_names_the_mini_program(
    mini_program: MiniProgram, wechat: ScriptedWeChat, caplog: pytest.LogCaptureFixture
) -> None:
    wechat.on("/wxa/security/get_code_privacy_info", {"errcode": 0})
    caplog.set_level("INFO", "wechat")

    mini_program.privacy_info()

    *_of_the_tokens, event = [
        vars(record) for record in caplog.records if record.getMessage() == "wechat call"
    ]
    told = {name: event[name] for name in ("endpoint", "appid", "status", "errcode")}
    assert told == {
        "endpoint": "/wxa/security/get_code_privacy_info",
        "appid": mini_program.appid,
        "status": 200,
        "errcode": 0,
    }
    assert "merchant-1" not in repr(event)
