"""The XML of a push: flat fields, and nothing that could cost more than its length."""

import time
from contextlib import suppress

import pytest

from wechat.push.refusals import Malformed
from wechat.push.xml import fields_of

BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ("<xml><A>1</A><B><![CDATA[ two ]]></B></xml>", {"A": "1", "B": "two"}),
        ("<xml>\n  <A>1</A>text<A>2</A>\n</xml>", {"A": "1"}),
        ("<xml><A><B>deep</B> flat</A><C><D><E/></D></C></xml>", {"A": "flat", "C": ""}),
        ("<xml/>", {}),
        ("<?xml version='1.0' encoding='utf-16'?><xml><A>店</A></xml>", {"A": "店"}),
        ("<xml><A>&lt;!DOCTYPE&gt; &amp; &#x5e97;</A></xml>", {"A": "<!DOCTYPE> & 店"}),
        ("<xml><A><![CDATA[<!DOCTYPE html><!ENTITY x>]]></A></xml>", {"A": "<!DOCTYPE html><!ENTITY x>"}),
        ("<!-- <!DOCTYPE --><xml><A>1</A></xml>", {"A": "1"}),
    ],
)
def test_what_is_read(document: str, fields: dict[str, str]) -> None:
    assert fields_of(document.encode()) == fields


@pytest.mark.parametrize(
    "document",
    [
        "<!DOCTYPE xml><xml/>",
        "<!doctype xml><xml/>",
        f'<!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">{BOMB}]><xml><A>&a11;</A></xml>',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><A>&e;</A></xml>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><xml/>',
        "<!-- <![CDATA[ --><!DOCTYPE x []><!-- ]]> --><xml/>",
        "<?pi <![CDATA[ ?><!DOCTYPE x []><?pi ]]> ?><xml/>",
        '<!ENTITY x "1"><xml/>',
    ],
)
def test_a_document_that_declares_anything_is_refused(document: str) -> None:
    with pytest.raises(Malformed) as refused:
        fields_of(document.encode())
    assert refused.value.reason == "doctype"


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\x00",
        b"\xff\xfe<\x00x\x00/\x00>\x00",
        "<!DOCTYPE x><xml/>".encode("utf-16"),
        "<!DOCTYPE x><xml/>".encode("utf-7").replace(b"<", b"+ADw-"),
        b"<xml>",
        b"<xml></a></xml>",
        b"<xml>&e;</xml>",
        b"<xml/><xml/>",
        b"<xml><!--</xml>",
        b"<xml><![CDATA[</xml>",
        b'{"json": true}',
        b"\xed\xa0\x80<xml/>",
    ],
)
def test_what_is_no_xml_is_refused(document: bytes) -> None:
    with pytest.raises(Malformed):
        fields_of(document)


@pytest.mark.parametrize(
    "document",
    [
        "<a>" * 21_000,
        "<a>" * 9_000 + "</a>" * 9_000,
        "<!--" * 16_000,
        "<![CDATA[" * 7_000,
        "<?" * 32_000,
        "<xml>" + "<a/>" * 16_000 + "</xml>",
        "<xml " + " ".join(f'a{n}="1"' for n in range(6_000)) + "/>",
        "<" * 65_000,
        "<xml><A>" + "&lt;" * 16_000 + "</A></xml>",
    ],
)
def test_what_is_nested_or_repeated_costs_no_more_than_its_length(document: str) -> None:
    body = document.encode()
    began = time.thread_time()
    with suppress(Malformed):
        fields_of(body)
    assert time.thread_time() - began < 0.05
