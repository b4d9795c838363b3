from __future__ import annotations

import html
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat.reasons import MAX_REASON, plain_reason


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("1: a<br>2: b", "1: a\n2: b"),
        ("a<br/>b<BR />c<br\n>d</br>e< br >f<br class='x'/>g", "a\nb\nc\nd\ne\nf\ng"),
        ("<brand>a</brand>", "a"),
        ("1: a<br>2: b<br>", "1: a\n2: b"),
        ("1: a<br>2: b<br", "1: a\n2: b"),
        ("a<b", "a"),
        ("a<", "a"),
        ("a</", "a"),
        ("a<!-- b", "a"),
        ('see <a href="https://developers.weixin.qq.com/x?a=1&amp;b=2">here</a>', "see here"),
        ('see <a href="https://developers.weixin.qq.com/x', "see"),
        ("1: a<br 2: 没有隐私说明", "1: a<br 2: 没有隐私说明"),
        ("1: a <b<br>2: b", "1: a <b\n2: b"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("3 < 5 and 7 > 6", "3 < 5 and 7 > 6"),
        ("《用户隐私保护指引》<不完整>", "《用户隐私保护指引》<不完整>"),
        ("&lt;b&gt; &amp;amp; &quot;x&quot;&#39;", '<b> &amp; "x"\''),
        ("a&lt;br&gt;b", "a<br>b"),
        ("a&nbsp;b\tc", "a b c"),
        ("a\r\nb\u2028c", "a\nb\nc"),
        ("\x1b[31mred\x1b[0m \x9b2Jx\x07&#7;&#27;[1m", "red x[1m"),
        ("a\u202eb&#x202e;c\u200e\ufeff\ud800", "abc"),
        ("", ""),
        (" <br> ", ""),
    ],
)
def test_a_reason_is_plain_text(raw: str, plain: str) -> None:
    assert plain_reason(raw) == plain


#: What a reason is made of, and what somebody would put in who means harm.
PIECES = st.lists(
    st.sampled_from(
        (
            *("<br>", "<BR/>", "<br", "<b>", "</a>", '<a href="x">', "<img src=x onerror=y>", "<", ">"),
            *("&lt;", "&amp;", "&#60;", "&#x1b;", "\x1b[31m", "\x1b]0;x\x07", "\u202e", "\ud800", "\n", " "),
        )
    )
    | st.text(max_size=5)
).map("".join)


@given(PIECES)
def test_nothing_in_it_controls_how_it_is_shown(raw: str) -> None:
    plain = plain_reason(raw)

    plain.encode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", plain)


WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1)
TAGS = st.sampled_from(
    ("<b>", "</b>", "<p class='x'>", '<a href="https://a.cn/?b=1">', "<IMG\nsrc=x />", "<!-- x -->")
)


@given(st.lists(st.tuples(WORDS, TAGS), min_size=1), st.data())
def test_no_tag_is_left_wherever_the_last_one_was_cut_off(
    told: list[tuple[str, str]], data: st.DataObject
) -> None:
    words = "".join(word for word, _ in told)
    raw = "".join(word + tag for word, tag in told)
    last = data.draw(TAGS.map(lambda tag: tag.replace("\n", " ")))

    assert plain_reason(raw + last[: data.draw(st.integers(0, len(last)))]) == words


@given(st.text(st.characters(exclude_categories=["C", "Z"])))
def test_what_was_written_as_text_comes_back(said: str) -> None:
    assert plain_reason(html.escape(said)) == said


@given(st.lists(WORDS, min_size=1))
def test_each_break_is_a_line(lines: list[str]) -> None:
    assert plain_reason("<br>".join(lines)).split("\n") == lines


@pytest.mark.parametrize("much", ["<", "< ", "<a", "<br ", "<br/ <", "&", "\x1b[", "< /"], ids=repr)
def test_a_long_reason_is_read_in_one_go(much: str) -> None:
    started = time.process_time()

    plain_reason(much * 200_000)

    assert time.process_time() - started < 5  # quadratic would be minutes


def test_a_reason_of_megabytes_is_cut() -> None:
    assert plain_reason("x" * MAX_REASON) == "x" * MAX_REASON
    assert plain_reason("x" * 4_000_000) == "x" * (MAX_REASON - 1) + "…"
