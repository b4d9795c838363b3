"""openapi/quota/get: the only way to learn what WeChat really allows."""

from typing import Any

from simulator.api.endpoint import Call, Handler
from simulator.api.errors import WeChatError


def quota_getter(names: dict[str, str]) -> Handler:
    """Make the handler; `names` maps each path to the short name that calls are counted under."""

    def quota_get(call: Call) -> dict[str, Any]:
        path = call.body.get("cgi_path")
        if not isinstance(path, str) or not path.startswith("/"):
            raise WeChatError(76003)
        if path not in names:
            raise WeChatError(76021)
        return _quota(call, names[path])

    return quota_get


def _quota(call: Call, name: str) -> dict[str, Any]:
    quotas = call.world.quotas
    used, daily = quotas.usage(call.caller, name).today, quotas.daily_limit(name)
    rate = {"call_count": quotas.minute_limit(name), "refresh_second": call.world.platform.minute_s}
    return {
        "quota": {"daily_limit": daily, "used": used, "remain": max(0, daily - used)},
        "rate_limit": rate,
        "component_rate_limit": rate,
    }
