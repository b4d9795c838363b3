"""What holds releases back: pauses of the platform and of a wave, times, older releases; and what orders say in the log."""

from __future__ import annotations

from releases.phrases.parts import STATUS, STEP
from releases.remedies import Text

#: `Release.cause`, by which a part of a wave is resumed.
_CAUSES = tuple(
    Text(f"{status.english} {step.english} {{errcode}}", f"在“{step.chinese}”{status.chinese}：{{errcode}}")
    for status in STATUS
    if status.english in ("blocked", "failed")
    for step in STEP
)
HOLDS = (
    Text("wave {wave}: {what}", "批次 {wave}：{what}"),
    Text("the first release runs alone", "第一个发版先行"),
    Text("the first {number} run alone", "前 {number} 个先行"),
    Text("its first release goes live alone", "第一个发版先上线"),
    Text("its first {number} go live alone", "前 {number} 个先上线"),
    Text(
        "its first release went live well, and a person says whether the rest does",
        "第一个发版上线正常，等人决定其余的是否上线",
    ),
    Text(
        "its first {number} went live well, and a person says whether the rest does",
        "前 {number} 个上线正常，等人决定其余的是否上线",
    ),
    Text("wave {wave} is braked: {tally}", "批次 {wave} 已刹车：{tally}"),
    Text("wave {wave} is braked: of its canary {tally}", "批次 {wave} 已刹车：金丝雀 {tally}"),
    Text(
        "wave {wave} is braked: no release of its canary ran to an end",
        "批次 {wave} 已刹车：金丝雀里没有一个发版跑完",
    ),
    Text("wave {wave} is being cancelled", "批次 {wave} 正在取消"),
    Text("wave {wave} is being taken back", "批次 {wave} 正在回退"),
    Text("publications of wave {wave} are braked: {tally}", "批次 {wave} 的发布已刹车：{tally}"),
    Text(
        "publications of wave {wave} are braked: of its canary {tally}",
        "批次 {wave} 的发布已刹车：金丝雀 {tally}",
    ),
    Text(
        "publications of wave {wave} are braked: no release of its canary ran to an end",
        "批次 {wave} 的发布已刹车：金丝雀里没有一个发版跑完",
    ),
    Text(
        "publications of wave {wave} are braked: {broken}: {why}", "批次 {wave} 的发布已刹车：{broken}：{why}"
    ),
    Text("paused by hand", "已由人暂停"),
    Text("paused by hand: {reason}", "已由人暂停：{reason}"),
    Text("all releases paused by hand", "所有发版已由人暂停"),
    Text("all releases paused by hand: {reason}", "所有发版已由人暂停：{reason}"),
    Text("submissions paused by hand", "提审已由人暂停"),
    Text("submissions paused by hand: {reason}", "提审已由人暂停：{reason}"),
    Text("all releases wait: {why}", "所有发版等待：{why}"),
    Text("all releases wait until {at} UTC: {why}", "所有发版等到 {at} UTC：{why}"),
    Text("submissions wait: {why}", "提审等待：{why}"),
    Text("submissions wait until {at} UTC: {why}", "提审等到 {at} UTC：{why}"),
    Text("their time has not come", "还没有到指定的时间"),
    Text(
        "an older release of the Mini Program is under audit, approved or being published",
        "该小程序更早的发版在审核中、已通过审核或正在发布",
    ),
    Text("not to be {kind} before {at}", "{at} 之前不{kind}"),
    Text(
        "nothing is published at this time (MPRELEASE_PUBLISH__HOURS, MPRELEASE_PUBLISH__NOT_ON) before {at}",
        "现在不是发布时段（MPRELEASE_PUBLISH__HOURS、MPRELEASE_PUBLISH__NOT_ON），{at} 之前不发布",
    ),
    # Details in the log of actions.
    *_CAUSES,
    Text("audit {id}", "审核 {id}"),
    Text("messages: {number}", "消息 {number} 条"),
    Text("not delivered: {number}", "未送达 {number} 个"),
    Text("forgets what no key opens: {number}", "忘掉没有密钥能解开的 {number} 个"),
    Text("{what}, {percent} % of the users", "{what}，{percent}% 的用户"),
    Text("version {number} (audit {id})", "版本 {number}（审核 {id}）"),
    Text("canary {number}", "金丝雀 {number} 个"),
    Text("at most {percent} % blocked or failed", "受阻或失败最多 {percent}%"),
    Text(
        "canary {number}, at most {percent} % blocked or failed",
        "金丝雀 {number} 个，受阻或失败最多 {percent}%",
    ),
    Text("not before {at} UTC", "不早于 {at} UTC"),
    Text("canary {number}, not before {at} UTC", "金丝雀 {number} 个，不早于 {at} UTC"),
    Text(
        "at most {percent} % blocked or failed, not before {at} UTC",
        "受阻或失败最多 {percent}%，不早于 {at} UTC",
    ),
    Text(
        "canary {number}, at most {percent} % blocked or failed, not before {at} UTC",
        "金丝雀 {number} 个，受阻或失败最多 {percent}%，不早于 {at} UTC",
    ),
)
