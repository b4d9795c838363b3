"""Errcodes from the audit to live: publish, revert, withdraw, gray release, and what an operator does by hand."""

from __future__ import annotations

from wechat.errcodes.chinese.row import Chinese

_NO_TESTER_NEEDED = "发版不需要体验者。"

ROWS: dict[int, Chinese] = {
    40007: Chinese("素材 ID 无效", "图片属于其他账号，或已不再保留：到小程序管理后台查看。"),
    85001: Chinese("微信号不存在或不允许搜索", f"改正体验者的微信号。{_NO_TESTER_NEEDED}"),
    85002: Chinese("小程序的体验者数量已达上限", f"先解绑一个体验者（unbind_tester）。{_NO_TESTER_NEEDED}"),
    85003: Chinese("该微信号能体验的小程序数量已达上限", f"改绑其他人。{_NO_TESTER_NEEDED}"),
    85004: Chinese("体验者已经绑定", f"不用处理。{_NO_TESTER_NEEDED}"),
    85019: Chinese(
        "没有审核通过的版本可以发布",
        "用 `mprelease versions APPID` 查看最近一次审核：是本次发版的且还在审核，就等通过后恢复（resume）；"
        "否则取消（cancel）后重新发版（enqueue）。",
    ),
    85020: Chinese(
        "审核状态不允许发布",
        "用 `mprelease versions APPID` 查看审核和备案状态，以及审核通过后有没有上传别的版本。审核已通过就恢复发版（resume），"
        "否则取消（cancel）。",
    ),
    85052: Chinese(
        "版本已经发布",
        "用 `mprelease versions APPID` 查看线上版本。是本次发版的版本：恢复发版（resume）。是别的版本：取消（cancel）后"
        "重新发版（enqueue），因为只有重新过审才能发布。",
    ),
    85079: Chinese("没有线上版本：首个版本不能分阶段发布", "首个版本要全量发布：`mprelease publish ID`。"),
    85080: Chinese("审核还没有通过，不能分阶段发布", "用 `mprelease audits --ask` 查询审核结果。"),
    85081: Chinese("分阶段发布的比例无效", "`mprelease gray APPID PERCENT` 的比例是 1 到 100。"),
    85082: Chinese(
        "分阶段发布的比例只能增加", "给出更大的比例，或结束分阶段发布：`mprelease gray APPID stop`。"
    ),
    87011: Chinese(
        "正在分阶段发布，不能回退", "先用 `mprelease gray APPID stop` 结束它，再执行 `mprelease revert ID`。"
    ),
    87012: Chinese(
        "没有可回退的版本：之前没有版本，或已经回退过",
        "总共只能回退一个版本，见 `mprelease versions APPID`。要恢复其他版本，就用它的模板重新发版（enqueue）。",
    ),
    87013: Chinese(
        "这个小程序的撤回审核次数已用完",
        "等审核结果，或过了零点用 `mprelease withdraw ID` 撤回（每个小程序每天 5 次、每月 10 次），"
        "然后恢复在等它的发版（resume）。",
    ),
    89014: Chinese("最低基础库版本无效", "版本要从 getweappsupportversion 返回的里面选。"),
    89402: Chinese("审核不在队列中：已有结果，或从未提交", "查询它的结果：`mprelease audits --ask`。"),
    89403: Chinese("这种审核不支持加急", "等审核结果。"),
    89404: Chinese("审核已经加急过", "等审核结果：微信承诺 2 到 12 小时。"),
    89405: Chinese("服务商本月的加急次数已用完", "等审核结果；剩余次数见 queryquota 的 speedup_rest。"),
}
