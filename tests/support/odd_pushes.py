"""Requests that nobody means: any bytes, any XML, any message that is signed and encrypted as it has to be."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from random import Random
from urllib.parse import quote_from_bytes

from simulator.push import sealed
from tests.support import vector
from tests.support.receivers import KEY, PLATFORM, PREVIOUS_KEY, TOKEN
from wechat.push import kinds

#: Path and query, and the body.
Odd = tuple[str, bytes]

_TAGS = ("xml", "Encrypt", "InfoType", "Event", "MsgType", "AppId", "CreateTime", "a", "中", "a:b", "")
_FIELDS = (
    *("InfoType", "Event", "MsgType", "CreateTime", "AuthorizerAppid", "AuthorizationCode"),
    *("AuthorizationCodeExpiredTime", "ComponentVerifyTicket", "Reason", "ToUserName", "Content"),
)
_TEXTS = (
    *(
        *sorted(kinds.ALL),
        "",
        " ",
        "0",
        "-1",
        "9" * 12,
        "9" * 400,
        "1e400",
        "nan",
        "\u0663",
        "wx0123456789abcdef",
        "wx" + "中" * 16,
    ),
    *(
        "ticket@@@" + "x" * 40,
        "x" * 600,
        "&amp;&lt;",
        "<![CDATA[x]]>",
        "<b>y</b>",
        "&#0;",
        "&#xD800;",
        "&undefined;",
        "\u202e",
        "\x00",
    ),
    *(
        "queryauthcode@@@x",
        "<!DOCTYPE x>",
        "%s%n{0}",
        "../../etc",
        "'; DROP",
        "\r\nX: y",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ),
)
_PARTS = (
    *(
        "<!DOCTYPE x [",
        '<!ENTITY a "b">',
        "]>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?xml version='1.1'?>",
        "<?",
        "?>",
    ),
    *("&a;", "&#1;", "&#x10FFFF;", "<", ">", "/>", "=", '"', "\x00", "\ufeff", "\u2028", "中文", "x" * 5000),
)


def odd_push(random: Random) -> Odd:
    """One of them."""
    make: Callable[[Random], Odd] = random.choice(
        (
            _bytes,
            _documents,
            _changed_vector,
            _signed_garbage,
            _signed_bytes,
            _signed_fields,
            _signed_fields,
            _signed_documents,
        )
    )
    return make(random)


def _bytes(random: Random) -> Odd:
    size = random.choice((0, 1, 100, 4096, 65_535, 65_536, 65_537, 70_000))
    return _path(random, _any_query(random)), random.randbytes(size)


def _documents(random: Random) -> Odd:
    return _path(random, _any_query(random)), _document(random)


def _changed_vector(random: Random) -> Odd:
    body = bytearray(vector.BODY.encode())
    for _ in range(random.randrange(4)):
        body[random.randrange(len(body))] = random.randrange(256)
    query = f"timestamp={vector.TIMESTAMP}&nonce={vector.NONCE}&msg_signature={vector.SIGNATURE}"
    return _path(random, query), bytes(body[: random.randrange(len(body)) if random.random() < 0.2 else None])


def _signed_garbage(random: Random) -> Odd:
    """The signature is right, and what is encrypted is not."""
    text = random.choice(
        (
            base64.b64encode(random.randbytes(random.choice((0, 1, 15, 16, 31, 32, 64, 3200)))).decode(),
            random.choice(_TEXTS[:20]),
            vector.ENCRYPTED,
            "A" * 60_000,
        )
    )
    return _signed(random, text)


def _signed_bytes(random: Random) -> Odd:
    return _sealed(random, random.randbytes(random.choice((0, 1, 31, 32, 33, 1000, 40_000))))


def _signed_documents(random: Random) -> Odd:
    return _sealed(random, _document(random)[:40_000])


def _signed_fields(random: Random) -> Odd:
    """The fields that we read, with values that they never have."""
    lines = []
    for _ in range(random.randrange(8)):
        name, value = random.choice(_FIELDS), random.choice(_TEXTS)
        lines.append(f"<{name}>{value if random.random() < 0.5 else f'<![CDATA[{value}]]>'}</{name}>")
    return _sealed(random, f"<xml>{''.join(lines)}</xml>".encode())


def _sealed(random: Random, message: bytes) -> Odd:
    key = random.choice((KEY, KEY, KEY, PREVIOUS_KEY, KEY[::-1]))
    platform = random.choice((PLATFORM, PLATFORM, PLATFORM, "", "wx0123456789abcdef", PLATFORM + "x"))
    return _signed(random, sealed.encrypted(key, platform, message))


def _signed(random: Random, text: str) -> Odd:
    ahead = random.choice((0, 0, 0, 0, -899, 899, -1000, 10**9, -(10**9)))
    query = sealed.query(TOKEN, text, at=time.time() + ahead)
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return _path(random, query), f"<xml><Encrypt>{escaped}</Encrypt></xml>".encode()


def _document(random: Random) -> bytes:
    shape = random.randrange(4)
    if shape == 0:
        depth = random.choice((1, 10, 1000, 9000))
        return b"<a>" * depth + b"</a>" * random.choice((0, depth))
    if shape == 1:
        return random.choice(
            ("<a/>", "<!--", "<![CDATA[", "<?", "&lt;", "<", '<a b="')
        ).encode() * random.randrange(1, 9000)
    parts = []
    for _ in range(random.randrange(1, 30)):
        tag = random.choice(_TAGS)
        parts.append(random.choice((f"<{tag}>", f"</{tag}>", random.choice(_PARTS), random.choice(_TEXTS))))
    whole = "".join(parts)
    text = whole if random.random() < 0.3 else f"<xml>{whole}</xml>"
    return text.encode(random.choice(("utf-8", "utf-8", "utf-8", "utf-16", "gb18030")), "replace")


def _path(random: Random, query: str) -> str:
    appid = random.choice(("wx0123456789abcdef", "x", "%00", "%E4%B8%AD", "a%2Fb", "%0A" * 50, "x" * 900))
    return f"{random.choice(('/wechat/authorization', f'/wechat/messages/{appid}'))}?{query}"


def _any_query(random: Random) -> str:
    names = ("timestamp", "nonce", "msg_signature", "signature", "x")
    return "&".join(
        f"{random.choice(names)}={quote_from_bytes(random.randbytes(random.randrange(30)))}"
        for _ in range(random.randrange(6))
    )
