"""What WeChat says of one Mini Program when several things are asked: what it does not say is unknown, with why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from releases.problems import describe
from releases.remedies import Text
from releases.states import Step
from releases.steps.calls import WebView
from releases.waves.speech import Speech
from wechat.domains import Domains
from wechat.errors import WeChatError
from wechat.http.deadline import DeadlineExceeded
from wechat.mini_program import Filing, GrayPlan, LatestAudit, MiniProgram, Versions

_Answer = TypeVar("_Answer")

#: By their number at WeChat.
AUDIT = (
    Text("approved", "审核通过"),
    Text("rejected", "审核被拒绝"),
    Text("in review", "审核中"),
    Text("withdrawn", "已撤回"),
    Text("delayed", "审核延后"),
)
GRAY = (
    Text("not begun", "未开始"),
    Text("running", "进行中"),
    Text("paused", "已暂停"),
    Text("done", "已完成"),
    Text("stopped", "已停止"),
)
_STATUS = Text("status {number}", "状态 {number}")
_FILING = {
    2: Text("under review by WeChat", "微信平台审核中"),
    3: Text("rejected by WeChat", "微信平台审核被驳回"),
    4: Text("under review by the regulator", "管局审核中"),
    5: Text("rejected by the regulator", "管局审核被驳回"),
    6: Text("filed", "已备案"),
}
_NOT_FILED = Text("not filed ({number})", "未备案（{number}）")


@dataclass(slots=True)
class Asked:
    """`unknown` has a sentence for each question that was not answered."""

    speech: Speech
    unknown: dict[str, str] = field(default_factory=dict)

    def for_(self, what: str, call: Callable[[], _Answer]) -> _Answer | None:
        """The answer; None where there is none, and then it is unknown."""
        try:
            return call()
        except (WeChatError, DeadlineExceeded) as error:
            problem = describe(error, Step.VERIFY_LIVE)
            code = "" if problem.errcode is None else f"{problem.errcode} "
            self.unknown[what] = f"{code}{self.speech.said(problem.message, problem.errcode)}"
            return None


@dataclass(frozen=True, slots=True)
class AtWeChat:
    """None is what there is not, or what `asked` has as unknown."""

    asked: Asked
    versions: Versions | None
    audit: LatestAudit | None
    effective: Domains | None
    is_open: bool | None
    filing: Filing | None
    gray: GrayPlan | None

    @classmethod
    def ask(cls, shop: MiniProgram, asked: Asked, *, web_view: bool) -> AtWeChat:
        """Ask for all of it, one call after the other."""
        return cls(
            asked,
            versions=asked.for_("versions", shop.versions),
            audit=asked.for_("audit", shop.latest_audit),
            effective=asked.for_("domains", lambda: effective(shop, web_view=web_view)),
            is_open=asked.for_("visit", shop.is_open),
            filing=asked.for_("filing", shop.filing),
            gray=asked.for_("gray", shop.gray_plan),
        )


def configured(shop: MiniProgram, *, web_view: bool) -> Domains:
    """The domains that are configured now; `web_view`: the business domains among them."""
    there = shop.domains()
    return there | WebView(shop).domains() if web_view else there


def effective(shop: MiniProgram, *, web_view: bool) -> Domains:
    """The domains that hold; `web_view`: the business domains among them."""
    there = shop.effective_domains()
    return there | WebView(shop).effective_domains() if web_view else there


def named(names: tuple[Text, ...], number: int, speech: Speech) -> str:
    """WeChat's number in words."""
    known = 0 <= number < len(names)
    return speech.own(names[number]) if known else speech.own(_STATUS, number=str(number))


def filed(filing: Filing, speech: Speech) -> str:
    """How far a filing is, in words."""
    return speech.own(_FILING.get(filing.status, _NOT_FILED), number=str(filing.status))
