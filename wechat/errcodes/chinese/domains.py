"""Errcodes of server domains (modify_domain, and the platform's pool, modify_wxa_server_domain) and business domains."""

from __future__ import annotations

from wechat.errcodes.chinese.row import Chinese, bad_request

_ICP = "给列出的域名办理 ICP 备案（no_icp_domain 里有名单），或从所需域名中去掉，然后恢复发版（resume）。"
_JUMP_POOL = (
    "把业务域名登记到第三方平台业务域名的全网发布版（modify_wxa_jump_domain，或第三方平台管理后台的开发配置），"
    "然后恢复发版（resume）。"
)

ROWS: dict[int, Chinese] = {
    45082: Chinese("域名没有 ICP 备案", _ICP),
    45104: Chinese(
        "第三方平台服务器域名的本月修改次数已用完",
        "第三方平台每月只能修改 50 次：把缺少的域名集中起来，到时一次登记。",
    ),
    85015: bad_request("该账号不是小程序", "请求里要写小程序的 appid。"),
    85016: Chinese(
        "域名数量超限（每类 200 个，共 1000 个）",
        "用 modify_domain 的 delete 删除这个小程序不再需要的域名，或精简所需域名，然后恢复发版（resume）。",
    ),
    85017: Chinese(
        "没有可新增的域名：不在第三方平台服务器域名中，或全部已配置",
        "把列出的域名登记到第三方平台服务器域名的全网发布版（modify_wxa_server_domain，带 is_modify_published_together），"
        "并核对每个域名的协议头，然后恢复发版（resume）。",
    ),
    85018: Chinese(
        "域名没有登记在第三方平台服务器域名中",
        "把它登记到第三方平台服务器域名的全网发布版（modify_wxa_server_domain，或第三方平台管理后台的开发配置），"
        "然后恢复发版（resume）。",
    ),
    85301: Chinese(
        "未做任何修改：有域名不合规，或不在第三方平台服务器域名的全网发布版中",
        "改正返回的 invalid_ 列表里的域名，或把它们登记到第三方平台服务器域名的全网发布版，然后恢复发版（resume）。",
    ),
    85302: Chinese("未做任何修改：有域名没有 ICP 备案", _ICP),
    85303: Chinese(
        "未做任何修改：有域名不合规，且有域名没有 ICP 备案",
        "改正 invalid_ 列表里的域名，给 no_icp_domain 里的域名办理 ICP 备案，然后恢复发版（resume）。",
    ),
    86100: Chinese(
        "域名的协议头错误",
        "每类域名要用各自的协议头（https、wss、udp、tcp），改正后恢复发版（resume）。",
    ),
    86101: Chinese(
        "不能添加 api.weixin.qq.com",
        "从所需域名中去掉 api.weixin.qq.com，然后恢复发版（resume）。",
    ),
    86102: Chinese(
        "这个小程序的服务器域名本月修改次数已用完",
        "查清是谁用掉了 50 次：不缺域名时，本程序不会发起修改。",
    ),
    89019: Chinese(
        "业务域名没有变化：全部已配置",
        "setwebviewdomain 的 get 里缺少所需域名时，把它登记到第三方平台业务域名的全网发布版（modify_wxa_jump_domain），"
        "然后恢复发版（resume）。",
    ),
    89020: Chinese("第三方平台没有业务域名", _JUMP_POOL),
    89021: Chinese("域名没有登记在第三方平台业务域名中", _JUMP_POOL),
    89029: Chinese(
        "业务域名数量超限",
        "用 setwebviewdomain 的 delete 删除这个小程序不再需要的域名，或精简 webviewdomain，然后恢复发版（resume）。",
    ),
    89231: bad_request(
        "个人小程序不能配置业务域名", "在请求的 domains 里列出服务器域名，不写 webviewdomain。"
    ),
    9410016: Chinese(
        "域名被第三方平台服务器域名的接口拒绝",
        "改正 invalid_wxa_server_domain 里的域名（只写主机名，且已 ICP 备案），重新登记，然后恢复发版（resume）。",
    ),
}
