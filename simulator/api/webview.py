"""setwebviewdomain and get_effective_webviewdomain: the business domains of one Mini Program."""

from typing import Any

from simulator.api.endpoint import Call
from simulator.api.errors import WeChatError
from simulator.world.domains import STYLES, host_of, normal_origin
from simulator.world.miniprogram import MiniProgram

MAX_DOMAINS = 300


def setwebviewdomain(call: Call) -> dict[str, Any]:
    """Read or change the list; only `get` answers it. Without an action, all of the platform's are added."""
    mini, action = call.mini, call.body.get("action")
    if mini.is_personal:
        raise WeChatError(89231)
    if action == "get":
        return {"webviewdomain": _shown(mini, mini.webviewdomain)}
    if action not in (None, "add", "delete", "set"):
        raise WeChatError(40097)
    wanted = _deleted(call) if action == "delete" else _written(call, action)
    if wanted == mini.webviewdomain:
        raise WeChatError(89019)
    if len(wanted) > MAX_DOMAINS:
        raise WeChatError(89029)
    mini.webviewdomain = wanted
    return {}


def get_effective_webviewdomain(call: Call) -> dict[str, Any]:
    """Show whose they are, and which of them a release would leave."""
    mini, counts = call.mini, call.world.platform.counts_webview
    ours = _shown(mini, [origin for origin in mini.webviewdomain if counts(host_of(origin))])
    theirs = _shown(mini, [origin for origin in mini.webviewdomain if not counts(host_of(origin))])
    return {
        "mp_webviewdomain": theirs,
        "third_webviewdomain": ours,
        "direct_webviewdomain": [],
        "effective_webviewdomain": ours,
    }


def _written(call: Call, action: str | None) -> list[str]:
    present, platform = call.mini.webviewdomain, call.world.platform
    if not platform.webview_published:
        raise WeChatError(89020)
    sent = _sent(call) if action else [f"https://{host}" for host in platform.webview_published]
    new = set(sent) - set(present)
    if not all(_is_fit(origin) and platform.counts_webview(host_of(origin)) for origin in new):
        raise WeChatError(89021)
    return sent if action == "set" else list(dict.fromkeys([*present, *sent]))


def _deleted(call: Call) -> list[str]:
    present, sent = call.mini.webviewdomain, _sent(call)
    if not set(sent) <= set(present):
        raise WeChatError(89022)
    return [origin for origin in present if origin not in sent]


def _sent(call: Call) -> list[str]:
    value = call.body.get("webviewdomain")
    texts = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    return list(dict.fromkeys(normal_origin("requestdomain", text) or text for text in texts))


def _is_fit(origin: str) -> bool:
    """Tell whether it is https:// and a host; a port is not allowed here."""
    return origin == f"https://{host_of(origin)}" and normal_origin("requestdomain", origin) is not None


def _shown(mini: MiniProgram, origins: list[str]) -> list[str]:
    return [STYLES[mini.stored_style](origin) for origin in origins]
