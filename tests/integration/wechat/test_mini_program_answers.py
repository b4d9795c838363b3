from __future__ import annotations

from typing import Any

import pytest

from tests.integration.wechat.server import ScriptedWeChat, hang_up, refusal
from wechat.errors import Refused, Unanswered
from wechat.mini_program import AuditQuota, LatestAudit, MiniProgram, Quota, TrialVersion
from wechat.values import integer

#: Beyond what a double can hold exactly.
BIG = 9007199254740993


@pytest.mark.parametrize(
    ("auditid", "expected"), [(BIG, BIG), (str(BIG), BIG), (7.0, 7), (2**63 - 1, 2**63 - 1)]
)
def test_audit_id_is_exact(
    mini_program: MiniProgram, wechat: ScriptedWeChat, auditid: Any, expected: int
) -> None:
    wechat.on("/wxa/submit_audit", {"errcode": 0, "auditid": auditid})

    assert mini_program.submit_audit({}) == expected


@pytest.mark.parametrize(
    "fields",
    [
        {},
        *({"auditid": auditid} for auditid in (None, "", "x", 1.5, True, 0, -1, "0", float(2**53), 1e300)),
    ],
    ids=repr,
)
def test_submission_without_an_audit_id_counts_as_unanswered(
    mini_program: MiniProgram, wechat: ScriptedWeChat, fields: dict[str, Any]
) -> None:
    wechat.on("/wxa/submit_audit", {"errcode": 0, **fields})

    with pytest.raises(Unanswered, match="no auditid"):
        mini_program.submit_audit({})


@pytest.mark.parametrize("value", ["--5", "9" * 5000], ids=["two signs", "too long"])
def test_integer_that_cannot_be_read_is_none(value: str) -> None:
    assert integer(value) is None


def test_trial_version_is_read_from_exp_info(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    info = {"exp_time": 1445412480, "exp_version": "1.0.0", "exp_desc": "第一版"}
    wechat.on("/wxa/getversioninfo", {"errcode": 0, "exp_info": info, "release_info": {}})

    assert mini_program.trial_version() == TrialVersion("1.0.0", "第一版", 1445412480.0)


@pytest.mark.parametrize(
    "time", [1445412480000, "1445412480000", 1445412480.0, 1445412480 * 10**6, 1445412480 * 10**9]
)
def test_times_may_come_in_parts_of_a_second(
    mini_program: MiniProgram, wechat: ScriptedWeChat, time: Any
) -> None:
    wechat.on("/wxa/getversioninfo", {"errcode": 0, "exp_info": {"exp_version": "1", "exp_time": time}})
    wechat.on("/wxa/get_latest_auditstatus", {"errcode": 0, **AUDIT, "submit_audit_time": time})

    trial, audit = mini_program.trial_version(), mini_program.latest_audit()

    assert trial is not None
    assert audit is not None
    assert (trial.time, audit.submit_time) == (1445412480.0, 1445412480.0)


@pytest.mark.parametrize("fields", [{}, {"exp_info": {}}, {"exp_info": None}, {"exp_info": []}], ids=repr)
def test_there_may_be_no_trial_version(
    mini_program: MiniProgram, wechat: ScriptedWeChat, fields: dict[str, Any]
) -> None:
    wechat.on("/wxa/getversioninfo", {"errcode": 0, "release_info": {"release_version": "1"}, **fields})

    assert mini_program.trial_version() is None


@pytest.mark.parametrize(
    "info",
    [{"exp_version": None, "exp_desc": "x"}, {"exp_version": ""}, ["1.0.0"], "1.0.0", 7],
)
def test_trial_version_with_neither_version_nor_time_is_no_answer(
    mini_program: MiniProgram, wechat: ScriptedWeChat, info: Any
) -> None:
    wechat.on("/wxa/getversioninfo", {"errcode": 0, "exp_info": info})

    with pytest.raises(Unanswered, match="without exp_version"):
        mini_program.trial_version()


def test_null_as_the_description_of_a_trial_version_is_absent(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    wechat.on("/wxa/getversioninfo", {"errcode": 0, "exp_info": {"exp_version": "1", "exp_desc": None}})

    assert mini_program.trial_version() == TrialVersion("1", "", 0.0)


@pytest.mark.parametrize(
    "time", [None, "", "soon", [], {}, -1, float("nan"), float("inf"), "nan", "-inf"], ids=repr
)
def test_time_of_a_trial_version_may_be_unknown(
    mini_program: MiniProgram, wechat: ScriptedWeChat, time: Any
) -> None:
    wechat.on("/wxa/getversioninfo", {"errcode": 0, "exp_info": {"exp_version": "1", "exp_time": time}})

    assert mini_program.trial_version() == TrialVersion("1", "", 0.0)


def test_now_does_not_ask_once_an_answer_has_told_the_time(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    wechat.on("/wxa/getversioninfo", {"errcode": 0})
    mini_program._transport.clock.observe("Wed, 21 Oct 2015 07:28:00 GMT")

    assert mini_program.now() == pytest.approx(1445412480.0, abs=5)
    assert wechat.server.requests == []


AUDIT = {
    "errcode": 0,
    "auditid": BIG,
    "status": 1,
    "reason": "no",
    "ScreenShot": "a|b",
    "user_version": "1.0.0",
    "user_desc": "第一版",
    "submit_audit_time": 1445412480,
}


def test_latest_audit_is_read_with_its_reason_and_screenshots(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    wechat.on("/wxa/get_latest_auditstatus", AUDIT)

    assert mini_program.latest_audit() == LatestAudit(
        BIG, 1, "1.0.0", "第一版", 1445412480.0, "no", ("a", "b")
    )


def test_latest_audit_may_come_with_its_numbers_as_strings(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    wechat.on(
        "/wxa/get_latest_auditstatus",
        {"auditid": str(BIG), "status": "0", "submit_audit_time": "1445412480"},
    )

    assert mini_program.latest_audit() == LatestAudit(BIG, 0, "", "", 1445412480.0)


@pytest.mark.parametrize("errcode", [85012, 85058, 86000, 86001])
def test_there_may_be_no_audit(mini_program: MiniProgram, wechat: ScriptedWeChat, errcode: int) -> None:
    wechat.on("/wxa/get_latest_auditstatus", refusal(errcode))

    assert mini_program.latest_audit() is None


@pytest.mark.parametrize("missing", ["auditid", "status"])
def test_audit_without_id_or_status_is_no_answer(
    mini_program: MiniProgram, wechat: ScriptedWeChat, missing: str
) -> None:
    wechat.on(
        "/wxa/get_latest_auditstatus", {name: value for name, value in AUDIT.items() if name != missing}
    )

    # "There is none" would be a second submission.
    with pytest.raises(Unanswered, match="no auditid and status"):
        mini_program.latest_audit()


@pytest.mark.parametrize("auditid", [0, -1, "0"])
def test_audit_whose_id_is_no_id_is_no_answer(
    mini_program: MiniProgram, wechat: ScriptedWeChat, auditid: Any
) -> None:
    wechat.on("/wxa/get_latest_auditstatus", {**AUDIT, "auditid": auditid})

    with pytest.raises(Unanswered, match="no auditid and status"):
        mini_program.latest_audit()


def test_audit_may_come_with_its_numbers_as_whole_floats(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    wechat.on("/wxa/get_latest_auditstatus", {**AUDIT, "auditid": 12.0, "status": 2.0})

    audit = mini_program.latest_audit()

    assert audit is not None
    assert (audit.auditid, audit.status) == (12, 2)


def test_null_in_an_audit_is_absent(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    wechat.on("/wxa/get_latest_auditstatus", {**AUDIT, "user_version": None, "user_desc": None})

    audit = mini_program.latest_audit()

    assert audit is not None
    assert (audit.version, audit.desc) == ("", "")


def test_another_refusal_of_the_latest_audit_is_raised(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    wechat.on("/wxa/get_latest_auditstatus", refusal(48001))

    with pytest.raises(Refused) as caught:
        mini_program.latest_audit()

    assert caught.value.errcode == 48001


def test_unanswered_latest_audit_is_not_taken_for_none(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    wechat.on("/wxa/get_latest_auditstatus", hang_up)

    with pytest.raises(Unanswered):
        mini_program.latest_audit()


def test_domains_are_read_normalised(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    wechat.on("/wxa/modify_domain", {"errcode": 0, "requestdomain": ["HTTPS://A.cn/"], "tcpdomain": []})

    assert mini_program.domains().as_dict() == {"requestdomain": ["https://a.cn"]}


def test_modify_domain_returns_the_whole_answer(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    reply = {"errcode": 0, "requestdomain": ["https://a.cn"], "no_icp_domain": ["https://b.cn"]}
    wechat.on("/wxa/modify_domain", reply)

    assert mini_program.modify_domain("add") == reply


def test_refused_modify_domain_names_the_rejected_domains(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    wechat.on("/wxa/modify_domain", {**refusal(85301), "invalid_requestdomain": ["https://a.cn"]})

    with pytest.raises(Refused) as caught:
        mini_program.modify_domain("add")

    assert caught.value.fields["invalid_requestdomain"] == ["https://a.cn"]


def test_commit_that_is_refused_is_raised(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    wechat.on("/wxa/commit", refusal(85014))

    with pytest.raises(Refused) as caught:
        mini_program.commit(template_id=7, ext={}, user_version="1", user_desc="first")

    assert (caught.value.endpoint, caught.value.errcode) == ("/wxa/commit", 85014)
    assert len(wechat.calls("/wxa/commit")) == 1


def test_privacy_scan_that_is_running_is_a_refusal(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    wechat.on("/wxa/security/get_code_privacy_info", refusal(61039))

    with pytest.raises(Refused) as caught:
        mini_program.privacy_info()

    assert caught.value.errcode == 61039


def test_privacy_info_comes_as_it_is(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    wechat.on("/wxa/security/get_code_privacy_info", {"without_auth_list": ["wx.getLocation"]})

    assert mini_program.privacy_info()["without_auth_list"] == ["wx.getLocation"]


@pytest.mark.parametrize(
    ("fields", "quota"),
    [
        ({"quota": {"daily_limit": 100, "used": 100, "remain": 0}}, Quota(0, None)),
        ({"quota": {"remain": "7"}, "rate_limit": {"call_count": 1, "refresh_second": 60}}, Quota(7, 60.0)),
        (
            {"rate_limit": {"refresh_second": 60}, "component_rate_limit": {"refresh_second": "90"}},
            Quota(None, 90.0),
        ),
        ({"quota": None, "rate_limit": [], "component_rate_limit": {"refresh_second": 0}}, Quota(None, None)),
        ({"rate_limit": {"refresh_second": float("inf")}}, Quota(None, None)),
        ({}, Quota(None, None)),
    ],
)
def test_quota_tells_what_is_left_and_the_longest_rate_window(
    mini_program: MiniProgram, wechat: ScriptedWeChat, fields: dict[str, Any], quota: Quota
) -> None:
    wechat.on("/cgi-bin/openapi/quota/get", fields)

    assert mini_program.quota("/wxa/commit") == quota


def test_the_audit_quota_is_the_providers(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    wechat.on("/wxa/queryquota", {"rest": 7, "limit": "100", "speedup_rest": 1, "speedup_limit": 2})

    assert mini_program.audit_quota() == AuditQuota(7, 100)


def test_an_audit_quota_without_numbers_is_no_answer(
    mini_program: MiniProgram, wechat: ScriptedWeChat
) -> None:
    wechat.on("/wxa/queryquota", {"rest": None})

    with pytest.raises(Unanswered, match="no rest and limit"):
        mini_program.audit_quota()
