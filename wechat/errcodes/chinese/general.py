"""Errcodes that any call can answer: load, limits and the form of the request."""

from __future__ import annotations

from wechat.errcodes.chinese.row import Chinese

_REQUEST = "带上接口路径、errmsg 和 rid 报告 bug；重试没有用。"
_PER_MINUTE = (
    "调用频率超过了微信的限制：减少同时进行的发版，确认没有其他系统在调用同样的接口，然后恢复发版（resume）。"
)
_SUSPENDED = "在第三方平台管理后台查看有无封禁通知；封禁结束后恢复发版（resume）。"

ROWS: dict[int, Chinese] = {
    -1: Chinese(
        "微信系统繁忙，或无法解析请求",
        "只有这个发版遇到：检查 ext 和各段文字里有无特殊字符，并带上 rid 咨询微信客服；所有发版都遇到：等微信恢复。"
        "然后恢复发版（resume）。",
    ),
    40033: Chinese(r"请求里有 \u 转义或不允许的字符", _REQUEST),
    40097: Chinese("参数错误", _REQUEST),
    43001: Chinese("该接口要求 GET 请求", _REQUEST),
    43002: Chinese("该接口要求 POST 请求", _REQUEST),
    43003: Chinese("该接口要求 HTTPS", "检查配置里的接口地址是否以 https:// 开头。"),
    44002: Chinese("请求体为空", _REQUEST),
    44991: Chinese("达到每分钟调用次数上限", _PER_MINUTE),
    45009: Chinese(
        "该接口的调用额度已用完",
        "想更快：用 clear_quota 清零（每月 10 次）；第三方平台自己的接口用 "
        "/cgi-bin/component/clear_quota/v2。",
    ),
    45011: Chinese("达到每分钟调用次数上限", _PER_MINUTE),
    45040: Chinese(
        "该接口的月度额度已用完",
        "等不及就请微信客服提高额度，然后用 `mprelease resume ID` 立即重试。",
    ),
    45102: Chinese("该接口被临时封禁", _SUSPENDED),
    45501: Chinese("该应用被临时封禁", _SUSPENDED),
    47001: Chinese("请求体不是要求的 JSON 格式", _REQUEST),
    47002: Chinese(r"请求体里有 \u 转义或编码错误", _REQUEST),
    48006: Chinese(
        "本月的 clear_quota 次数已用完", "用完的那个额度可能更早重置：用 `mprelease resume ID` 可以立即重试。"
    ),
    76003: Chinese("openapi/quota/get 的 cgi_path 格式错误", _REQUEST),
    76021: Chinese("openapi/quota/get 的 cgi_path 不存在", _REQUEST),
}
