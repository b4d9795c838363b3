"""Which language a browser is shown that has not chosen one."""

import pytest

from config.language import Language
from web.page.visit import liked_best


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr, zh-CN;q=0.8, en;q=0.5", "zh"),
        ("en;q=0.5, zh-Hant-TW;q=0.51", "zh"),
        ("en,zh", "en"),
        ("zh,en", "zh"),
        ("ZH", "zh"),
        ("de,fr;q=0.8", "en"),
        ("de, *;q=0.5, zh;q=0.4", "en"),
        ("zh;q=0", "en"),
        ("en;q=0, zh;q=0.001", "zh"),
        ("zhx, chinese-zh", "en"),
        ("zh;q=2, zh;q=nan, zh;q=-1, zh;level=1, zh q=1, \x00zh", "en"),
        (";,;q=1,,\tzh ; q=1.000 ,", "zh"),
    ],
)
def test_the_best_of_ours_is_taken(accept_language: str, language: Language) -> None:
    assert liked_best(accept_language) == language
