"""The robots of WeCom, DingTalk and Feishu groups: how each wants a message, signs it, and says that it did not take it.

All of them answer HTTP 200 with an error in the body, or another status with it. What a message has no room for is left to the next one.
"""

from __future__ import annotations

import hmac
import json
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from releases.notices import texts
from releases.notices.notice import Notice, Voice, plain
from wechat.http.posting import Address, Reply
from wechat.values import integer, text

#: Longest text of an error that is kept, in characters.
_LONGEST_ERROR = 200
#: Parts of a URL that are shorter are no secrets.
_SHORTEST_SECRET = 8
_OK = 200
#: Where a robot has its error, the first that is there; StatusCode is that of older robots of Feishu, and 0 beside other codes.
_CODES = ("errcode", "code", "StatusCode")
_MESSAGES = ("errmsg", "msg", "StatusMessage")


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a message: how many of the notices it held, or the error, and for how long the robot has to be left alone."""

    number: int
    error: str = ""
    wait_s: float = 0.0


class Robot(ABC):
    """Writes to a group. Safe to use from many threads."""

    channel: ClassVar[str]
    #: How people call it.
    title: ClassVar[str]
    #: The longest message, in bytes.
    most_bytes: ClassVar[int]
    #: What a robot answers that is sent too much, and for how many seconds it takes nothing then.
    too_fast: ClassVar[dict[int, float]]

    def __init__(self, url: str, secret: str, *, voice: Voice, now: Callable[[], float]) -> None:
        self._address = Address(url, f"MPRELEASE_NOTIFY__{self.channel.upper()}_URL")
        self._secret = secret
        self._voice = voice
        self._now = now
        parts = urlsplit(url)
        values = (*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query)))
        self._hidden = [secret, *(value for value in values if len(value) >= _SHORTEST_SECRET)]
        #: What tells whether it is another robot than before.
        self.fingerprint = sha256(f"{url} {secret}".encode()).hexdigest()

    def send(self, notices: Sequence[Notice]) -> Told:
        """Write as many of them as go into one message, the first of them at least."""
        number, message = self._fitting(notices)
        query, fields = self._signed(message, self._now()) if self._secret else ("", message)
        return self._read(number, self._address.post(_encoded(fields), {}, query))

    def _fitting(self, notices: Sequence[Notice]) -> tuple[int, dict[str, Any]]:
        number = len(notices)
        while True:
            first = plain(notices[0].head, 60)
            more = len(notices) - 1
            title = self._voice(texts.TITLE, first=first, more=more) if more else first
            left = len(notices) - number
            end = self._voice(texts.FOLLOW, number=left) if left else ""
            message, size = self._message(title, notices[:number], end)
            if size <= self.most_bytes or number == 1:
                return number, message
            number -= 1

    @abstractmethod
    def _message(self, title: str, notices: Sequence[Notice], end: str) -> tuple[dict[str, Any], int]:
        """The body, and the size of that of which there is a limit."""

    def _signed(self, message: dict[str, Any], now: float) -> tuple[str, dict[str, Any]]:
        """What goes behind the URL, and the body."""
        del now
        return "", message

    def _read(self, number: int, reply: Reply) -> Told:
        if reply.problem:
            return Told(0, reply.problem)
        wait_s = reply.retry_after_s(self._now())
        fields = _parsed(reply.body)
        code = integer(next((fields[name] for name in _CODES if name in fields), None))
        if not code:
            if reply.status != _OK:
                return Told(0, f"HTTP {reply.status}", wait_s)
            if code == 0:
                return Told(number)
            return Told(0, "HTTP 200 with what is no answer of a robot", wait_s)
        said = text(next((fields[name] for name in _MESSAGES if name in fields), ""))
        error = plain(f"{code} {self._shown(said)}", _LONGEST_ERROR)
        return Told(0, error, max(wait_s, self.too_fast.get(code, 0.0)))

    def _shown(self, said: str) -> str:
        """What it said, without what it may have been told."""
        for secret in filter(None, self._hidden):
            said = said.replace(secret, "***")
        return said


class WeCom(Robot):
    """https://developer.work.weixin.qq.com/document/path/91770: the limit is that of the text; the secret is the URL."""

    channel, title = "wecom", "WeCom"
    most_bytes = 4096
    too_fast: ClassVar = {45009: 60.0}

    def _message(self, title: str, notices: Sequence[Notice], end: str) -> tuple[dict[str, Any], int]:
        del title
        content = _markdown(notices, end, quote="> ", between="\n")
        return {"msgtype": "markdown", "markdown": {"content": content}}, len(content.encode())


class DingTalk(Robot):
    """https://open.dingtalk.com/document/robots/custom-robot-access: after too many messages it is silent for ten minutes."""

    channel, title = "dingtalk", "DingTalk"
    most_bytes = 18_000  # 20,000 are said to be the limit
    too_fast: ClassVar = {130101: 600.0, 410100: 600.0}

    def _message(self, title: str, notices: Sequence[Notice], end: str) -> tuple[dict[str, Any], int]:
        text = _markdown(notices, end, quote="", between="\n\n")
        message = {"msgtype": "markdown", "markdown": {"title": title, "text": text}}
        return message, len(_encoded(message))

    def _signed(self, message: dict[str, Any], now: float) -> tuple[str, dict[str, Any]]:
        timestamp = str(int(now * 1000))
        sign = _hmac(self._secret, f"{timestamp}\n{self._secret}")
        return urlencode({"timestamp": timestamp, "sign": sign}), message


class Feishu(Robot):
    """https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot: rich text, in which nothing is read as markdown."""

    channel, title = "feishu", "Feishu"
    most_bytes = 18_000  # 20 KB is said to be the limit
    too_fast: ClassVar = {11232: 60.0, 9499: 60.0}

    def _message(self, title: str, notices: Sequence[Notice], end: str) -> tuple[dict[str, Any], int]:
        lines: list[list[dict[str, str]]] = []
        for notice in notices:
            lines += [[{"tag": "text", "text": line}] for line in (notice.head, *notice.lines)]
            if notice.link is not None:
                shown, url = notice.link
                lines.append([{"tag": "a", "text": shown, "href": url}])
        if end:
            lines.append([{"tag": "text", "text": end}])
        post = {"zh_cn": {"title": title, "content": lines}}
        message = {"msg_type": "post", "content": {"post": post}}
        return message, len(_encoded(message))

    def _signed(self, message: dict[str, Any], now: float) -> tuple[str, dict[str, Any]]:
        timestamp = str(int(now))
        # Nothing is signed: what looks like the text is the key.
        sign = _hmac(f"{timestamp}\n{self._secret}", "")
        return "", {"timestamp": timestamp, "sign": sign, **message}


ROBOTS: tuple[type[Robot], ...] = (WeCom, DingTalk, Feishu)


def _markdown(notices: Sequence[Notice], end: str, *, quote: str, between: str) -> str:
    blocks = []
    for notice in notices:
        lines = [f"**{notice.head}**", *(f"{quote}{line}" for line in notice.lines)]
        if notice.link is not None:
            shown, url = notice.link
            lines.append(f"[{shown}]({url})")
        blocks.append(between.join(lines))
    return "\n\n".join([*blocks, *([end] if end else [])])


def _hmac(key: str, text: str) -> str:
    return b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


def _encoded(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode(errors="replace")


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
