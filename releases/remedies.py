"""What a person has to do, where no errcode says it: our own remedies, in English and in Chinese.

A record keeps the English. The Chinese is found by it when it is shown, in records of any age: what differs from one
release to another (an appid, a wave, a time) stands in the text as `{name}`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from string import Formatter

from wechat.errcodes.chinese import chinese_of
from wechat.errcodes.row import GOES_ON as GOES_ON_BY_ITSELF
from wechat.errcodes.table import TABLE, verdict_of

#: What stands in a text and is a text itself; everything else is as it was typed, or as WeChat said it.
_WITHIN = {"more", "audit", "status"}
#: What has no space in it.
_WORDS = {"id", "appid", "other"}
#: Of these, what says what the errcode's row says.
_OF_ERRCODE = "more"
#: An errcode that WeChat will not give; it stands for all that are in no table.
_NOT_LISTED = -999_999_999
#: What a text begins with that tells of a release that waits and needs nobody; the second as versions before 0.2 wrote it.
_GO_ON = (GOES_ON_BY_ITSELF, "Goes on by itself")


@dataclass(frozen=True, slots=True)
class Text:
    """A text of ours in both languages."""

    english: str
    chinese: str

    def __call__(self, **said: str) -> str:
        """The English, with what is said for each `{name}`."""
        return self.english.format(**said)

    def translated(self, text: str, errcode: int | None = None) -> str | None:
        """The Chinese of a text that was made from this, in a problem with this errcode; None if it was not."""
        found = pattern(self.english).fullmatch(text)
        if found is None:
            return None
        said = found.groupdict()
        within = {
            name: in_chinese(said[name], errcode if name == _OF_ERRCODE else None)
            for name in _WITHIN & said.keys()
        }
        return self.chinese.format(**{**said, **within})


@cache
def pattern(english: str) -> re.Pattern[str]:
    """What was made from a text of ours matches it, and has what was said for each `{name}` in a group of that name."""
    parts, names = [], set()
    for literal, name, _, _ in Formatter().parse(english):
        parts.append(re.escape(literal))
        if name is not None:
            value = r"\S+" if name in _WORDS else ".+"
            parts.append(f"(?P={name})" if name in names else f"(?P<{name}>{value})")
            names.add(name)
    return re.compile("".join(parts), re.DOTALL)


def in_chinese(remedy: str, errcode: int | None = None) -> str:
    """The Chinese of a remedy that a record or a pause keeps, with its errcode; itself where that is not known.

    Of an errcode of the table it is what the row says of a release that waits, or of one that stopped, even if the record is
    older than the words of the row.
    """
    for own in OWN:
        found = own.translated(remedy, errcode)
        if found is not None:
            return found
    if errcode is not None and errcode in TABLE:
        row = chinese_of(errcode)
        return row.waiting if row.waiting and remedy.startswith(_GO_ON) else row.remedy
    return _of_table().get(remedy, remedy)


@cache
def _of_table() -> dict[str, str]:
    """The Chinese of each remedy of the table and of what waits, for what is kept without its errcode."""
    rows = (verdict_of(_NOT_LISTED), *TABLE.values())
    waiting = {row.waiting: chinese_of(row.code).waiting for row in rows if row.waiting}
    return waiting | {row.remedy: chinese_of(row.code).remedy for row in rows}


TICKET_MISSING = Text(
    "Store the newest component_verify_ticket with `mprelease ticket`; WeChat pushes one every 10 minutes, and "
    "api_start_push_ticket turns the push on again.",
    "用 `mprelease ticket` 保存最新的 component_verify_ticket；微信每 10 分钟推送一次，推送停了就调用 "
    "api_start_push_ticket 重新开启。",
)
NOT_AUTHORIZED = Text(
    "Store it with `mprelease authorize {appid}`, then resume the release.",
    "用 `mprelease authorize {appid}` 保存它，然后恢复发版（resume）。",
)
AUTHORIZATION_PENDING = Text(
    "Nothing: the release goes on by itself when the code has been exchanged, in some seconds.",
    "无需处理：授权码换取完成后（几秒内）发版会自动继续。",
)
NOT_LENT = Text(
    "Let the merchant of {appid} authorize the platform in the system at MPRELEASE_TOKENS__URL, which lends the tokens, or "
    "correct the appid; then resume the release.",
    "让 {appid} 的商家在出借 token 的系统（MPRELEASE_TOKENS__URL）里完成授权，或改正 appid；然后恢复发版（resume）。",
)
COMPONENT_NOT_LENT = Text(
    "Have the system at MPRELEASE_TOKENS__URL lend the platform's own token, `component`, as well; without it nobody here can "
    "ask for the domain pool and the template library.",
    "让出借 token 的系统（MPRELEASE_TOKENS__URL）也出借平台自己的 token（`component`）；没有它就查不到平台服务器域名和模板库。",
)
OWNER_AWAY = Text(
    "See that the system at MPRELEASE_TOKENS__URL, which lends the tokens, runs and takes MPRELEASE_TOKENS__KEY; what has failed by "
    "then is to be resumed.",
    "确认出借 token 的系统（MPRELEASE_TOKENS__URL）在运行，并且接受 MPRELEASE_TOKENS__KEY；已经失败的发版需要恢复（resume）。",
)
UNREADABLE = Text(
    "Put the key that it was sealed with into MPRELEASE_REDIS__ENCRYPTION_KEYS everywhere. Where that key is lost: "
    "`mprelease rekey --drop-unreadable`, then `mprelease ticket` and `mprelease authorize`. Then resume.",
    "把加密它的密钥写进所有进程的 MPRELEASE_REDIS__ENCRYPTION_KEYS。密钥已丢失：先 `mprelease rekey --drop-unreadable`，"
    "再 `mprelease ticket` 和 `mprelease authorize`。然后恢复（resume）。",
)
RATE_LIMITED = Text(
    "It goes on by itself. Where WeChat allows more, raise MPRELEASE_RATE__PLATFORM_PER_MINUTE or "
    "MPRELEASE_RATE__MINI_PROGRAM_PER_MINUTE.",
    "会自动继续。如果微信允许更高的频率，调大 MPRELEASE_RATE__PLATFORM_PER_MINUTE 或 "
    "MPRELEASE_RATE__MINI_PROGRAM_PER_MINUTE。",
)
ASKS_AGAIN = Text(
    f"{GOES_ON_BY_ITSELF}: the step is tried again, and asks WeChat first what has been done already.",
    "会自动继续：这一步会重试，并且先向微信查询已经做了什么。",
)
UNANSWERED = Text(
    "Check the network and WeChat's status, then resume the release: it asks what happened first.",
    "检查网络和微信的状态，然后恢复发版（resume）：它会先向微信查询上次的结果。",
)
BUG = Text(
    "This is a bug: the worker's log has the traceback. Report it; then resume the release.",
    "这是本程序的 bug：worker 的日志里有 traceback。请报告，然后恢复发版（resume）。",
)
INTERRUPTED = Text(
    "See what ends the workers or cuts them off (memory, deployments, Redis); then resume the release: it asks what "
    "happened first.",
    "查清是什么让 worker 中断或断开连接（内存、部署、Redis），然后恢复发版（resume）：它会先向微信查询上次的结果。",
)
NO_DOMAINS = Text(
    "Set MPRELEASE_DOMAINS__REQUESTDOMAIN and the other lists, restart the workers, then resume the release.",
    "设置 MPRELEASE_DOMAINS__REQUESTDOMAIN 和其他几类域名，重启 worker，然后恢复发版（resume）。",
)
DOMAINS_REJECTED = Text(
    "Check each domain: spelling and scheme, ICP filing (no_icp_domain), and that it is registered and published on "
    "the platform. Then resume the release.",
    "检查每个域名：拼写和协议头、ICP 备案（no_icp_domain）、是否已登记在第三方平台服务器域名并全网发布。"
    "然后恢复发版（resume）。",
)
DOMAINS_NOT_SHOWN = Text(
    "Check that the domains are registered and published on the platform, then resume the release.",
    "确认这些域名已登记在第三方平台服务器域名并全网发布，然后恢复发版（resume）。",
)
UNREGISTERED = Text(
    "Register them with `mprelease platform domains add`, then `mprelease resume --wave {wave}`: no call was made "
    "for these Mini Programs.",
    "用 `mprelease platform domains add` 登记这些域名，然后 `mprelease resume --wave {wave}`：对这些小程序还没有调用过接口。",
)
NO_TEMPLATE = Text(
    "No call was made for these Mini Programs. Take the template_id from gettemplatelist, then enqueue wave {wave} again with "
    "it and `--supersede`.",
    "对这些小程序还没有调用过接口。template_id 要从 gettemplatelist 返回的模板里选，然后用它加上 `--supersede` 重新发版"
    "（enqueue）批次 {wave}。",
)
TRIAL_REPLACED = Text(
    "Find out who uploads to this Mini Program (another platform, a developer tool) and have that stopped, then "
    "resume the release: it commits its version again.",
    "查清是谁在给这个小程序上传代码（其他第三方平台、开发者工具）并让其停止，然后恢复发版（resume）：它会重新上传自己的版本。",
)
AUDIT_NOT_FOUND = Text(
    "It goes on by itself: WeChat is asked once more, then it is submitted again.",
    "会自动继续：再向微信查询一次，然后重新提交审核。",
)
AUDIT_NOT_SHOWN = Text(
    "WeChat does not show yet what is under audit. Wait some minutes, then resume the release: it adopts the audit if "
    "that is its own. If the Mini Program console shows another version, wait until its audit has ended first.",
    "微信还没有显示正在审核的是什么。等几分钟，然后恢复发版（resume）：如果审核的就是这个版本，会直接接管。"
    "如果小程序管理后台显示是另一个版本，先等它的审核结束。",
)
AUDIT_OF_ANOTHER = Text(
    "Wait until {audit} has ended, or withdraw it (undocodeaudit, 5 a day and 10 a month) if it is not wanted, then "
    "resume the release.",
    "等{audit}结束；不需要它就撤回审核（undocodeaudit，每天 5 次、每月 10 次），然后恢复发版（resume）。",
)
BEHIND_AUDIT = Text(
    f"{GOES_ON_BY_ITSELF} when release {{id}} is live, or has been rejected or given up. Not to wait for that: `mprelease withdraw "
    "{id}` withdraws its audit; a release that is enqueued with `withdraw` has that done by itself.",
    "发版 {id} 上线、被驳回或被放弃后会自动继续。不想等：`mprelease withdraw {id}` 撤回它的审核；入队时带 `withdraw` 的发版会自动撤回。",
)
BEHIND_WITHDRAWAL = Text(
    f"{GOES_ON_BY_ITSELF} when the audit of release {{id}} has been withdrawn, as this release asked for.",
    "发版 {id} 的审核按本次发版的要求撤回后，会自动继续。",
)
BEHIND_APPROVED = Text(
    f"{GOES_ON_BY_ITSELF} when release {{id}} is live or given up: `mprelease publish {{id}}`, or `mprelease cancel {{id}}`.",
    "发版 {id} 上线或被放弃后会自动继续：`mprelease publish {id}`，或 `mprelease cancel {id}`。",
)
BEHIND_PUBLICATION = Text(
    f"{GOES_ON_BY_ITSELF} when release {{id}} is live or taken back; `mprelease show {{id}}` tells whether it needs somebody.",
    "发版 {id} 上线或回退后会自动继续；`mprelease show {id}` 会说明它是否需要人工处理。",
)
BEHIND_RUNNING_AUDIT = Text(
    f"{GOES_ON_BY_ITSELF} when the audit of release {{id}} has ended: it is submitted again every half hour. Not to wait for that, "
    "withdraw that audit in the Mini Program console.",
    "发版 {id} 的审核结束后会自动继续：每半小时重新提交一次。不想等，就在小程序管理后台撤回那个审核。",
)
BEHIND_OLDER = Text(
    "They go on by themselves, each when its older release is live or given up; `mprelease list --status waiting` names them, "
    "`mprelease show ID` says what each waits for.",
    "各自的旧发版上线或被放弃后会自动继续；`mprelease list --status waiting` 列出它们，`mprelease show ID` 说明各自在等什么。",
)
WOULD_WAIT = Text(
    "The release would wait before its commit until that one is live, rejected or given up.",
    "本次发版会在上传代码前等待，直到那个发版上线、被驳回或被放弃。",
)
WOULD_WITHDRAW = Text(
    "The audit would be withdrawn, and that release cancelled.", "会撤回它的审核，并取消那个发版。"
)
WOULD_GIVE_UP = Text("That release would be cancelled.", "那个发版会被取消。")
AUDIT_UNKNOWN = Text(
    "Look at the Mini Program's audits at WeChat (`mprelease versions {appid}`). If this release's is not there, cancel the "
    "release and enqueue it anew.",
    "在微信查看该小程序的审核（`mprelease versions {appid}`）。如果没有本次发版的审核，就取消本次发版（cancel），再重新入队（enqueue）。",
)
AUDIT_ENDED = Text(
    "See the reason in the Mini Program's audit record. Release a corrected version, or resume the release to submit "
    "this one again.",
    "在小程序的审核记录里查看原因。发一个改好的新版本，或恢复发版（resume）把这个版本再次提交审核。",
)
AUDIT_NOT_LATEST = Text(
    "WeChat publishes whichever version passed last. See with `mprelease versions {appid}` who submits to this Mini Program "
    "and have that stopped; then cancel this release and enqueue its version anew.",
    "微信发布的是最近一次审核通过的版本。用 `mprelease versions {appid}` 查看是谁在给这个小程序提交审核并让其停止；然后取消（cancel）"
    "本次发版，把这个版本重新入队（enqueue）。",
)
AUDIT_NOT_PASSED = Text(
    "WeChat or the merchant has taken the approval back. See why in the Mini Program console, then cancel this release and "
    "enqueue its version anew.",
    "微信或商家收回了审核结果。在小程序管理后台查看原因，然后取消（cancel）本次发版，把这个版本重新入队（enqueue）。",
)
GRAY_RUNNING = Text(
    "Let the gray release end, or end it with `mprelease gray {appid} stop`; then resume the release.",
    "等灰度发布结束，或用 `mprelease gray {appid} stop` 结束它；然后恢复发版（resume）。",
)
DOMAINS_GONE = Text(
    "Find out who removes domains of this Mini Program, then resume the release: it adds them before it publishes.",
    "查清是谁删除了这个小程序的域名，然后恢复发版（resume）：发布前会先把它们加回去。",
)
DOMAINS_WOULD_DROP = Text(
    "Register and publish them on the platform with `mprelease platform domains add`, then resume the release.",
    "用 `mprelease platform domains add` 在第三方平台登记并全网发布这些域名，然后恢复发版（resume）。",
)
NOT_PUBLISHABLE = Text(
    "Nothing was published. Hold audit, trial version and filing against each other with `mprelease versions {appid}`; when the "
    "cause is gone, resume the release.",
    "没有发布任何版本。用 `mprelease versions {appid}` 对照审核、体验版和备案的状态；排除原因后，恢复发版（resume）。",
)
DOMAINS_DROPPED = Text(
    "Register and publish them on the platform with `mprelease platform domains add`, then `mprelease resume` the release: it "
    "adds them and checks again. Or take the version back at once with `mprelease revert`.",
    "用 `mprelease platform domains add` 在第三方平台登记并全网发布这些域名，然后用 `mprelease resume` 恢复发版：会补上域名并再次检查。"
    "或者用 `mprelease revert` 立即退回上一个版本。",
)
ANOTHER_IS_LIVE = Text(
    "See with `mprelease versions {appid}` what is live, and find out who publishes to this Mini Program. If this release is "
    "still wanted, enqueue its version anew with `--again`.",
    "用 `mprelease versions {appid}` 查看线上版本，查清是谁在发布这个小程序。如果仍然需要本次发版，用 `--again` 把这个版本重新入队"
    "（enqueue）。",
)
NEVER_LIVE = Text(
    "See with `mprelease versions {appid}` what is live, then `mprelease resume` the release: it asks once more, and publishes "
    "again if its version is not live.",
    "用 `mprelease versions {appid}` 查看线上版本，然后用 `mprelease resume` 恢复发版：会再查询一次，版本仍未上线就重新发布。",
)
NOT_LIVE = Text(
    "See with `mprelease versions {appid}` what is live. To take that version back, revert its own release.",
    "用 `mprelease versions {appid}` 查看线上版本。要退回那个版本，对它自己的发版执行 revert。",
)
REVERT_NOT_SHOWN = Text(
    "See with `mprelease versions {appid}` what is live, then `mprelease resume` the release: it asks before it sends anything.",
    "用 `mprelease versions {appid}` 查看线上版本，然后用 `mprelease resume` 恢复发版：发送之前会先查询。",
)
GOES_ON = Text(
    "It goes on by itself: at {at} UTC a few releases try again, and once WeChat takes their calls, all do. To try "
    "sooner: `mprelease resume --platform`.",
    "会自动继续：{at} UTC 时先有几个发版重试，微信接受它们的调用后，全部继续。想提前重试：`mprelease resume --platform`。",
)
GOES_ON_AND_MORE = Text(f"{GOES_ON.english} {{more}}", f"{GOES_ON.chinese}{{more}}")
TRYING = Text(
    "It goes on by itself: a few releases try at this moment, and once WeChat takes their calls, all do. To try with "
    "all: `mprelease resume --platform`.",
    "会自动继续：几个发版正在重试，微信接受它们的调用后，全部继续。想让全部立即重试：`mprelease resume --platform`。",
)
TIME_COMES = Text(
    "It goes on by itself at {at}. To begin it now: `mprelease resume ID`; the hours of publications stay.",
    "{at} 会自动继续。想立即开始：用 `mprelease resume ID`；发布时段（hours）仍然有效。",
)
TIMES_COME = Text(
    "They go on by themselves; of each, `mprelease show ID` tells when.",
    "到时间会自动继续；每个发版的时间用 `mprelease show ID` 查看。",
)
PAUSED_BY_HAND = Text(
    "`mprelease resume --platform` ends the pause.",
    "用 `mprelease resume --platform` 解除暂停。",
)
ENDS_IT = Text("`mprelease resume --platform` ends it.", "用 `mprelease resume --platform` 解除。")
CANARY = Text(
    "It goes on by itself when they have ended, at most {percent} % of them blocked or failed.",
    "会自动继续：等金丝雀全部结束，且受阻（blocked）或失败（failed）的不超过 {percent}%。",
)
CANARY_OF_ONE = Text(
    "It goes on by itself when it has ended, at most {percent} % of them blocked or failed.",
    "会自动继续：等金丝雀（一个发版）结束，且受阻（blocked）或失败（failed）的不超过 {percent}%。",
)
#: As versions before 0.2 wrote it.
CANARY_BEFORE = Text(
    "Goes on by itself when they have ended, at most {percent} % of them blocked or failed.",
    "金丝雀全部结束，且受阻（blocked）或失败（failed）的不超过 {percent}% 时，自动继续。",
)
#: Where a remedy of a wave begins; `mprelease wave` itself leaves it out.
SEE_WAVE = Text("See `mprelease wave {wave}`; ", "用 `mprelease wave {wave}` 查看；")
#: As versions before 0.2 wrote it.
BRAKED_BEFORE = Text(
    f"{SEE_WAVE.english}remove the causes, then `mprelease resume --wave {{wave}}` lets it go on, or "
    "`mprelease cancel --wave {wave}` ends it.",
    f"{SEE_WAVE.chinese}排除原因后，用 `mprelease resume --wave {{wave}}` 继续，"
    "或用 `mprelease cancel --wave {wave}` 结束整个批次。",
)
BRAKED = Text(
    f"{BRAKED_BEFORE.english} Where the request is wrong, enqueue it again, corrected, with `--supersede` and `--canary`.",
    f"{BRAKED_BEFORE.chinese}如果是请求写错了：改好后加上 `--supersede` 和 `--canary` 重新发版（enqueue）。",
)
CANARY_LIVE = Text(
    "When they are live, look at some of these shops; then `mprelease resume --wave {wave}` lets the rest go live, and "
    "`mprelease revert --wave {wave}` takes back what is live.",
    "它们上线后，先看看其中几个小程序；然后用 `mprelease resume --wave {wave}` 让其余的上线，"
    "或用 `mprelease revert --wave {wave}` 回退已经上线的。",
)
BRAKED_LIVE = Text(
    "See `mprelease wave {wave}`; remove the causes, then `mprelease resume --wave {wave}` lets the publications go on. "
    "`mprelease revert --wave {wave}` takes back what is live, and `mprelease cancel --wave {wave}` ends what is not.",
    "用 `mprelease wave {wave}` 查看；排除原因后，用 `mprelease resume --wave {wave}` 继续发布。"
    "`mprelease revert --wave {wave}` 回退已经上线的，`mprelease cancel --wave {wave}` 结束还没有上线的。",
)
BEING_CANCELLED = Text(
    "If that was broken off: `mprelease cancel --wave {wave}` again.",
    "如果取消过程中断了：再执行一次 `mprelease cancel --wave {wave}`。",
)
NOT_REGISTERED = Text(
    "not registered on the platform: {hosts}; `mprelease platform domains add` does it",
    "没有登记在第三方平台服务器域名中：{hosts}；用 `mprelease platform domains add` 登记",
)
NOT_REGISTERED_WEB_VIEW = Text(
    "not among the platform's business domains: {hosts}; `mprelease platform domains add --web-view` does it",
    "没有登记在第三方平台业务域名中：{hosts}；用 `mprelease platform domains add --web-view` 登记",
)
#: An audit as it stands in a remedy; before 0.2 with its version and time, which the block says already.
AUDIT_ID = Text("audit {id}", "审核 {id} ")
AUDIT = Text("audit {id} of version {version} ({status})", "审核 {id}（版本 {version}，{status}）")
AUDIT_OF = Text(
    "audit {id} of version {version}, submitted {at} ({status})",
    "审核 {id}（版本 {version}，提交于 {at}，{status}）",
)
IN_REVIEW = Text("in review", "审核中")
DELAYED = Text("delayed", "审核延后")

#: All of them, a longer one before what could be taken for it.
OWN = tuple(
    sorted(
        (text for text in globals().values() if isinstance(text, Text)), key=lambda text: -len(text.english)
    )
)
