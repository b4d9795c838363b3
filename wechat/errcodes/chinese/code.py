"""Errcodes of code: commit, submit_audit and the reads around them."""

from __future__ import annotations

from wechat.errcodes.chinese.row import Chinese, bad_request, unknown, wait

_PENALTY = "在第三方平台管理后台查看处罚，联系微信客服处理完，然后执行 mprelease resume --platform。"
_BUSY = "确认没有其他系统在操作这个小程序，等几分钟，然后恢复发版（resume）。"
_TRIAL_SDKS = "有些 SDK 说与试用小程序有关，含义未经证实"

ROWS: dict[int, Chinese] = {
    -60005: unknown("commit 的文档列出了它，但没有说明"),
    61039: wait(
        "上传的代码还在做隐私接口检测",
        "检测远远超过了通常的一分钟：带上 rid 咨询微信客服。不要重新上传代码，那会让检测从头开始。等 get_code_privacy_info "
        "返回 errcode 0，再恢复发版（resume）。",
        waiting="反复向微信查询，直到代码检测结束，通常几分钟。这期间不要用其他方式上传代码，那会让检测从头开始。",
    ),
    61040: Chinese(
        "隐私接口没有权限，或代码用到却没有声明",
        "查看 get_code_privacy_info：申请列出的接口，并补全《用户隐私保护指引》，然后恢复发版（resume）；没有用到的："
        "取消（cancel），加上 privacy_api_not_use 重新发版（enqueue）。",
    ),
    61041: Chinese(
        "没有设置订单中心路径",
        "设置小程序的订单中心路径（applysetorderpathinfo），然后恢复发版（resume）。",
    ),
    80066: bad_request("插件版本不允许使用", "改用线上存在的插件版本。"),
    80067: bad_request("插件不存在", "改正插件的 appid，或去掉这个插件。"),
    80082: Chinese(
        "没有权限使用该插件",
        "请商家在小程序管理后台添加这个插件，然后恢复发版（resume）。",
    ),
    85006: bad_request(
        "item_list 里的标签（tag）格式错误", "最多 10 个标签，每个不超过 20 个字，用空格分隔。"
    ),
    85007: bad_request("item_list 里的页面路径错误", "address 要从 get_page 返回的页面里选。"),
    85008: Chinese(
        "没有审核通过的服务类目",
        "请商家在小程序管理后台添加服务类目并通过审核，然后恢复发版（resume）。",
    ),
    85009: Chinese(
        "已有版本正在审核",
        "等另一个版本的审核结束，或撤回审核（undocodeaudit，每天 5 次、每月 10 次），然后恢复发版（resume）。",
    ),
    85010: bad_request("item_list 里有项目没有填全", "每一项都要填写类目的名称和 ID。"),
    85011: bad_request("item_list 里的标题（title）格式错误", "标题不能超过 32 个字。"),
    85012: Chinese(
        "审核编号无效",
        "在小程序管理后台查看最近一次审核：不需要的就撤回，然后恢复发版（resume）。",
    ),
    85013: bad_request("ext_json 错误，或其中的路径错误", "改正 ext；页面必须是模板里有的。"),
    85014: bad_request("模板不存在", "template_id 要从 gettemplatelist 返回的模板里选。"),
    85023: bad_request("item_list 只能有 1 到 5 项", "给出 1 到 5 项，或不传 item_list。"),
    85043: bad_request("模板有问题", "把草稿重新添加到代码模板库，改用新的模板 ID。"),
    85044: bad_request("代码包太大", "减小模板体积（单个包 2 MB，总共 20 MB）。"),
    85045: bad_request("ext_json 里的路径不在模板里", "改正 ext 里的路径。"),
    85046: bad_request("tabBar 里有项目没有写路径", "给 ext 里 tabBar 的每一项写上 pagePath。"),
    85047: bad_request("pages 为空", "ext 里至少列出一个页面，或不写 pages。"),
    85048: bad_request("ext_json 无法解析", "按微信文档里 ext.json 的格式改正 ext。"),
    85051: bad_request("version_desc 或 preview_info 超限", "缩短 version_desc，减少图片和视频。"),
    85058: Chinese(
        "没有有效的审核：从未提交过",
        "在小程序管理后台查看提交过什么，然后恢复发版（resume）。",
    ),
    85077: Chinese(
        "小程序的类目已被微信下架",
        "请商家在小程序管理后台重新选择服务类目，然后恢复发版（resume）。",
    ),
    85085: Chinese(
        "服务商本月的提审额度已用完",
        "提审每天自动重试，上传代码照常进行。想更快：在微信小程序“小程序服务商助手”里申请临时额度，"
        "然后执行 mprelease resume --platform。",
    ),
    85086: Chinese(
        "还没有上传代码就提交审核",
        "确认没有人删掉体验版，并带上 rid 报告 bug；然后恢复发版（resume）。",
    ),
    85087: bad_request(
        "用到 navigateToMiniProgram，但没有声明跳转的 appid 列表",
        "在模板的 app.json 或 ext 里声明要跳转的 appid。",
    ),
    85090: Chinese("小程序暂时不能上传代码", _BUSY),
    85092: bad_request("preview_info 格式错误，或其中的素材已过期", "重新上传素材（有效期 3 天）。"),
    85093: bad_request("preview_info 里的图片或视频太多", "减少图片和视频。"),
    85094: bad_request("缺少用户生成内容（UGC）的审核机制说明", "在 audit 里加上 ugc_declare。"),
    85310: bad_request("requiredPrivateInfos 名称或格式错误", "改正 ext 里的 requiredPrivateInfos。"),
    85311: bad_request("requiredPrivateInfos 里有互斥的接口", "ext 里只保留互斥接口中的一个。"),
    85312: Chinese(
        "requiredPrivateInfos 里有没获得权限的接口",
        "请商家在小程序管理后台申请开通地理位置接口，然后恢复发版（resume）。",
    ),
    86000: Chinese(
        "只有第三方平台可以调用",
        "确认这个小程序已授权给本平台，没有就请商家重新授权，然后恢复发版（resume）。",
    ),
    86001: Chinese(
        "没有第三方平台上传的代码",
        "在小程序管理后台查看是谁替换或删掉了体验版，然后恢复发版（resume），或取消（cancel）后重新发版（enqueue），以便再次上传代码。",
    ),
    86002: Chinese(
        "小程序没有设置名称、头像或简介",
        "请商家补全小程序的名称、头像和简介，然后恢复发版（resume）。",
    ),
    86007: Chinese(
        "小程序被禁止提交审核",
        "请商家在小程序管理后台查看通知并处理，然后恢复发版（resume）。",
    ),
    86008: Chinese("服务商受处罚：不能提交任何审核", _PENALTY),
    86009: Chinese("服务商受处罚：不能首次提审新的小程序", _PENALTY),
    86010: Chinese("服务商受处罚：不能提审迭代版本", _PENALTY),
    86011: unknown(_TRIAL_SDKS),
    86012: unknown(_TRIAL_SDKS),
    86020: Chinese(
        "名称仍是试用小程序的名称",
        "请商家给小程序改一个不含“试用”的名称，然后恢复发版（resume）。",
    ),
    86071: Chinese(
        "privacy_ver 错误",
        "setprivacysetting 和 getprivacysetting 的 privacy_ver 只能是 1（现网版）或 2（开发版）。",
    ),
    86074: Chinese(
        "还没有现网版的用户隐私保护指引",
        "先设置开发版（setprivacysetting，privacy_ver 为 2），审核并发布后生效；然后恢复发版（resume）。",
    ),
    87006: Chinese("小游戏不能这样发版", "取消这个发版（cancel）：对小游戏，恢复（resume）没有用。"),
    89401: Chinese("系统不稳定", "等几分钟，然后恢复发版（resume）。"),
    9400001: Chinese(
        "该开发小程序已开通小程序直播权限",
        "关闭这个小程序的直播权限，或把它改为普通账号，然后恢复发版（resume）。",
    ),
    9402202: Chinese("这个小程序有另一个操作正在进行", _BUSY),
    9402203: bad_request(
        "标准模板的 ext_json 里有不支持的字段", "ext 里只保留 extAppid、ext 和 window，或改用自己的模板。"
    ),
}
