"""The platform's own endpoints: ticket push, tokens, the list of authorizers."""

from itertools import islice
from typing import Any

from simulator.api.endpoint import Call
from simulator.api.errors import WeChatError
from simulator.world.miniprogram import MiniProgram
from simulator.world.tokens import AUTHORIZER, COMPONENT

#: The overlap staff promised for a refresh token that has changed.
REFRESH_OVERLAP_S = 300
MAX_PAGE = 500


def api_start_push_ticket(call: Call) -> dict[str, Any]:
    """Turn the ticket push on again: one goes out at once, if there is a receiver."""
    _check_component(call, secret_field="component_secret")  # noqa: S106 - a field's name
    if call.world.platform.push_to:
        call.world.pushes.append(call.world.ticket_push())
    return {}


def api_component_token(call: Call) -> dict[str, Any]:
    """Trade the ticket for a component_access_token."""
    platform = call.world.platform
    _check_component(call, secret_field="component_appsecret")  # noqa: S106 - a field's name
    expires_at = platform.tickets.get(str(call.body.get("component_verify_ticket")))
    if expires_at is None:
        raise WeChatError(61006)
    if expires_at <= call.world.clock.now():
        raise WeChatError(61005)
    return {
        "component_access_token": _issue(call, COMPONENT, platform.appid),
        "expires_in": int(platform.token_ttl_s),
    }


def api_authorizer_token(call: Call) -> dict[str, Any]:
    """Trade a refresh token for an authorizer_access_token."""
    if call.body.get("component_appid") != call.world.platform.appid:
        raise WeChatError(40013)
    mini = call.world.miniprograms.get(str(call.body.get("authorizer_appid")))
    if mini is None or not mini.authorized:
        raise WeChatError(61003)
    _check_refresh_token(call, mini)
    if mini.rotates_refresh_token:
        _rotate(call, mini)
    return {
        "authorizer_access_token": _issue(call, AUTHORIZER, mini.appid),
        "expires_in": int(call.world.platform.token_ttl_s),
        "authorizer_refresh_token": "" if mini.empty_refresh_token else mini.refresh_token,
    }


def api_query_auth(call: Call) -> dict[str, Any]:
    """Exchange an authorization code, once."""
    if call.body.get("component_appid") != call.world.platform.appid:
        raise WeChatError(40013)
    appid, expires_at = call.world.codes.pop(str(call.body.get("authorization_code")), ("", 0.0))
    mini = call.world.miniprograms.get(appid)
    if mini is None:
        raise WeChatError(61009)
    if expires_at <= call.world.clock.now():
        raise WeChatError(61010)
    return {
        "authorization_info": {
            "authorizer_appid": appid,
            "authorizer_access_token": _issue(call, AUTHORIZER, appid),
            "expires_in": int(call.world.platform.token_ttl_s),
            "authorizer_refresh_token": mini.refresh_token,
            "func_info": [{"funcscope_category": {"id": number}} for number in (17, 18, 171)],
        }
    }


def api_get_authorizer_list(call: Call) -> dict[str, Any]:
    """List the authorizers with their refresh tokens, a page at a time."""
    offset, count = call.body.get("offset"), call.body.get("count")
    if not isinstance(offset, int) or not isinstance(count, int) or offset < 0 or not 0 < count <= MAX_PAGE:
        raise WeChatError(40097)
    minis = call.world.miniprograms.values()
    page = islice((mini for mini in minis if mini.authorized), offset, offset + count)
    return {
        "total_count": sum(mini.authorized for mini in minis),
        "list": [
            {"authorizer_appid": mini.appid, "refresh_token": mini.refresh_token, "auth_time": 1_700_000_000}
            for mini in page
        ],
    }


def _check_component(call: Call, *, secret_field: str) -> None:
    appid, secret = call.body.get("component_appid"), call.body.get(secret_field)
    if not appid:
        raise WeChatError(41018)
    if appid != call.world.platform.appid:
        raise WeChatError(40013)
    if not secret:
        raise WeChatError(41004)
    if secret != call.world.platform.secret:
        raise WeChatError(40125)


def _check_refresh_token(call: Call, mini: MiniProgram) -> None:
    given = call.body.get("authorizer_refresh_token")
    is_in_transition = mini.old_refresh_tokens.get(str(given), 0.0) > call.world.clock.now()
    if given != mini.refresh_token and not is_in_transition:
        raise WeChatError(61023)


def _rotate(call: Call, mini: MiniProgram) -> None:
    mini.old_refresh_tokens[mini.refresh_token] = call.world.clock.now() + REFRESH_OVERLAP_S
    mini.refresh_token = call.world.secrets.invent("refreshtoken@@@")


def _issue(call: Call, kind: str, appid: str) -> str:
    platform = call.world.platform
    return call.world.tokens.issue(
        kind, appid, ttl_s=platform.token_ttl_s, overlap_s=platform.token_overlap_s
    )
