"""The optional fields of submit_audit and WeChat's limits on them."""

from typing import Any

from simulator.api.errors import WeChatError
from simulator.world.miniprogram import MiniProgram

MAX_ITEMS = 5
MAX_TAGS = 10
MAX_TAG_LENGTH = 20
MAX_TITLE_LENGTH = 32
MAX_FEEDBACK_LENGTH = 200
#: The sheet knows the errcode of an over-long version_desc, not the limit; this one is a guess.
MAX_DESC_LENGTH = 2000
CATEGORY_FIELDS = ("first_class", "second_class", "third_class", "first_id", "second_id", "third_id")


def check_submission(body: dict[str, Any], mini: MiniProgram) -> None:
    """Refuse a submission whose fields break the limits, or whose categories the merchant has not set."""
    if len(str(body.get("version_desc", ""))) > MAX_DESC_LENGTH:
        raise WeChatError(85051)
    if len(str(body.get("feedback_info", ""))) > MAX_FEEDBACK_LENGTH:
        raise WeChatError(40097)
    if not mini.categories:
        raise WeChatError(85008)
    items = body.get("item_list")
    if items is None:
        return
    if not isinstance(items, list) or not 0 < len(items) <= MAX_ITEMS:
        raise WeChatError(85023)
    for item in items:
        _check_item(item, mini)


def _check_item(item: object, mini: MiniProgram) -> None:
    if not isinstance(item, dict) or not item:
        raise WeChatError(85010)
    tags = str(item.get("tag", "")).split()
    if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG_LENGTH for tag in tags):
        raise WeChatError(85006)
    if item.get("address") and item["address"] not in mini.pages:
        raise WeChatError(85007)
    if len(str(item.get("title", ""))) > MAX_TITLE_LENGTH:
        raise WeChatError(85011)
    if not any(_same_category(item, category) for category in mini.categories):
        raise WeChatError(85008)


def _same_category(item: dict[str, Any], category: dict[str, Any]) -> bool:
    named = [name for name in CATEGORY_FIELDS if name in item]
    return all(item[name] == category.get(name) for name in named)
