"""Who is who in these tests."""

from __future__ import annotations

PLATFORM = "wxplatform000000001"
APPSECRET = "appsecret-of-the-platform"
TICKET = "ticket@@@of-the-platform"
APPID = "wxmerchant000000001"
REFRESH_TOKEN = "refreshtoken@@@of-the-merchant"

API_COMPONENT_TOKEN = "/cgi-bin/component/api_component_token"
API_AUTHORIZER_TOKEN = "/cgi-bin/component/api_authorizer_token"
API_GET_AUTHORIZER_LIST = "/cgi-bin/component/api_get_authorizer_list"
MODIFY_WXA_SERVER_DOMAIN = "/cgi-bin/component/modify_wxa_server_domain"
MODIFY_WXA_JUMP_DOMAIN = "/cgi-bin/component/modify_wxa_jump_domain"
GETVERSIONINFO = "/wxa/getversioninfo"
GETTEMPLATELIST = "/wxa/gettemplatelist"
