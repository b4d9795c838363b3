"""What a notice says, in English and in Chinese. `{name}` is filled with numbers and with what others chose."""

from __future__ import annotations

from enum import StrEnum

from releases.remedies import Text
from releases.scope import Scope
from releases.states import Status


class Kind(StrEnum):
    """What people are told of, the most urgent first."""

    RELEASE_BROKEN = "release.broken"
    WAVE_BRAKED = "wave.braked"
    PLATFORM_PAUSED = "platform.paused"
    TICKET_OLD = "ticket.old"
    QUOTA_LOW = "quota.low"
    RELEASE_REJECTED = "release.rejected"
    WAVE_OVER = "wave.over"
    WAVE_DECIDED = "wave.decided"
    WAVE_LIVE = "wave.live"


BRAKED = Text("Wave {wave} is braked on its way to the audit", "批次 {wave} 已刹车（提交审核阶段）")
BRAKED_LIVE = Text("Publications of wave {wave} are braked", "批次 {wave} 已刹车（发布上线阶段）")
ASKS = Text(
    "The canary of wave {wave} is live: may the rest go live?",
    "批次 {wave} 的金丝雀已上线：其余的是否上线，等人决定",
)
OVER = Text("Wave {wave} is over", "批次 {wave} 的提交审核阶段已结束")
DECIDED = Text("All audits of wave {wave} are decided", "批次 {wave} 的审核全部有了结果")
LIVE = Text("All publications of wave {wave} have ended", "批次 {wave} 的发布全部结束")

PAUSED = {
    Scope.ALL: Text("All releases are paused", "所有发版已暂停"),
    Scope.SUBMISSIONS: Text("Submissions for audit are paused", "提交审核已暂停"),
}
BY_HAND = Text("by {actor}", "由 {actor} 暂停")
BECAUSE = Text("reason: {reason}", "原因：{reason}")

NO_TICKET = Text(
    "There is no component_verify_ticket: no release goes on",
    "没有 component_verify_ticket：所有发版都无法继续",
)
TICKET_OLD = Text(
    "The newest component_verify_ticket is {minutes} min old",
    "最新的 component_verify_ticket 已有 {minutes} 分钟",
)
TICKET_ENDS = Text(
    "WeChat pushes one every 10 minutes; one is good for 12 hours.",
    "微信每 10 分钟推送一次，每个 12 小时内有效。",
)
QUOTA_LOW = Text(
    "{rest} of this month's {limit} submissions are left", "本月的提交审核额度只剩 {rest} 次（共 {limit} 次）"
)
QUOTA_REMEDY = Text(
    "Ask WeChat for more before the next wave: what is over the quota waits (85085).",
    "下一个批次之前请向微信申请提高额度：超出额度的发版会等待（85085）。",
)

REJECTED_IN_WAVE = Text("Rejected in wave {wave}: {number}", "批次 {wave} 审核未通过：{number} 个")
REJECTED = Text("Rejected, of no wave: {number}", "审核未通过（不属于任何批次）：{number} 个")
REJECTED_ONE = Text("The release of {name} was rejected", "{name} 的发版审核未通过")
BROKEN_IN_WAVE = Text(
    "Live and not as it should be, in wave {wave}: {number}", "批次 {wave} 已上线但不正常：{number} 个"
)
BROKEN = Text(
    "Live and not as it should be, of no wave: {number}", "已上线但不正常（不属于任何批次）：{number} 个"
)
BROKEN_ONE = Text("The release of {name} is live and not as it should be", "{name} 的发版已上线但不正常")
REASON = Text("{number}: {reason} ({names})", "{number} 个：{reason}（{names}）")
CAUSE = Text("{number}: {reason}", "{number} 个：{reason}")
MORE_NAMES = Text("and {number} more", "等另外 {number} 个")
MORE_REASONS = Text("and for other reasons: {number}", "其他原因：{number} 个")
NO_REASON = Text("WeChat gave no reason", "微信没有给出原因")

SEE_WAVE = Text("`mprelease wave {wave}` shows it.", "用 `mprelease wave {wave}` 查看。")
SEE_RELEASE = Text("`mprelease show {id}` shows it.", "用 `mprelease show {id}` 查看。")
SEE_STOPPED = Text(
    "`mprelease list --status {status}` shows them.", "用 `mprelease list --status {status}` 查看。"
)
PLAN = Text(
    "`mprelease publish --wave {wave} --plan` shows what would go live.",
    "用 `mprelease publish --wave {wave} --plan` 查看将要上线的发版。",
)
OPEN = Text("Open the page", "打开页面")
FOLLOW = Text("{number} more in the next message", "另有 {number} 条，见下一条消息")
TITLE = Text("{first} (and {more} more)", "{first}（另有 {more} 条）")
TEST = Text("This is a test of mprelease's notices", "这是 mprelease 通知的测试消息")
TEST_BODY = Text(
    "Whoever reads it will be told what waits for a person.", "能看到这条消息的人，以后会收到需要处理的事项。"
)

#: A number of releases by what became of them.
COUNT = Text("{number} {status}", "{status} {number}")
BETWEEN = Text(", ", "，")
STATUS = {
    Status.QUEUED: Text("queued", "排队"),
    Status.RUNNING: Text("running", "进行中"),
    Status.WAITING: Text("waiting", "等待"),
    Status.BLOCKED: Text("blocked", "受阻"),
    Status.FAILED: Text("failed", "失败"),
    Status.CANCELLED: Text("cancelled", "已取消"),
    Status.SUBMITTED: Text("submitted", "审核中"),
    Status.REJECTED: Text("rejected", "审核未通过"),
    Status.APPROVED: Text("approved", "审核通过"),
    Status.LIVE: Text("live", "已上线"),
    Status.REPLACED: Text("replaced", "已被替代"),
    Status.REVERTED: Text("reverted", "已回退"),
}
