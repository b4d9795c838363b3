"""What stops a release where WeChat has said no errcode, or where we say more than it: `errmsg` of blocks, failures and waits."""

from __future__ import annotations

from releases.remedies import Text

_NOTHING = "; nothing was published"
PROBLEMS = (
    # Of a step.
    Text("the step's deadline passed", "这一步超过了时限"),
    Text("unexpected {error}", "意外错误 {error}"),
    Text(
        "the worker died or lost Redis in the middle of this step, again and again",
        "worker 一再在这一步中途退出或断开 Redis",
    ),
    Text("{why}; it asked to be left alone (Retry-After)", "{why}；对方要求稍后再试（Retry-After）"),
    Text(
        "WeChat answers hardly any call of any Mini Program; the last one: {why}",
        "微信几乎不响应任何小程序的调用；最近一次：{why}",
    ),
    Text("errcode {errcode}: {errmsg}", "{errcode}（{errmsg}）"),
    # Domains.
    Text("no server domain is configured, so none can be ensured", "没有配置服务器域名，无法确保"),
    Text(
        "no server domain is configured, so none can be held against what WeChat has",
        "没有配置服务器域名，无法和微信侧核对",
    ),
    Text("WeChat took the call and rejected some of the domains", "微信接受了调用，但拒绝了其中一些域名"),
    Text(
        "WeChat took the call, yet some of the domains are not configured",
        "微信接受了调用，但有些域名没有配置上",
    ),
    Text("preflight: {why}", "预检：{why}"),
    Text(
        "the platform has not registered and published these domains",
        "这些域名没有在第三方平台登记并全网发布",
    ),
    Text(
        "WeChat refused these domains for another release: {errmsg}",
        "微信拒绝了另一个发版的这些域名：{errmsg}",
    ),
    Text(
        "template {id} does not exist; the library has {templates}",
        "模板 {id} 不存在；模板库里有 {templates}",
    ),
    Text(
        "template {id} does not exist; the library has no template",
        "模板 {id} 不存在；模板库是空的",
    ),
    Text(
        "template {id} does not exist; the library has {templates} and {number} more",
        "模板 {id} 不存在；模板库里有 {templates}，还有 {number} 个",
    ),
    # Code and audit.
    Text(
        "the trial version is {version}, not the one that this release has committed twice",
        "体验版是{version}，不是本次发版上传过两次的版本",
    ),
    Text("the record has no audit id", "记录里没有审核编号"),
    Text("WeChat does not know audit {id} of this Mini Program", "微信没有这个小程序的审核 {id}"),
    Text("{audit} is of release {id}: {errmsg}", "{audit}属于发版 {id}：{errmsg}"),
    Text(
        "a submission was not answered, and the latest audit that WeChat shows is {audit}",
        "提交审核没有得到响应，微信显示的最近一次审核是{audit}",
    ),
    Text("this release's audit {id} has been {status} already", "本次发版的审核 {id} 已经结束：{status}"),
    Text(
        "release {id}, version {number}, is {status}: a newer one would destroy it",
        "发版 {id}（版本 {number}）{status}：更新的发版会毁掉它",
    ),
    # The second half.
    Text(
        f"the Mini Program does not have these domains any more{_NOTHING}", "小程序已经没有这些域名；没有发布"
    ),
    Text(
        f"the latest audit is {{audit}}, not this release's {{id}}{_NOTHING}",
        "最近一次审核是{audit}，不是本次发版的 {id}；没有发布",
    ),
    Text(
        f"{{audit}} was approved before and is not now{_NOTHING}", "{audit}之前审核通过，现在不是了；没有发布"
    ),
    Text(
        f"a gray release to {{percent}} % of the users is running{_NOTHING}",
        "正在向 {percent}% 的用户分阶段发布；没有发布",
    ),
    Text(
        f"WeChat would drop these domains, which the platform has not published{_NOTHING}",
        "微信会删掉这些平台没有发布的域名；没有发布",
    ),
    Text("{errmsg}; what is live is {version}", "{errmsg}；线上是{version}"),
    Text("{errmsg}; yet the latest audit is {audit}", "{errmsg}；但最近一次审核是{audit}"),
    Text("{version} is live, after this release was published", "本次发版发布之后，线上是{version}"),
    Text("the release is live, and WeChat has dropped these domains", "已上线，但微信删掉了这些域名"),
    Text(
        "WeChat took the call, and does not show which version is live", "微信接受了调用，但没有显示线上版本"
    ),
    Text(
        "WeChat took the call, and does not show which version is live; it is published again",
        "微信接受了调用，但没有显示线上版本；会重新发布",
    ),
    Text(
        "WeChat took the call, which had no effect: {version} is live as before",
        "微信接受了调用，但没有生效：线上仍是{version}",
    ),
    Text(
        "WeChat took the call, which had no effect: {version} is live as before; it is published again",
        "微信接受了调用，但没有生效：线上仍是{version}；会重新发布",
    ),
    Text(
        "{version} is live, which is not this release's; nothing was taken back",
        "线上是{version}，不是本次发版的；没有回退",
    ),
    Text(
        "of the versions that WeChat could bring back ({versions}) none is an earlier one",
        "微信可以恢复的版本（{versions}）里没有更早的",
    ),
    Text(
        "the version was to be taken back, and WeChat does not show another one as live",
        "已要求回退，但微信没有显示线上是其他版本",
    ),
    # Tokens.
    Text("no component_verify_ticket has been stored", "没有保存 component_verify_ticket"),
    Text("no refresh token has been stored for {appid}", "没有保存 {appid} 的 refresh token"),
    Text(
        "the authorization of {appid} was pushed, and its code is being exchanged",
        "微信已推送 {appid} 的授权，正在换取授权码",
    ),
    Text("the owner of the tokens lends none for {appid}", "token 的出借系统没有 {appid} 的 token"),
    Text("none of the encryption keys opens {key} in Redis", "没有一个密钥能解开 Redis 里的 {key}"),
    Text("the owner of the tokens: {why}", "token 的出借系统：{why}"),
    # Of a worker.
    Text("it does not consume from {queues}", "没有消费队列 {queues}"),
    Text("its {number} slots are taken, and it works on nothing", "{number} 个槽位都占着，却没有在工作"),
    # What we keep to, and what came instead of an answer.
    Text("rate limit of {calls} per minute for {what}", "{what}的频率限制：每分钟 {calls} 次"),
    Text("rate limit of {calls} in {seconds} s for {what}", "{what}的频率限制：{seconds} 秒 {calls} 次"),
    Text("one Mini Program", "单个小程序"),
    Text("all calls of the platform", "平台全部调用"),
    Text("{path}, as WeChat told", "{path}（微信给出）"),
    Text("/{path}: {why}", "/{path}：{why}"),
    Text("HTTP {status_code} with an empty body", "HTTP {status_code}，内容为空"),
    Text(
        "HTTP {status_code} with HTML ({number} characters)",
        "HTTP {status_code}，返回 HTML（{number} 个字符）",
    ),
    Text(
        "HTTP {status_code} with a body that is no JSON object ({number} characters)",
        "HTTP {status_code}，返回的不是 JSON 对象（{number} 个字符）",
    ),
    Text("HTTP {status_code} with an errcode that is no number", "HTTP {status_code}，errcode 不是数字"),
    Text("HTTP {status_code} with JSON that has no errcode", "HTTP {status_code}，JSON 里没有 errcode"),
    Text(
        "HTTP {status_code} with errcode {number}, which is none of WeChat's",
        "HTTP {status_code}，errcode {number} 不是微信的",
    ),
    Text("HTTP {status_code} with JSON instead of a file", "HTTP {status_code}，返回的是 JSON 而不是文件"),
    Text("HTTP {status_code} with a body over {number} bytes", "HTTP {status_code}，内容超过 {number} 字节"),
    Text(
        "HTTP 200 without an access_token and its expires_in in seconds",
        "HTTP 200，但没有 access_token 和以秒计的 expires_in",
    ),
    Text(
        "HTTP {status_code}: it does not take MPRELEASE_TOKENS__KEY",
        "HTTP {status_code}：不接受 MPRELEASE_TOKENS__KEY",
    ),
    Text("it lends the token that WeChat rejected once more", "又出借了被微信拒绝的 token"),
    Text("the audit has status {number}, which is unknown", "审核状态是未知的 {number}"),
    Text("the audit has neither version nor time", "审核既没有版本也没有时间"),
    Text("the checks before it took longer than {seconds} s", "之前的检查超过了 {seconds} 秒"),
    Text("the deadline passed before the answer was complete", "在时限内没有收完响应"),
    Text("TLS failed", "TLS 失败"),
    Text("TLS failed: the certificate is not trusted ({reason})", "TLS 失败：证书不受信任（{reason}）"),
    Text(
        "TLS failed: the certificate is not trusted ({reason}); a private CA is named in REQUESTS_CA_BUNDLE",
        "TLS 失败：证书不受信任（{reason}）；私有 CA 写在 REQUESTS_CA_BUNDLE 里",
    ),
    Text("the proxy failed", "代理出错"),
    Text("the proxy refused the connection with HTTP {status_code}", "代理以 HTTP {status_code} 拒绝连接"),
    Text(
        "the proxy refused the connection with HTTP {status_code}: it wants a user and a password",
        "代理以 HTTP {status_code} 拒绝连接：需要用户名和密码",
    ),
    Text("the host name of the proxy does not resolve (DNS)", "代理的主机名无法解析（DNS）"),
    Text("the host name in {variable} does not resolve (DNS)", "{variable} 里的主机名无法解析（DNS）"),
    Text("no connection within the connect timeout", "连接超时"),
    Text("no answer within the read timeout", "等待响应超时"),
    Text("the connection was cut in the middle of the answer", "响应中途连接断开"),
    Text("the connection failed or was cut", "连接失败或断开"),
    Text("the body could not be decoded", "响应内容无法解码"),
    Text("the HTTP request failed", "HTTP 请求失败"),
    Text("the answer stopped coming", "响应中断"),
    Text("what {variable} names is no host name", "{variable} 里的不是主机名"),
    Text("the answer is no HTTP", "响应不是 HTTP"),
)
