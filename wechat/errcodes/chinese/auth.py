"""Errcodes about who calls: tokens, tickets, the platform's identity, what a merchant has granted."""

from __future__ import annotations

from wechat.errcodes.chinese.row import Chinese

_REFUSED_AGAIN = (
    "刷新后的令牌仍被拒绝：确认没有其他系统在刷新这个小程序的令牌，并确认第三方平台的 AppSecret 是当前有效的，"
    "然后恢复发版（resume）。"
)
_COMPONENT_REFUSED_AGAIN = (
    "刷新后的 component_access_token 仍被拒绝：检查第三方平台的 AppID 和 AppSecret，"
    "并确认没有其他系统在刷新 component_access_token，然后恢复发版（resume）。"
)
_WHITELIST = (
    "把 errmsg 里的 IP 加入白名单：第三方平台管理后台的开发配置，白名单 IP 地址列表。"
    "确认没有配错第三方平台，然后执行 mprelease resume --platform。"
)
_TICKET = (
    "收到新的 component_verify_ticket 后暂停自动解除。10 分钟内仍未收到，就检查授权事件接收 URL（地址、防火墙），"
    "修好后调用 api_start_push_ticket。"
)
_REAUTHORIZE = "请商家重新授权给第三方平台，然后恢复发版（resume）。"
_MISSING = "检查配置里第三方平台的 AppID 和 AppSecret；如果都已配置，带上 rid 报告 bug。"
_WRONG_KIND = "本程序用错了令牌类型：带上接口路径和 rid 报告 bug。"
_REPORT = "带上接口路径和 rid 报告 bug。"
_IP_APPROVAL = "请该账号的管理员在微信里确认这次调用，然后恢复发版（resume）。"

ROWS: dict[int, Chinese] = {
    40001: Chinese("access_token 无效或不是最新的，或 AppSecret 错误", _REFUSED_AGAIN),
    40013: Chinese(
        "AppID 无效",
        "对照管理后台核对发版的 appid；如果大量发版都停下，再核对第三方平台自己的 AppID。请求里写错的：取消（cancel）后"
        "重新发版（enqueue）；否则改正配置，然后恢复发版（resume）。",
    ),
    40014: Chinese("access_token 无效", _REFUSED_AGAIN),
    40091: Chinese("component_verify_ticket 无效", _TICKET),
    40094: Chinese("第三方平台的凭证（component credential）无效", _COMPONENT_REFUSED_AGAIN),
    40125: Chinese(
        "第三方平台的 AppSecret 错误",
        "把第三方平台管理后台里当前的 AppSecret 写入配置并重启 worker，然后执行 mprelease resume --platform。"
        "后台一旦重置，旧的 AppSecret 立即失效。",
    ),
    40164: Chinese("调用方 IP 不在白名单", _WHITELIST),
    40170: Chinese("api_get_authorizer_list 的 count 超过 500", _REPORT),
    41001: Chinese("调用缺少 access_token", _REPORT),
    41002: Chinese("调用缺少 appid", _MISSING),
    41004: Chinese("调用缺少 secret", _MISSING),
    41018: Chinese("调用缺少 component_appid", _MISSING),
    41021: Chinese("调用缺少 component_access_token", _REPORT),
    42001: Chinese("access_token 已过期", _REFUSED_AGAIN),
    42002: Chinese("refresh_token 已过期", _REAUTHORIZE),
    42006: Chinese("component_access_token 已过期", _COMPONENT_REFUSED_AGAIN),
    42007: Chinese("商家修改过密码等凭证，令牌已失效", _REAUTHORIZE),
    45035: Chinese("调用方 IP 不在白名单", _WHITELIST),
    48001: Chinese(
        "该账号或第三方平台没有这个接口的权限",
        "确认该账号是小程序，且授权包含权限集 18；不包含就请商家重新授权并勾选，然后恢复发版（resume）。",
    ),
    48004: Chinese(
        "该账号因违规被封禁接口",
        "请商家在小程序管理后台（mp.weixin.qq.com）查看通知并申诉，然后恢复发版（resume）。",
    ),
    50001: Chinese(
        "该账号没有授权这个接口",
        "请商家重新授权给第三方平台，并包含权限集 18，然后恢复发版（resume）。",
    ),
    50002: Chinese(
        "账号被冻结或已注销",
        "向商家了解账号状态。账号恢复可用后恢复发版（resume）；账号已注销就取消发版（cancel）。",
    ),
    50004: Chinese(
        "该账号受处罚，不能使用令牌",
        "请商家在小程序管理后台处理完处罚，然后恢复发版（resume）。",
    ),
    61003: Chinese("该账号没有授权给第三方平台", _REAUTHORIZE),
    61004: Chinese("调用方 IP 不在第三方平台的白名单", _WHITELIST),
    61005: Chinese("component_verify_ticket 已过期", _TICKET),
    61006: Chinese("component_verify_ticket 无效", _TICKET),
    61007: Chinese(
        "没有把权限集授权给第三方平台",
        "请商家重新授权并包含权限集 18，用 api_get_authorizer_info 查看 func_info 确认（可能稍有延迟），"
        "然后恢复发版（resume）。",
    ),
    61009: Chinese("授权码无效", _REAUTHORIZE),
    61010: Chinese("授权码已过期", _REAUTHORIZE),
    61011: Chinese(
        "第三方平台（component）无效",
        "在管理后台确认第三方平台状态正常，且配置里是它的 AppID，然后执行 mprelease resume --platform。",
    ),
    61014: Chinese("该接口要求使用 component_access_token", _WRONG_KIND),
    61015: Chinese("该接口要求使用小程序的 authorizer_access_token", _WRONG_KIND),
    61016: Chinese(
        "权限集待确认",
        "在第三方平台管理后台确认该权限集，然后恢复发版（resume）。",
    ),
    61023: Chinese(
        "authorizer_refresh_token 无效",
        "用 api_get_authorizer_list 查询：列表里有这个小程序，就保存其中的 refresh_token；没有，就请商家重新授权。"
        "然后恢复发版（resume）。",
    ),
    61024: Chinese("该接口要求使用 api_component_token 得到的令牌", _WRONG_KIND),
    61028: Chinese(
        "第三方平台尚未全网发布",
        "在第三方平台管理后台全网发布，或把该账号加入授权测试列表，然后恢复发版（resume）。",
    ),
    61029: Chinese(
        "第三方平台在全网发布后又修改过",
        "在第三方平台管理后台重新全网发布，然后恢复发版（resume）。",
    ),
    76022: Chinese("openapi/quota/get 不支持用这个令牌查询", _WRONG_KIND),
    89503: Chinese("该 IP 的调用待管理员确认", _IP_APPROVAL),
    89504: Chinese("该 IP 的调用未经管理员确认", _IP_APPROVAL),
    89505: Chinese("该 IP 的调用未经管理员确认", _IP_APPROVAL),
    89506: Chinese("该 IP 的调用已被管理员拒绝", _IP_APPROVAL),
    89507: Chinese("该 IP 的调用已被管理员拒绝", _IP_APPROVAL),
}
