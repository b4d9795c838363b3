"""Lines of a release's history: what steps, workers and people did."""

from __future__ import annotations

from releases.remedies import Text

HISTORY = (
    Text("{what}, as it was being cancelled", "{what}（当时正在取消）"),
    # People and programs.
    Text("enqueued", "已入队"),
    Text("resumed", "已恢复"),
    Text("resumed: it is submitted once more", "已恢复：会再次提交审核"),
    Text("cancelled by request", "按要求取消"),
    Text(
        "cancelled by request; it was sent to be published, and was not seen live",
        "按要求取消；已发出发布请求，没有看到上线",
    ),
    # As `because` keeps it: with the reason that somebody typed.
    Text("cancelled by request: {reason}", "按要求取消：{reason}"),
    Text("superseded by release {id}", "被发版 {id} 取代"),
    Text("superseded by release {id}: {reason}", "被发版 {id} 取代：{reason}"),
    Text("its publication was cancelled", "发布已取消"),
    Text("its revert was cancelled", "回退已取消"),
    Text("ordered to go live", "已下令上线"),
    Text("ordered to be taken back", "已下令回退"),
    Text("ordered to be withdrawn", "已下令撤回审核"),
    Text("the platform goes on", "平台恢复"),
    Text("the wave goes on", "批次放行"),
    Text("the publications of the wave go on", "批次的发布放行"),
    # How an attempt ends.
    Text("waiting: {why}", "等待：{why}"),
    Text("blocked: {why}", "受阻：{why}"),
    Text("failed: {why}", "失败：{why}"),
    Text("could not be looked at: {why}", "未能查询审核：{why}"),
    Text("errcode {errcode}", "{errcode}"),
    # Domains.
    Text("domains were already there", "域名已配置"),
    Text("domains were added by somebody else meanwhile", "域名已由其他人添加"),
    Text("added {domains}", "已添加 {domains}"),
    Text("domains confirmed again: {what}", "再次确认域名：{what}"),
    Text("before it goes on: {what}", "继续之前：{what}"),
    # Code.
    Text("committed", "代码已上传"),
    Text("committed again, instead of {version}", "代码已重新上传，替换{version}"),
    Text("commit found at WeChat", "在微信查到已上传的代码"),
    Text(
        "the trial version is {version}, not ours: it is committed once more",
        "体验版是{version}，不是本次发版的：会重新上传",
    ),
    # Audit.
    Text("submitted as audit {id}", "已提交审核，编号 {id}"),
    Text("audit {id} found at WeChat", "在微信查到审核 {id}"),
    Text("adopted the running audit {id}", "接管正在进行的审核 {id}"),
    Text("audit {id} is {status}", "审核 {id}：{status}"),
    Text(
        "audit {id} is {status}; somebody else has submitted since: {audit}",
        "审核 {id}：{status}；之后有其他人提交：{audit}",
    ),
    Text("somebody else has submitted since: {audit}", "之后有其他人提交：{audit}"),
    Text("its audit is to be withdrawn for release {id}", "将为发版 {id} 撤回它的审核"),
    Text("withdrawn for release {id}", "已为发版 {id} 撤回"),
    Text("release {id} stood in the way, and is {status} now", "之前挡住的发版 {id} 现在{status}"),
    # The second half.
    Text("published", "已发布"),
    Text("published; {what}", "已发布；{what}"),
    Text("published already", "之前已发布"),
    Text("published already, by somebody else", "已由其他人发布"),
    Text("found live at WeChat", "在微信查到已上线"),
    Text("WeChat says that it is published already", "微信称已经发布"),
    Text(
        "the platform's pool is not known, so WeChat was only asked which domains will hold",
        "不清楚平台登记的域名，只向微信查询了哪些域名会保留",
    ),
    Text("{version} is live with all domains", "{version}已上线，域名齐全"),
    Text(
        "version {number} is live: somebody else has published it, and {what}",
        "版本 {number} 已上线：由其他人发布；{what}",
    ),
    Text("replaced by release {id}", "被发版 {id} 取代"),
    Text(
        "live again: release {id} was taken back, and {what}",
        "重新上线：发版 {id} 已回退；{what}",
    ),
    Text("its domains were not checked", "没有核对域名"),
    # By hand.
    Text("audit {id} sped up", "审核 {id} 已加急"),
    Text("opened to users", "已对用户开放"),
    Text("closed to users", "已对用户关闭"),
    Text("gray release stopped", "灰度发布已停止"),
    Text("gray release of {what} to {percent} % of the users", "{what}，灰度发布给 {percent}% 的用户"),
    Text("taken back", "已回退"),
    Text("taken back; {version} is live", "已回退；线上是{version}"),
)
