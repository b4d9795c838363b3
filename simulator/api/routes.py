"""The table of all endpoints."""

from simulator.api import audit as audit_api
from simulator.api import code as code_api
from simulator.api import component as component_api
from simulator.api import domains as domain_api
from simulator.api import pool as pool_api
from simulator.api import webview as webview_api
from simulator.api.endpoint import ANY_TOKEN, ANY_VERB, NO_TOKEN, Endpoint
from simulator.api.live import gray as gray_api
from simulator.api.live import release as release_api
from simulator.api.live import switches
from simulator.api.quota import quota_getter
from simulator.world.tokens import COMPONENT

_TABLE = [
    Endpoint(
        "/cgi-bin/component/api_start_push_ticket",
        "POST",
        component_api.api_start_push_ticket,
        token=NO_TOKEN,
    ),
    Endpoint(
        "/cgi-bin/component/api_component_token",
        "POST",
        component_api.api_component_token,
        token=NO_TOKEN,
        bare=True,
    ),
    Endpoint(
        "/cgi-bin/component/api_query_auth",
        "POST",
        component_api.api_query_auth,
        token=COMPONENT,
        bare=True,
    ),
    Endpoint(
        "/cgi-bin/component/api_authorizer_token",
        "POST",
        component_api.api_authorizer_token,
        token=COMPONENT,
        bare=True,
    ),
    Endpoint(
        "/cgi-bin/component/api_get_authorizer_list",
        "POST",
        component_api.api_get_authorizer_list,
        token=COMPONENT,
        bare=True,
    ),
    Endpoint(
        "/cgi-bin/component/modify_wxa_server_domain",
        "POST",
        pool_api.modify_wxa_server_domain,
        token=COMPONENT,
    ),
    Endpoint(
        "/cgi-bin/component/modify_wxa_jump_domain",
        "POST",
        pool_api.modify_wxa_jump_domain,
        token=COMPONENT,
    ),
    Endpoint("/wxa/gettemplatelist", "GET", code_api.gettemplatelist, token=COMPONENT),
    Endpoint("/wxa/modify_domain", "POST", domain_api.modify_domain),
    Endpoint("/wxa/get_effective_domain", "POST", domain_api.get_effective_domain),
    Endpoint("/wxa/setwebviewdomain", "POST", webview_api.setwebviewdomain),
    Endpoint("/wxa/get_effective_webviewdomain", "POST", webview_api.get_effective_webviewdomain),
    Endpoint("/wxa/commit", "POST", code_api.commit, exclusive=True),
    Endpoint("/wxa/security/get_code_privacy_info", "GET", code_api.get_code_privacy_info),
    Endpoint("/wxa/getversioninfo", "POST", code_api.getversioninfo),
    Endpoint("/wxa/get_page", "GET", code_api.get_page),
    Endpoint("/wxa/get_category", "GET", code_api.get_category),
    Endpoint("/wxa/submit_audit", "POST", audit_api.submit_audit, exclusive=True),
    Endpoint("/wxa/get_latest_auditstatus", "GET", audit_api.get_latest_auditstatus),
    Endpoint("/wxa/get_auditstatus", "POST", audit_api.get_auditstatus),
    Endpoint("/wxa/undocodeaudit", "GET", audit_api.undocodeaudit, exclusive=True),
    Endpoint("/wxa/queryquota", ANY_VERB, audit_api.queryquota),
    Endpoint("/wxa/speedupaudit", "POST", audit_api.speedupaudit),
    Endpoint("/wxa/release", "POST", release_api.release, exclusive=True),
    Endpoint("/wxa/revertcoderelease", "GET", release_api.revertcoderelease, exclusive=True),
    Endpoint("/wxa/grayrelease", "POST", gray_api.grayrelease, exclusive=True),
    Endpoint("/wxa/getgrayreleaseplan", "GET", gray_api.getgrayreleaseplan),
    Endpoint("/wxa/revertgrayrelease", "GET", gray_api.revertgrayrelease, exclusive=True),
    Endpoint("/wxa/change_visitstatus", "POST", switches.change_visitstatus),
    Endpoint("/wxa/getvisitstatus", "POST", switches.getvisitstatus),
    Endpoint("/wxa/icp/get_icp_entrance_info", "GET", switches.get_icp_entrance_info),
    Endpoint("/cgi-bin/material/get_material", "POST", switches.get_material),
]
_TABLE.append(
    Endpoint(
        "/cgi-bin/openapi/quota/get",
        "POST",
        quota_getter({endpoint.path: endpoint.short for endpoint in _TABLE}),
        token=ANY_TOKEN,
        name="quota/get",
    )
)

ENDPOINTS = {endpoint.path: endpoint for endpoint in _TABLE}
_NAMES = {endpoint.short for endpoint in _TABLE}


def name_of(text: str) -> str | None:
    """Give the short name for a path or a short name, None when there is no such endpoint."""
    if text in _NAMES:
        return text
    endpoint = ENDPOINTS.get(text)
    return endpoint.short if endpoint else None
