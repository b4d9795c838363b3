"""What the rows are made of, as `wechat.errcodes.row` makes those of the table."""

from __future__ import annotations

from typing import NamedTuple


class Chinese(NamedTuple):
    """What an errcode means, and what a person has to do."""

    meaning: str
    remedy: str


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
