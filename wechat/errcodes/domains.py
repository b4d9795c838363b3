"""Errcodes of server domains (modify_domain, and the platform's pool, modify_wxa_server_domain) and business domains.

Source: wechat-api.md §1 and §3; 45082, 86100 and 86101 from §2, whose calls share the rules; 89019 to 89231
from §2 as well (setwebviewdomain). WeChat's pages api_modifyserverdomain, api_modifyjumpdomain and those of the pools.
"""

from __future__ import annotations

from wechat.errcodes.row import Errcode, QuotaReset, Verdict, bad_request, block, quota

_ICP_REMEDY = (
    "File the listed domains for ICP (no_icp_domain names them) or take them off the wanted ones, "
    "then resume the release."
)
_JUMP_POOL_REMEDY = (
    "Register the business domains in the platform's published pool (modify_wxa_jump_domain; console: third-party "
    "platform, development settings), then resume the release."
)

ROWS: tuple[Errcode, ...] = (
    block(45082, "domain without ICP filing", _ICP_REMEDY),
    quota(
        45104,
        "monthly edits of the platform's domain pool used up",
        "The platform has 50 edits a month: gather what is missing and register it in one edit then.",
        reset=QuotaReset.MONTH,
    ),
    bad_request(85015, "account is not a Mini Program", "Put a Mini Program's appid into the request."),
    block(
        85016,
        "too many domains (200 a list, 1000 in all)",
        "Remove what the Mini Program no longer needs with modify_domain delete, or shorten the wanted "
        "lists, then resume the release.",
    ),
    block(
        85017,
        "no domain left to add: not in the platform's pool, or all there already",
        "Register the listed domains in the platform's published pool (modify_wxa_server_domain with "
        "is_modify_published_together), check each scheme, then resume the release.",
    ),
    block(
        85018,
        "domain not in the platform's server domain pool",
        "Register it in the platform's published pool (modify_wxa_server_domain; console: third-party "
        "platform, development settings), then resume the release.",
    ),
    block(
        85301,
        "nothing changed: a domain breaks the rules or is not in the published pool",
        "Correct the domains that the answer's invalid_ lists name, or register them in the platform's "
        "published pool, then resume the release.",
    ),
    block(85302, "nothing changed: a domain has no ICP filing", _ICP_REMEDY),
    block(
        85303,
        "nothing changed: a domain breaks the rules and one has no ICP filing",
        "Correct the domains in the invalid_ lists, file those in no_icp_domain for ICP, "
        "then resume the release.",
    ),
    block(
        86100,
        "domain with a wrong scheme",
        "Give each list its own scheme (https, wss, udp, tcp), then resume the release.",
    ),
    block(
        86101,
        "api.weixin.qq.com is no domain to add",
        "Take api.weixin.qq.com off the wanted domains, then resume the release.",
    ),
    quota(
        86102,
        "monthly domain edits of this Mini Program used up",
        "Find out what else spends the 50 edits: this program sends none when no domain is missing.",
        reset=QuotaReset.MONTH,
    ),
    Errcode(
        89019,
        "business domains unchanged: all are there already",
        "If a wanted one is missing in what setwebviewdomain get lists, register it in the platform's published pool "
        "(modify_wxa_jump_domain), then resume the release.",
        Verdict.ADOPT,
    ),
    block(89020, "platform has no business domains", _JUMP_POOL_REMEDY),
    block(89021, "domain not in the platform's business domain pool", _JUMP_POOL_REMEDY),
    block(
        89029,
        "too many business domains",
        "Remove what the Mini Program no longer needs with setwebviewdomain delete, or shorten webviewdomain, "
        "then resume the release.",
    ),
    bad_request(
        89231,
        "personal Mini Program: no business domains",
        "Name the server domains in the request's domains, without webviewdomain.",
    ),
    block(
        9410016,
        "domain refused by the platform's pool",
        "Correct the hosts that invalid_wxa_server_domain names (bare hosts, ICP filed) and register them "
        "again, then resume the release.",
    ),
)
