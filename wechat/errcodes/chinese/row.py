"""What the rows are made of, as `wechat.errcodes.row` makes those of the table."""

from __future__ import annotations

from typing import NamedTuple

from wechat.errcodes.row import Errcode, QuotaReset, Verdict

#: What each release says first that waits and needs nobody.
GOES_ON = "会自动继续"
_RESETS = {
    QuotaReset.DAY: f"{GOES_ON}：等额度重置。",
    QuotaReset.MONTH: f"{GOES_ON}：等到下个月开始。",
}
_IN_A_MINUTE = f"{GOES_ON}：一分钟或更久以后重试。"
_SOON = f"{GOES_ON}：反复重试，间隔逐次加长。"


class Chinese(NamedTuple):
    """What an errcode means, what a person has to do, and what a release says that waits for it to pass.

    `waiting` is empty where none does, as in the table.
    """

    meaning: str
    remedy: str
    waiting: str = ""


def with_waiting(row: Errcode, chinese: Chinese) -> Chinese:
    """The Chinese of a row of the table, with what the row's kind says of those that wait."""
    if not row.waiting or chinese.waiting:
        return chinese
    if row.quota is not None:
        return chinese._replace(waiting=_RESETS[row.quota] + chinese.remedy)
    takes_a_minute = row.slow or row.verdict is Verdict.SLOW_DOWN
    return chinese._replace(waiting=_IN_A_MINUTE if takes_a_minute else _SOON)


def wait(meaning: str, remedy: str, *, waiting: str) -> Chinese:
    """Passes by itself, which is asked for; the remedy is for when it did not."""
    return Chinese(meaning, remedy, f"{GOES_ON}：{waiting}")


def bad_request(meaning: str, fix: str) -> Chinese:
    """Blocks because of the release request, which a resume would only send again."""
    way_on = "取消这个发版（cancel），改好后重新发版（enqueue）；恢复（resume）只会原样再发一遍。"
    return Chinese(meaning, fix + way_on)


def unknown(meaning: str = "本程序的表中没有的 errcode") -> Chinese:
    """Listed or not, nobody knows what it says."""
    remedy = (
        "到微信的返回码文档里查这个 errcode，或带上 rid 咨询微信客服；按查到的原因处理后恢复发版（resume）。"
    )
    return Chinese(meaning, remedy)
