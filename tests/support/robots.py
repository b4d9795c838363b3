"""Groups that are told: robots of WeCom, DingTalk and Feishu that check key, signature, size and rate, and refuse with HTTP 200."""

from __future__ import annotations

import hmac
import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

#: Whoever knows these can write to the groups.
KEY, SECRET = "73febdcb-known-to-few", "SEC0123456789abcdef"
PATHS = {
    "wecom": f"/cgi-bin/webhook/send?key={KEY}",
    "dingtalk": f"/robot/send?access_token={KEY}",
    "feishu": f"/open-apis/bot/v2/hook/{KEY}",
}
_OK = {
    "wecom": {"errcode": 0, "errmsg": "ok"},
    "dingtalk": {"errcode": 0, "errmsg": "ok"},
    "feishu": {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"},
}
_TOO_FAST = {
    "wecom": {"errcode": 45009, "errmsg": "api freq out of limit"},
    "dingtalk": {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"},
    "feishu": {"code": 11232, "msg": "frequency limited psm[lark.oapi.app_platform_runtime]"},
}


@dataclass(frozen=True)
class Answer:
    """What a robot says in place of what it would."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


_NO_SUCH_WORDS = {
    "wecom": {"errcode": 40058, "errmsg": "invalid content"},
    "dingtalk": {"errcode": 400101, "errmsg": "message is blocked by sensitive words"},
    "feishu": {"code": 9499, "msg": "Bad Request"},
}


class Groups:
    """The groups of all three. `now` is the robots' clock; what they took is in `messages`, and when in `times`."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self.answers: dict[str, Answer] = {}
        self.messages: dict[str, list[dict[str, Any]]] = {name: [] for name in PATHS}
        self.times: dict[str, list[float]] = {name: [] for name in PATHS}
        self.asked: list[str] = []
        #: A robot of DingTalk or Feishu takes no message with a word that somebody has forbidden.
        self.forbidden: dict[str, str] = {}
        self.server = _Server(("127.0.0.1", 0), _handler(self))

    def url(self, channel: str) -> str:
        """Where its robot is."""
        return f"http://127.0.0.1:{self.server.server_address[1]}{PATHS[channel]}"

    def settings(self, *channels: str) -> dict[str, str]:
        """As workers and commands have to be told."""
        names = [name.upper() for name in channels or PATHS]
        urls = {f"MPRELEASE_NOTIFY__{name}_URL": self.url(name.lower()) for name in names}
        return urls | {f"MPRELEASE_NOTIFY__{name}_SECRET": SECRET for name in names if name != "WECOM"}

    def texts(self, channel: str) -> list[str]:
        """What stands in the messages of a channel."""
        return [_text(channel, message) for message in self.messages[channel]]

    def take(self, path: str, body: bytes) -> Answer:
        """Somebody writes."""
        channel = next(name for name, its in PATHS.items() if path.startswith(its.partition("?")[0]))
        self.asked.append(channel)
        if channel in self.answers:
            return self.answers[channel]
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        message = json.loads(body)
        refusal = _CHECKS[channel](self, query, message, body)
        if refusal is None and self.forbidden.get(channel, "\0") in _text(channel, message):
            refusal = _NO_SUCH_WORDS[channel]
        now = self.now()
        if refusal is None and sum(at > now - 60 for at in self.times[channel]) >= 20:
            refusal = _TOO_FAST[channel]
        if refusal is not None:
            return Answer(refusal)
        self.messages[channel].append(message)
        self.times[channel].append(now)
        return Answer(_OK[channel])

    def is_now(self, seconds: float) -> bool:
        """Whether a timestamp is one of this hour."""
        return abs(self.now() - seconds) < 3600


def _signed(key: str, text: str) -> str:
    return b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


def _wecom(groups: Groups, query: dict[str, str], message: dict[str, Any], body: bytes) -> Any:
    if query.get("key") != KEY:
        return {"errcode": 93000, "errmsg": "invalid webhook url"}
    if message["msgtype"] != "markdown" or len(message["markdown"]["content"].encode()) > 4096:
        return {"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"}
    return None


def _dingtalk(groups: Groups, query: dict[str, str], message: dict[str, Any], body: bytes) -> Any:
    if query.get("access_token") != KEY:
        return {"errcode": 300005, "errmsg": "token is not exist"}
    timestamp = query.get("timestamp", "0")
    is_signed = query.get("sign") == _signed(SECRET, f"{timestamp}\n{SECRET}")
    if not is_signed or not groups.is_now(int(timestamp) / 1000):
        return {"errcode": 310000, "errmsg": "sign not match"}
    if not message["markdown"]["title"] or len(body) > 20_000:
        return {"errcode": 460101, "errmsg": "message too long, exceed 20000 bytes"}
    return None


def _feishu(groups: Groups, query: dict[str, str], message: dict[str, Any], body: bytes) -> Any:
    timestamp = message.get("timestamp", "0")
    is_signed = message.get("sign") == _signed(f"{timestamp}\n{SECRET}", "")
    if not is_signed or not groups.is_now(int(timestamp)):
        return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
    if message["msg_type"] != "post" or len(body) > 20 * 1024:
        return {"code": 9499, "msg": "Bad Request", "data": {}}
    return None


_CHECKS = {"wecom": _wecom, "dingtalk": _dingtalk, "feishu": _feishu}


def _text(channel: str, message: dict[str, Any]) -> str:
    if channel == "wecom":
        return str(message["markdown"]["content"])
    if channel == "dingtalk":
        return str(message["markdown"]["text"])
    post = message["content"]["post"]["zh_cn"]
    return "\n".join(" ".join(part.get("href") or part["text"] for part in line) for line in post["content"])


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def _handler(groups: Groups) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = groups.take(self.path, body)
            said = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(said)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    return Handler


@contextmanager
def telling(now: Callable[[], float] = time.time) -> Iterator[Groups]:
    """Groups whose robots listen."""
    groups = Groups(now)
    thread = threading.Thread(target=groups.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield groups
    finally:
        groups.server.shutdown()
        thread.join()
        groups.server.server_close()
