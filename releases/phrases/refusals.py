"""Why an order or a plan can't be followed, as errors say it."""

from __future__ import annotations

from releases.remedies import Text

REFUSALS = (
    Text("no release has the id {shown}", "没有 ID 为 {shown} 的发版"),
    Text("release {id}: {why}", "发版 {id}：{why}"),
    Text("is {status} and can't {kind}{more}", "现在{status}，不能{kind}{more}"),
    Text("is {status} and can't {kind}", "现在{status}，不能{kind}"),
    Text("is being changed by many at once; try again", "正被多处同时修改，请重试"),
    Text(
        "is ordered to go live already, at another time. To order it anew: mprelease cancel {id}, then mprelease publish {other}",
        "已下令在另一个时间上线。要重新下令：先 mprelease cancel {id}，再 mprelease publish {other}",
    ),
    Text("waits: the platform is {what}. {remedy}", "在等待：平台{what}。{remedy}"),
    Text(
        "{appid} has version {number} of template {template} {status}; cancel it first: mprelease cancel {id}",
        "{appid} 有模板 {template} 的版本 {number}，{status}；请先取消：mprelease cancel {id}",
    ),
    Text(
        "{appid} has version {number} of template {template} {status}; see: mprelease show {id}",
        "{appid} 有模板 {template} 的版本 {number}，{status}；查看：mprelease show {id}",
    ),
    Text("{appid} is being enqueued by many at once; try again", "{appid} 正被多处同时入队，请重试"),
    Text(
        "wave {wave} is being braked or let go at this moment; try again",
        "批次 {wave} 正在刹车或放行，请重试",
    ),
    Text(
        "others enqueue for the same Mini Programs at this moment; try again",
        "同样的小程序正被其他人入队，请重试",
    ),
    Text("no release of wave {wave} is {status}", "批次 {wave} 里没有{status}的发版"),
    # What stands in the way of a planned publication.
    Text("it is ordered already", "已下令上线"),
    Text("it is {status}", "现在{status}"),
    Text("the platform's domain pool is unknown", "不清楚第三方平台登记的域名"),
)
