"""Why a wave or the platform is held, in Chinese: pauses keep the English, as records keep remedies (see `releases.remedies`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from releases.remedies import Text

_BRAKED = (
    Text("wave {wave} is braked: {why}", "批次 {wave} 已刹车：{why}"),
    Text("publications of wave {wave} are braked: {why}", "批次 {wave} 的发布已刹车：{why}"),
)
_OF_CANARY = Text("of its canary {why}", "金丝雀中 {why}")
#: The longer ones first: the others would find them as well.
_OVER = (
    Text(
        "{blocked} of {number} ended blocked and {failed} failed, over the {percent} % allowed",
        "{number} 个里 {blocked} 个受阻、{failed} 个失败，超过允许的 {percent}%",
    ),
    Text(
        "{blocked} of {number} ended blocked, over the {percent} % allowed",
        "{number} 个里 {blocked} 个受阻，超过允许的 {percent}%",
    ),
    Text(
        "{failed} of {number} failed, over the {percent} % allowed",
        "{number} 个里 {failed} 个失败，超过允许的 {percent}%",
    ),
)
_REASONS = (
    Text("no release of its canary ran to an end", "金丝雀没有一个发版运行到底"),
    Text("{number} of its releases is live and broken: {said}", "{number} 个发版已上线但不正常：{said}"),
    Text("{number} of its releases are live and broken: {said}", "{number} 个发版已上线但不正常：{said}"),
)
_OTHERS = (
    Text("wave {wave} is being taken back", "批次 {wave} 正在回退"),
    Text("wave {wave} is being cancelled", "批次 {wave} 正在取消"),
    Text("wave {wave}: the first release runs alone", "批次 {wave}：先只运行第一个发版"),
    Text("wave {wave}: the first {number} run alone", "批次 {wave}：先只运行前 {number} 个"),
    Text("wave {wave}: its first release goes live alone", "批次 {wave}：先只上线第一个发版"),
    Text("wave {wave}: its first {number} go live alone", "批次 {wave}：先只上线前 {number} 个"),
    Text(
        "wave {wave}: its first release went live well, and a person says whether the rest does",
        "批次 {wave}：第一个发版已正常上线，其余的是否上线由人决定",
    ),
    Text(
        "wave {wave}: its first {number} went live well, and a person says whether the rest does",
        "批次 {wave}：前 {number} 个已正常上线，其余的是否上线由人决定",
    ),
    Text("their time has not come", "还没有到它们的时间"),
    Text(
        "an older release of the Mini Program is under audit, approved or being published",
        "同一小程序有更早的发版在审核中、已通过或正在发布",
    ),
    Text("all releases wait until {time}: {said}", "所有发版等到 {time}：{said}"),
    Text("submissions wait until {time}: {said}", "提交审核等到 {time}：{said}"),
    Text("all releases wait: {said}", "所有发版在等待：{said}"),
    Text("submissions wait: {said}", "提交审核在等待：{said}"),
    Text("all releases paused by hand: {said}", "所有发版已手动暂停：{said}"),
    Text("submissions paused by hand: {said}", "提交审核已手动暂停：{said}"),
    Text("all releases paused by hand", "所有发版已手动暂停"),
    Text("submissions paused by hand", "提交审核已手动暂停"),
)


def _within(outer: Text, inner: Sequence[Text]) -> Iterator[Text]:
    for one in inner:
        yield Text(
            outer.english.replace("{why}", one.english),
            outer.chinese.replace("{why}", one.chinese),
        )


WHYS: tuple[Text, ...] = (
    *(
        text
        for braked in _BRAKED
        for text in _within(braked, (*_within(_OF_CANARY, _OVER), *_OVER, *_REASONS))
    ),
    *_OTHERS,
)


def in_chinese(why: str) -> str:
    """The Chinese of what a hold says; itself where that is not known."""
    return next((found for text in WHYS if (found := text.translated(why)) is not None), why)
