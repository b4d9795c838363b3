"""What a person is told who meets an error, in Chinese: title and detail of a problem document, which is English for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.language import Language
from releases.remedies import Text
from releases.waves.speech import Speech
from web.page.rendering import translations

_TITLES = {
    400: "请求有误",
    403: "不允许",
    404: "没有找到",
    405: "不能这样访问",
    408: "请求超时",
    409: "有冲突",
    413: "内容太大",
    422: "内容有误",
    429: "请求太频繁",
    500: "程序出错",
    502: "微信没有给出结果",
    503: "暂时不可用",
}
_AGAIN = ". Send the same request again: repeating is safe"
_AGAIN_CHINESE = "。请再发一次：可以放心重复"
DETAILS = (
    Text("Not Found", "没有这个页面"),
    Text("Method Not Allowed", "不能这样访问这个地址"),
    Text("A bug: see the log of `mprelease web`", "程序有 bug：请查看 `mprelease web` 的日志"),
    Text(f"Redis is away ({{reason}}){_AGAIN}", f"Redis 没有响应（{{reason}}）{_AGAIN_CHINESE}"),
    Text(
        f"Not replicated: {{reason}}. What was asked may have been done{_AGAIN}",
        f"没有同步到副本：{{reason}}。要求的事可能已经做了{_AGAIN_CHINESE}",
    ),
    Text(
        "The person {name} sends more requests than MPRELEASE_WEB__REQUESTS_PER_MINUTE allows",
        "{name} 的请求超过了 MPRELEASE_WEB__REQUESTS_PER_MINUTE 的限制",
    ),
    Text(
        "The person {name} has {number} requests going on. Wait until one of them is answered",
        "{name} 有 {number} 个请求正在处理。请等其中一个完成",
    ),
    Text("no release belongs to a wave {name}", "没有名为 {name} 的批次"),
    Text(
        "There is no password here: people come by a reverse proxy",
        "这里不用密码：请通过反向代理登录",
    ),
    Text("There is no such screenshot", "没有这张截图"),
    Text(
        "This process can't ask WeChat. To fetch it: mprelease show {id} --screenshots DIR",
        "本进程不能向微信获取。请执行：mprelease show {id} --screenshots DIR",
    ),
    Text(
        "WeChat sent no PNG, JPEG or GIF. To fetch it: mprelease show {id} --screenshots DIR",
        "微信给的不是 PNG、JPEG 或 GIF。要取得它，请执行：mprelease show {id} --screenshots DIR",
    ),
    Text("The form can't be read", "表单无法读取"),
    Text(
        "Other acts for many releases run at this moment, so nothing was done. Try again in a minute",
        "此刻正在为许多发版执行其他操作，什么也没有做。请一分钟后再试",
    ),
    Text(
        "This form is of no page that is open: open the page again, then send it",
        "表单已失效：请重新打开页面再提交",
    ),
    Text("This form came from another page than ours", "表单不是从本网页提交的"),
    Text(
        "Too many screens are watched at this moment. Load the page anew instead",
        "同时查看的页面太多。请刷新页面",
    ),
    Text(
        "{name} watches {number} screens at this moment. Close one, or load the page anew instead",
        "{name} 正同时查看 {number} 个页面。请关闭一个，或刷新页面",
    ),
    Text("The body has more than {number} bytes", "内容超过 {number} 字节"),
    Text("The body was not there after {seconds} s", "{seconds} 秒内没有收到内容"),
    Text("the body ended early", "内容不完整"),
    # Of one field, as the filter, the framework and the acts say it.
    Text(
        "is none of ours: take `next` of the page before, or leave it out",
        "不是本系统给出的：请从上一页的链接打开",
    ),
    Text(
        "one of wave, release and scope has to be given",
        "请给出批次（wave）、发版（release）、范围（scope）其中之一",
    ),
    Text("{act} is not for that", "{act} 不能用在这里"),
    Text("must be at most {number} printable characters on one line", "最多 {number} 个可见字符，一行"),
    Text("Input should be a valid integer{rest}", "应为整数"),
    Text("Input should be {right}", "应为 {right}"),
    Text("Field required", "必填"),
    Text("List should have at most {number} items after validation{rest}", "最多 {number} 个"),
)


def in_words(document: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """The document with title and detail as a person reads them; what has no Chinese stays as it is."""
    if language == "en":
        return dict(document)
    title = _TITLES.get(document["status"], document["title"])
    return {**document, "title": title, "detail": _detail(document)}


def _detail(document: Mapping[str, Any]) -> str:
    detail, field = str(document["detail"]), document.get("field")
    if field is not None:
        problem = str(document["problem"])
        own = translations("zh").gettext(problem)
        return f"{field}：{_sentence(problem) if own == problem else own}"
    return _sentence(detail)


def _sentence(text: str) -> str:
    """With or without the full stop that the framework's answers get."""
    speech = Speech(is_chinese=True)
    said = speech.sentence(text, DETAILS)
    if said != text or not text.endswith("."):
        return said
    ours = speech.sentence(text[:-1], DETAILS)
    return text if ours == text[:-1] else f"{ours}。"
