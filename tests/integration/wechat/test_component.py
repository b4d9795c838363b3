from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import redis

from db.database import Database
from tests.integration.wechat.names import (
    API_AUTHORIZER_TOKEN,
    API_COMPONENT_TOKEN,
    API_GET_AUTHORIZER_LIST,
    APPID,
    APPSECRET,
    GETTEMPLATELIST,
    MODIFY_WXA_JUMP_DOMAIN,
    MODIFY_WXA_SERVER_DOMAIN,
    PLATFORM,
    REFRESH_TOKEN,
    TICKET,
)
from tests.integration.wechat.server import ScriptedWeChat, hang_up, refusal
from wechat.api import QUOTA_ASKERS, WeChat
from wechat.component import ComponentApi, Credentials, Grant, PlatformDomains, Template
from wechat.errors import Refused, TicketMissing, Unanswered
from wechat.http.deadline import Deadline
from wechat.mini_program import AuditQuota
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TokenStore


def test_ticket_is_traded_for_a_component_token(
    component: ComponentApi, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    grant = component.component_token(TICKET, deadline)

    (request,) = wechat.server.requests
    assert (request.method, request.target) == ("POST", API_COMPONENT_TOKEN)
    assert request.fields == {
        "component_appid": PLATFORM,
        "component_appsecret": APPSECRET,
        "component_verify_ticket": TICKET,
    }
    assert (grant.token, grant.expires_in_s, grant.refresh_token) == ("component-1", 7200, "")


def test_refresh_token_is_traded_for_an_access_token(
    component: ComponentApi, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    wechat.on(
        API_AUTHORIZER_TOKEN,
        {"authorizer_access_token": "a", "expires_in": "300", "authorizer_refresh_token": "r"},
    )

    grant = component.authorizer_token("component-1", APPID, REFRESH_TOKEN, deadline)

    (request,) = wechat.server.requests
    assert (request.method, request.target) == ("POST", f"{API_AUTHORIZER_TOKEN}?access_token=component-1")
    assert request.fields == {
        "component_appid": PLATFORM,
        "authorizer_appid": APPID,
        "authorizer_refresh_token": REFRESH_TOKEN,
    }
    assert (grant.token, grant.expires_in_s, grant.refresh_token) == ("a", 300, "r")


@pytest.mark.parametrize("token", ["", 7, ["a"], "half \ud800", "two\nlines"], ids=repr)
def test_grant_without_a_token_counts_as_unanswered(
    component: ComponentApi, wechat: ScriptedWeChat, deadline: Deadline, token: Any
) -> None:
    wechat.on(API_COMPONENT_TOKEN, {"component_access_token": token, "expires_in": 7200})

    with pytest.raises(Unanswered, match="no component_access_token"):
        component.component_token(TICKET, deadline)


@pytest.mark.parametrize(
    "fields", [{}, {"component_access_token": None}, {"code": 0}, {"access_token": "t"}], ids=repr
)
def test_grant_that_is_none_counts_as_unanswered(
    component: ComponentApi, wechat: ScriptedWeChat, deadline: Deadline, fields: dict[str, Any]
) -> None:
    wechat.on(API_COMPONENT_TOKEN, {"expires_in": 7200, **fields})

    with pytest.raises(Unanswered, match="no errcode"):
        component.component_token(TICKET, deadline)


@pytest.mark.parametrize("fields", [{}, {"list": None}, {"errcode": 0}, {"errcode": 0, "list": {}}], ids=repr)
def test_page_of_authorizers_without_a_list_counts_as_unanswered(
    component: ComponentApi, wechat: ScriptedWeChat, deadline: Deadline, fields: dict[str, Any]
) -> None:
    wechat.on(API_GET_AUTHORIZER_LIST, {"total_count": 1, **fields})

    with pytest.raises(Unanswered):
        component.authorizers("component-1", 0, deadline)


@pytest.mark.parametrize("refresh_token", [None, "", 7, "half \ud800"], ids=repr)
def test_grant_without_a_refresh_token_has_an_empty_one(
    component: ComponentApi, wechat: ScriptedWeChat, deadline: Deadline, refresh_token: Any
) -> None:
    wechat.on(
        API_AUTHORIZER_TOKEN, {"authorizer_access_token": "a", "authorizer_refresh_token": refresh_token}
    )

    assert component.authorizer_token("t", APPID, REFRESH_TOKEN, deadline).refresh_token == ""


@pytest.mark.parametrize("expires_in", [None, "", "soon", 0, -1, []], ids=repr)
def test_lifetime_that_makes_no_sense_is_taken_for_two_hours(
    component: ComponentApi, wechat: ScriptedWeChat, deadline: Deadline, expires_in: Any
) -> None:
    wechat.on(API_COMPONENT_TOKEN, {"component_access_token": "c", "expires_in": expires_in})

    assert component.component_token(TICKET, deadline).expires_in_s == 7200


def test_lifetime_that_is_missing_is_taken_for_two_hours(
    component: ComponentApi, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    wechat.on(API_COMPONENT_TOKEN, {"component_access_token": "c"})

    assert component.component_token(TICKET, deadline).expires_in_s == 7200


def test_page_of_authorizers_is_asked_for_by_its_offset(
    component: ComponentApi, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    row = {"authorizer_appid": APPID, "refresh_token": "r", "auth_time": 1}
    wechat.on(API_GET_AUTHORIZER_LIST, {"total_count": 1, "list": [row, None]})

    assert component.authorizers("component-1", 500, deadline) == [row]

    (request,) = wechat.server.requests
    assert request.target == f"{API_GET_AUTHORIZER_LIST}?access_token=component-1"
    assert request.fields == {"component_appid": PLATFORM, "offset": 500, "count": 500}


SERVER = (MODIFY_WXA_SERVER_DOMAIN, ComponentApi.platform_domains)
BUSINESS = (MODIFY_WXA_JUMP_DOMAIN, ComponentApi.jump_hosts)


@pytest.mark.parametrize(
    ("pool", "fields", "expected"),
    [
        (
            SERVER,
            {"published_wxa_server_domain": "a.cn; B.cn;;", "testing_wxa_server_domain": "c.cn"},
            PlatformDomains(("a.cn", "b.cn"), ("c.cn",)),
        ),
        (SERVER, {"testing_wxa_server_domain": ""}, PlatformDomains(None, ())),
        (SERVER, {"published_wxa_server_domain": ["a.cn"]}, PlatformDomains(None, ())),
        (
            BUSINESS,
            {
                "errcode": 0,
                "published_wxa_jump_h5_domain": "a.cn; B.cn;",
                "testing_wxa_jump_h5_domain": "c.cn",
            },
            PlatformDomains(("a.cn", "b.cn"), ("c.cn",)),
        ),
        # Without an errcode, as it has been seen.
        (BUSINESS, {"testing_wxa_jump_h5_domain": ""}, PlatformDomains(None, ())),
        (BUSINESS, {"errcode": 0, "published_wxa_jump_h5_domain": ""}, PlatformDomains((), ())),
    ],
)
def test_the_hosts_of_each_pool_are_split_at_semicolons(
    component: ComponentApi,
    wechat: ScriptedWeChat,
    deadline: Deadline,
    pool: tuple[str, Callable[[ComponentApi, str, Deadline], PlatformDomains]],
    fields: dict[str, Any],
    expected: PlatformDomains,
) -> None:
    path, read = pool
    wechat.on(path, fields)

    assert read(component, "component-1", deadline) == expected

    (request,) = wechat.server.requests
    assert (request.token, request.fields) == ("component-1", {"action": "get"})


@pytest.mark.parametrize("fields", [{}, {"published_wxa_jump_h5_domain": "a.cn"}], ids=repr)
def test_business_domains_of_the_platform_without_an_errcode_and_without_hosts_are_no_answer(
    component: ComponentApi, wechat: ScriptedWeChat, deadline: Deadline, fields: dict[str, Any]
) -> None:
    wechat.on(MODIFY_WXA_JUMP_DOMAIN, fields)

    with pytest.raises(Unanswered):
        component.jump_hosts("component-1", deadline)


def test_templates_are_listed_with_the_component_token(
    component: ComponentApi, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    rows = [
        {"template_id": 7, "user_version": "1.4.2", "user_desc": "checkout", "create_time": 1_700_000_000},
        {"template_id": "8", "user_version": None, "create_time": "soon", "template_type": 1},
    ]
    wechat.on(GETTEMPLATELIST, {"template_list": rows})

    assert component.templates("component-1", deadline) == (
        Template(7, "1.4.2", "checkout", 1_700_000_000),
        Template(8, "", "", 0),
    )

    (request,) = wechat.server.requests
    assert (request.method, request.target) == ("GET", f"{GETTEMPLATELIST}?access_token=component-1")


def test_library_without_a_template_is_empty(
    component: ComponentApi, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    wechat.on(GETTEMPLATELIST, refusal(85064))

    assert component.templates("component-1", deadline) == ()


@pytest.mark.parametrize(
    "fields",
    [{}, {"template_list": None}, {"template_list": [{"draft_id": 7}]}, {"template_list": [None]}],
    ids=repr,
)
def test_library_that_cannot_be_read_counts_as_unanswered(
    component: ComponentApi, wechat: ScriptedWeChat, deadline: Deadline, fields: dict[str, Any]
) -> None:
    wechat.on(GETTEMPLATELIST, fields)

    with pytest.raises(Unanswered):
        component.templates("component-1", deadline)


@pytest.fixture
def front_door(wechat: ScriptedWeChat, store: TokenStore, redis_client: redis.Redis) -> WeChat:
    return WeChat(
        api_url=wechat.url,
        connect_timeout_s=5,
        read_timeout_s=5,
        credentials=Credentials(PLATFORM, APPSECRET),
        db=Database(redis_client),
        seal=Seal(),
    )


def test_published_hosts_are_those_that_count(front_door: WeChat, wechat: ScriptedWeChat) -> None:
    wechat.on(
        MODIFY_WXA_SERVER_DOMAIN,
        {"published_wxa_server_domain": "a.cn", "testing_wxa_server_domain": "b.cn"},
    )

    assert front_door.registered_hosts() == ("a.cn",)


@pytest.mark.parametrize("reply", [refusal(48001), hang_up], ids=["refused", "unanswered"])
def test_hosts_that_wechat_does_not_tell_are_none(
    front_door: WeChat, wechat: ScriptedWeChat, reply: Any
) -> None:
    wechat.on(MODIFY_WXA_SERVER_DOMAIN, reply)

    assert front_door.registered_hosts() is None


def test_published_hosts_of_business_domains_are_those_that_count(
    front_door: WeChat, wechat: ScriptedWeChat
) -> None:
    fields = {"published_wxa_jump_h5_domain": "a.cn", "testing_wxa_jump_h5_domain": "b.cn"}
    wechat.on(MODIFY_WXA_JUMP_DOMAIN, refusal(42001), fields, hang_up)

    assert front_door.registered_jump_hosts() == ("a.cn",)
    assert front_door.registered_jump_hosts() is None


def test_template_ids_are_asked_for_again_with_a_fresh_token(
    front_door: WeChat, wechat: ScriptedWeChat
) -> None:
    wechat.on(GETTEMPLATELIST, refusal(42001), {"template_list": [{"template_id": 7}]})

    assert front_door.template_ids() == (7,)


@pytest.mark.parametrize("reply", [refusal(48001), hang_up], ids=["refused", "unanswered"])
def test_template_ids_that_wechat_does_not_tell_are_none(
    front_door: WeChat, wechat: ScriptedWeChat, reply: Any
) -> None:
    wechat.on(GETTEMPLATELIST, reply)

    assert front_door.template_ids() is None


def test_platform_domains_are_asked_for_again_with_a_fresh_token(
    front_door: WeChat, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    wechat.on(MODIFY_WXA_SERVER_DOMAIN, refusal(42001), {"published_wxa_server_domain": "a.cn"})

    assert front_door.platform_domains(deadline).published == ("a.cn",)

    used = [request.token for request in wechat.calls(MODIFY_WXA_SERVER_DOMAIN)]
    assert used == ["component-1", "component-2"]


def test_mini_program_calls_with_its_own_token(
    front_door: WeChat, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    wechat.on("/wxa/security/get_code_privacy_info", {"page_list": ["pages/index"]})

    assert front_door.mini_program(APPID, deadline).privacy_info()["page_list"] == ["pages/index"]
    assert wechat.calls("/wxa/security/get_code_privacy_info")[0].token == "merchant-1"


def test_secret_of_the_platform_is_masked_wherever_it_is_echoed(
    front_door: WeChat, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    wechat.on("/wxa/security/get_code_privacy_info", {"errcode": 48001, "errmsg": f"not for {APPSECRET}"})

    with pytest.raises(Refused) as caught:
        front_door.mini_program(APPID, deadline).privacy_info()

    assert caught.value.errmsg == "not for ***"


def test_front_door_shows_no_secret(front_door: WeChat) -> None:
    assert APPSECRET not in repr(front_door) + repr(vars(front_door))


QUERYQUOTA = "/wxa/queryquota"
OTHERS = tuple(f"wxmerchant00000000{number}" for number in range(2, 6))
QUOTA = {"rest": 7, "limit": 100, "speedup_rest": 0, "speedup_limit": 0}


def test_another_mini_program_asks_for_the_audit_quota_where_one_may_not(
    front_door: WeChat, wechat: ScriptedWeChat, store: TokenStore
) -> None:
    store.put_refresh_tokens({OTHERS[1]: REFRESH_TOKEN})
    wechat.on(QUERYQUOTA, refusal(61003), QUOTA)

    # The first is refused, the second has no refresh token here, the third gets the answer.
    assert front_door.audit_quota([APPID, APPID, *OTHERS]) == AuditQuota(7, 100)
    assert len(wechat.calls(QUERYQUOTA)) == 2


def test_only_a_few_ask_for_the_audit_quota(
    front_door: WeChat, wechat: ScriptedWeChat, store: TokenStore
) -> None:
    store.put_refresh_tokens(dict.fromkeys(OTHERS, REFRESH_TOKEN))
    wechat.on(QUERYQUOTA, refusal(61003))

    with pytest.raises(Refused):
        front_door.audit_quota([APPID, *OTHERS])
    assert len(wechat.calls(QUERYQUOTA)) == QUOTA_ASKERS


def test_what_any_mini_program_would_meet_is_met_once(
    front_door: WeChat, wechat: ScriptedWeChat, redis_client: redis.Redis
) -> None:
    wechat.on(API_COMPONENT_TOKEN, refusal(61004))
    with pytest.raises(Refused):
        front_door.audit_quota([APPID, *OTHERS])
    assert len(wechat.server.requests) == 1

    redis_client.delete("wechat:ticket")
    with pytest.raises(TicketMissing):
        front_door.audit_quota([APPID, *OTHERS])


def test_an_authorization_code_is_exchanged_for_what_wechat_says(
    wechat: ScriptedWeChat, component: ComponentApi, deadline: Deadline
) -> None:
    info = {
        "authorizer_appid": "wx00000000000000b1",
        "authorizer_access_token": "a",
        "expires_in": "300",
        "authorizer_refresh_token": "r",
    }
    wechat.on("/cgi-bin/component/api_query_auth", {"authorization_info": info})
    authorization = component.query_auth("component-token", "the-code", deadline)
    assert (authorization.appid, authorization.grant) == ("wx00000000000000b1", Grant("a", 300, "r"))
    for less in ({}, {**info, "authorizer_refresh_token": ""}, {**info, "authorizer_access_token": None}):
        wechat.on("/cgi-bin/component/api_query_auth", {"authorization_info": less})
        with pytest.raises(Unanswered):
            component.query_auth("component-token", "the-code", deadline)
