"""Committed code: commit, the privacy scan it starts, the versions, the pages."""

import json
from typing import Any

from simulator.api.endpoint import Call
from simulator.api.errors import WeChatError
from simulator.world.miniprogram import MiniProgram, Trial, exp_info, release_info

MAX_VERSION_LENGTH = 64


def commit(call: Call) -> dict[str, Any]:
    """Put new code in place of the trial version, and begin the privacy scan anew."""
    body, mini, now = call.body, call.mini, call.world.clock.now()
    template_id = body.get("template_id")
    if type(template_id) is not int or template_id not in call.world.platform.templates:
        raise WeChatError(85014)
    _check_ext_json(body.get("ext_json"), mini)
    mini.trial = Trial(
        user_version=_text(body, "user_version", MAX_VERSION_LENGTH),
        user_desc=_text(body, "user_desc"),
        committed_at=now,
        template_id=template_id,
        ext_json=body["ext_json"],
    )
    mini.scan_ends_at = now + call.world.platform.scan_s
    return {}


def get_code_privacy_info(call: Call) -> dict[str, Any]:
    """Tell whether the privacy scan is done, and what it found."""
    check_code(call)
    mini = call.mini
    check_scan(call)
    found = {"without_auth_list": mini.without_auth_list, "without_conf_list": mini.without_conf_list}
    if any(found.values()):
        raise WeChatError(61040, **found)
    return found


def getversioninfo(call: Call) -> dict[str, Any]:
    """Show the trial version and the live one, where there are such."""
    mini, answer = call.mini, {}
    if mini.trial:
        answer["exp_info"] = exp_info(mini, mini.trial)
    live = release_info(mini, call.world.clock.now())
    if live is not None:
        answer["release_info"] = live
    return answer


def get_page(call: Call) -> dict[str, Any]:
    """List the pages of the committed code."""
    check_code(call)
    return {"page_list": call.mini.pages}


def get_category(call: Call) -> dict[str, Any]:
    """List the categories the merchant has set."""
    return {"category_list": call.mini.categories}


def gettemplatelist(call: Call) -> dict[str, Any]:
    """List the platform's templates."""
    return {
        "template_list": [
            {
                "create_time": 1_700_000_000 + template_id,
                "user_version": f"{template_id}.0.0",
                "user_desc": f"template {template_id}",
                "template_id": template_id,
                "template_type": 0,
            }
            for template_id in call.world.platform.templates
        ]
    }


def check_code(call: Call) -> None:
    """Refuse where no code was ever committed."""
    if call.mini.trial is None:
        raise WeChatError(call.mini.no_code_errcode)


def check_scan(call: Call) -> None:
    """Refuse while the privacy scan is running."""
    if call.world.clock.now() < call.mini.scan_ends_at:
        raise WeChatError(61039)


def _check_ext_json(ext_json: object, mini: MiniProgram) -> None:
    if not isinstance(ext_json, str):
        raise WeChatError(-1)
    try:
        ext = json.loads(ext_json)
    except ValueError:
        raise WeChatError(85048) from None
    if not isinstance(ext, dict):
        raise WeChatError(85013)
    pages = ext.get("pages")
    if pages == []:
        raise WeChatError(85047)
    if isinstance(pages, list) and not set(map(str, pages)) <= set(mini.pages):
        raise WeChatError(85045)


def _text(body: dict[str, Any], name: str, max_length: int | None = None) -> str:
    value = body.get(name)
    if not isinstance(value, str) or (max_length is not None and len(value) > max_length):
        raise WeChatError(40097)
    return value
