"""Parts of sentences: how a release stands, which version, which audit."""

from __future__ import annotations

from releases.remedies import AUDIT, AUDIT_ID, AUDIT_OF, DELAYED, IN_REVIEW, Text

#: As the page calls them, see `web.page.words`.
STATUS = (
    Text("queued", "排队中"),
    Text("running", "进行中"),
    Text("waiting", "等待中"),
    Text("blocked", "受阻"),
    Text("failed", "失败"),
    Text("submitted", "审核中"),
    Text("under audit", "审核中"),
    Text("rejected", "审核未通过"),
    Text("approved", "审核通过"),
    Text("live", "已上线"),
    Text("replaced", "已被新版取代"),
    Text("reverted", "已回退"),
    Text("cancelled", "已取消"),
)
STEP = (
    Text("ensure_domains", "配置域名"),
    Text("commit_code", "上传代码"),
    Text("submit_audit", "提交审核"),
    Text("watch_audit", "跟踪审核"),
    Text("publish", "发布"),
    Text("verify_live", "核对线上版本"),
    Text("revert", "回退"),
)
_REVIEW = (IN_REVIEW, DELAYED, Text("withdrawn", "已撤回"), Text("status {number}", "状态 {number}"))
_DOING = (
    Text("being published", "正在发布"),
    Text("being verified live", "正在核对线上版本"),
    Text("being taken back", "正在回退"),
    Text("published", "发布"),
    Text("enqueued", "入队"),
    Text("begun", "开始"),
    Text("be cancelled", "取消"),
    Text("be taken back", "回退"),
    Text("be published", "发布"),
    Text("be resumed", "恢复"),
    Text("be withdrawn", "撤回审核"),
)
_AT = tuple(
    Text(f"{status.english} at {step.english}", f"在“{step.chinese}”{status.chinese}")
    for status in STATUS
    for step in STEP
)
_VERSION = (
    Text("no version at all", "没有版本"),
    Text("version (not named)", "未写明的版本"),
    Text("version {number}", "版本 {number}"),
    Text("version {number} ({desc})", "版本 {number}（{desc}）"),
    Text("version {number}, published {at}", "版本 {number}（{at} 发布）"),
    Text("version {number} ({desc}), published {at}", "版本 {number}（{desc}，{at} 发布）"),
)
_TALLY = (
    Text(
        "{blocked} of {of} ended blocked, over the {percent} % allowed",
        "{of} 个中受阻 {blocked} 个，超过允许的 {percent}%",
    ),
    Text(
        "{blocked} of {of} ended blocked and {failed} failed, over the {percent} % allowed",
        "{of} 个中受阻 {blocked} 个、失败 {failed} 个，超过允许的 {percent}%",
    ),
    Text(
        "{failed} of {of} failed, over the {percent} % allowed",
        "{of} 个中失败 {failed} 个，超过允许的 {percent}%",
    ),
    Text("1 of its releases is live and broken", "1 个发版上线后不正常"),
    Text("{number} of its releases are live and broken", "{number} 个发版上线后不正常"),
)
_HOW_TO_GO_ON = (
    Text(
        "; its audit goes on. To end that: mprelease withdraw {id}",
        "；审核会继续。要撤回审核：mprelease withdraw {id}",
    ),
    Text("; to submit it once more: mprelease resume {id}", "；要再次提交审核：mprelease resume {id}"),
    Text("; to take it back: mprelease revert {id}", "；要回退：mprelease revert {id}"),
    Text("; enqueue it anew", "；请重新入队"),
    Text("; when it has been verified: mprelease revert {id}", "；核对之后可以：mprelease revert {id}"),
    Text("; see: mprelease show {id}", "；查看：mprelease show {id}"),
    Text("; mprelease publish {id}", "；mprelease publish {id}"),
    Text("; mprelease resume {id}", "；mprelease resume {id}"),
    Text(
        "; mprelease revert {id}, or: mprelease resume {other}",
        "；mprelease revert {id}，或 mprelease resume {other}",
    ),
    Text(
        "; mprelease resume {id}, or: mprelease cancel {other}",
        "；mprelease resume {id}，或 mprelease cancel {other}",
    ),
)
PARTS = (
    *_AT,
    *STATUS,
    *STEP,
    *_REVIEW,
    *_DOING,
    *_VERSION,
    *_TALLY,
    *_HOW_TO_GO_ON,
    AUDIT,
    AUDIT_ID,
    AUDIT_OF,
)
