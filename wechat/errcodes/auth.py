"""Errcodes about who calls: tokens, tickets, the platform's identity, what a merchant has granted.

Source: wechat-api.md §7 (tokens), §9 (global return codes); WeChat's pages "Return codes",
api_component_token, api_authorizer_token and Before_Develop/creat_token.
"""

from __future__ import annotations

from wechat.errcodes.row import Errcode, block, bug, platform, token

_REFUSED_AGAIN_REMEDY = (
    "A refreshed token was refused too: see that no other system refreshes this Mini Program's token and "
    "that the platform's secret is the current one, then resume the release."
)
_COMPONENT_REFUSED_AGAIN_REMEDY = (
    "A refreshed component token was refused too: check the platform's appid and secret, and that no other "
    "system refreshes the component token, then resume the release."
)
_WHITELIST_REMEDY = (
    "Add the IP that errmsg prints to the whitelist: third-party platform console, development settings. "
    "Check that it is the right platform, then: mprelease resume --platform."
)
_TICKET_REMEDY = (
    "A new ticket lifts the pause. If none arrives within 10 min, repair the authorization event URL "
    "(address, firewall), then call api_start_push_ticket."
)
_REAUTHORIZE_REMEDY = "Have the merchant authorise the platform again, then resume the release."
_MISSING_REMEDY = (
    "Check the platform's appid and secret in the settings; if they are set, report a bug with the rid."
)
_WRONG_KIND_REMEDY = "This program sent the wrong kind of token: report a bug with the endpoint and the rid."
_IP_APPROVAL_REMEDY = "Have the account's admin confirm the call in WeChat, then resume the release."

ROWS: tuple[Errcode, ...] = (
    token(40001, "access token invalid or no longer the newest, or wrong secret", _REFUSED_AGAIN_REMEDY),
    # Not PLATFORM: api_authorizer_token says it of one mistyped Mini Program as well.
    block(
        40013,
        "appid invalid",
        "Compare the release's appid, and if many releases stop, the platform's own, with the console. "
        "Wrong in the request: cancel and enqueue it anew; else correct it, then resume the release.",
    ),
    token(40014, "access token invalid", _REFUSED_AGAIN_REMEDY),
    # Only a token call can answer it, so a refresh would run into it again.
    platform(40091, "component ticket invalid", _TICKET_REMEDY),
    token(40094, "component credential invalid", _COMPONENT_REFUSED_AGAIN_REMEDY),
    platform(
        40125,
        "platform's app secret wrong",
        "Put the current secret from the third-party platform console into the settings and restart the "
        "workers, then: mprelease resume --platform. A reset in the console ends the old secret at once.",
    ),
    platform(40164, "caller's IP not on the whitelist", _WHITELIST_REMEDY),
    bug(40170, "count of api_get_authorizer_list over 500", "Report a bug with the endpoint and the rid."),
    bug(41001, "access token missing from the call", "Report a bug with the endpoint and the rid."),
    bug(41002, "appid missing from the call", _MISSING_REMEDY),
    bug(41004, "secret missing from the call", _MISSING_REMEDY),
    bug(41018, "component_appid missing from the call", _MISSING_REMEDY),
    bug(41021, "component token missing from the call", "Report a bug with the endpoint and the rid."),
    token(42001, "access token expired", _REFUSED_AGAIN_REMEDY),
    block(42002, "refresh token expired", _REAUTHORIZE_REMEDY),
    token(42006, "component access token expired", _COMPONENT_REFUSED_AGAIN_REMEDY),
    block(42007, "tokens void since the merchant changed credentials", _REAUTHORIZE_REMEDY),
    platform(45035, "caller's IP not on the whitelist", _WHITELIST_REMEDY),
    block(
        48001,
        "API not granted to this account or platform",
        "Check that the account is a Mini Program and that its authorisation holds permission set 18; "
        "have the merchant authorise again with it, then resume the release.",
    ),
    block(
        48004,
        "API banned for this account after violations",
        "Have the merchant read the notice in the Mini Program console (mp.weixin.qq.com) and appeal, "
        "then resume the release.",
    ),
    block(
        50001,
        "account has not granted this API",
        "Have the merchant authorise the platform again with permission set 18, then resume the release.",
    ),
    block(
        50002,
        "account frozen or cancelled",
        "Ask the merchant about the account's state. Once it is usable again, resume the release; "
        "if the account is gone, cancel it.",
    ),
    block(
        50004,
        "account barred from using its token, as a penalty",
        "Have the merchant clear the penalty in the Mini Program console, then resume the release.",
    ),
    block(61003, "account has not authorised the platform", _REAUTHORIZE_REMEDY),
    platform(61004, "caller's IP not on the platform's whitelist", _WHITELIST_REMEDY),
    platform(61005, "component_verify_ticket expired", _TICKET_REMEDY),
    platform(61006, "component_verify_ticket invalid", _TICKET_REMEDY),
    block(
        61007,
        "permission set not granted to the platform",
        "Have the merchant authorise again with permission set 18 and verify func_info with "
        "api_get_authorizer_info (can lag briefly), then resume the release.",
    ),
    block(61009, "authorization code invalid", _REAUTHORIZE_REMEDY),
    block(61010, "authorization code expired", _REAUTHORIZE_REMEDY),
    platform(
        61011,
        "platform (component) invalid",
        "Check in the console that the third-party platform is active and that the settings hold its "
        "appid, then: mprelease resume --platform.",
    ),
    bug(61014, "API wants the component token", _WRONG_KIND_REMEDY),
    bug(61015, "API wants the Mini Program's token", _WRONG_KIND_REMEDY),
    block(
        61016,
        "permission set waits for confirmation",
        "Confirm the permission set in the third-party platform console, then resume the release.",
    ),
    block(
        61023,
        "authorizer_refresh_token invalid",
        "Look in api_get_authorizer_list: if the Mini Program is listed, store that refresh token; "
        "if not, have the merchant authorise again. Then resume the release.",
    ),
    bug(61024, "API wants api_component_token", _WRONG_KIND_REMEDY),
    # Not PLATFORM: an unpublished platform still serves the accounts on its test list.
    block(
        61028,
        "platform not published",
        "Publish the platform in the third-party platform console, or put this account on its test list, "
        "then resume the release.",
    ),
    block(
        61029,
        "platform changed since it was published",
        "Publish the platform again in the third-party platform console, then resume the release.",
    ),
    bug(76022, "openapi/quota/get does not serve this token", _WRONG_KIND_REMEDY),
    # Mini Programs do not ask for this approval (official accounts do): one account, not the platform.
    block(89503, "call from this IP awaits the admin's approval", _IP_APPROVAL_REMEDY),
    block(89504, "call from this IP not approved by the admin", _IP_APPROVAL_REMEDY),
    block(89505, "call from this IP not approved by the admin", _IP_APPROVAL_REMEDY),
    block(89506, "call from this IP refused by the admin", _IP_APPROVAL_REMEDY),
    block(89507, "call from this IP refused by the admin", _IP_APPROVAL_REMEDY),
)
