"""What the receiver stores and answers, as a process, over HTTP."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis

from simulator.push import sealed
from simulator.push.messages import Push, outer
from tests.support.receivers import KEY, PLATFORM, PREVIOUS_KEY, TOKEN, Receiver
from tests.support.workers import wait_for
from wechat.push.inbox import LOOKS, MOST_CODES, UNAUTHORIZED, Inbox
from wechat.tokens.store import TokenStore

APPID = "wx0123456789abcdef"
TICKET, OTHER_TICKET = "ticket@@@first", "ticket@@@second"
CODE = "queryauthcode@@@the-code"


def dump(client: redis.Redis) -> dict[str, Any]:
    """All that is stored but the counts."""
    read: dict[str, Callable[[str], Any]] = {
        "string": client.get,
        "hash": client.hgetall,
        "zset": lambda key: client.zrange(key, 0, -1),
    }
    keys = [str(key) for key in client.scan_iter() if key != "pushed:counts"]
    return {key: read[str(client.type(key))](key) for key in keys}


def a_ticket(ticket: str, at: float) -> Push:
    return Push(
        "component_verify_ticket", fields={"CreateTime": str(int(at)), "ComponentVerifyTicket": ticket}
    )


def test_a_ticket_is_stored_sealed_before_success_is_said(
    receiver: Receiver, redis_client: redis.Redis, store: TokenStore, inbox: Inbox
) -> None:
    answer = receiver.push("component_verify_ticket", ComponentVerifyTicket=TICKET)
    assert (answer.status_code, answer.text) == (200, "success")
    assert answer.headers["content-type"].partition(";")[0] == "text/plain"
    assert store.ticket() == TICKET
    assert TICKET not in str(redis_client.get("wechat:ticket"))
    assert 0 < (store.ticket_age_s() or 0) < 10
    assert inbox.new_ticket() is not None
    assert inbox.counts().taken == {"component_verify_ticket": 1}


def test_an_older_ticket_never_replaces_a_newer_one_and_a_replay_changes_nothing(
    receiver: Receiver, redis_client: redis.Redis, store: TokenStore
) -> None:
    now = time.time()
    newer, older = a_ticket(OTHER_TICKET, now - 10), a_ticket(TICKET, now - 20)
    assert receiver.send(older, at=now).text == "success"
    assert receiver.send(newer, at=now).text == "success"
    assert store.ticket() == OTHER_TICKET
    before, left_ms = dump(redis_client), redis_client.pttl("wechat:ticket")
    for push in (older, newer, older, newer):
        assert receiver.send(push, at=now).text == "success"
    assert dump(redis_client) == before
    assert redis_client.pttl("wechat:ticket") <= left_ms


def test_a_pushed_ticket_is_not_new_where_it_is_the_one_before(
    receiver: Receiver, store: TokenStore, inbox: Inbox
) -> None:
    store.put_ticket(TICKET)
    # By hand it is as if it was made now.
    assert receiver.send(a_ticket(OTHER_TICKET, time.time() - 60), at=time.time()).text == "success"
    assert store.ticket() == TICKET
    assert receiver.send(a_ticket(TICKET, time.time() + 5), at=time.time() + 5).text == "success"
    assert inbox.new_ticket() is None
    assert receiver.send(a_ticket(OTHER_TICKET, time.time() + 9), at=time.time() + 9).text == "success"
    assert (store.ticket(), inbox.new_ticket() is not None) == (OTHER_TICKET, True)


def test_a_ticket_that_says_that_it_was_made_later_than_it_was_signed_does_not_keep_others_out(
    receiver: Receiver, store: TokenStore
) -> None:
    now = time.time()
    assert receiver.send(a_ticket(TICKET, now + 10**8), at=now - 1).text == "success"
    assert receiver.send(a_ticket(OTHER_TICKET, now), at=now).text == "success"
    assert store.ticket() == OTHER_TICKET


@pytest.mark.parametrize("kind", ["authorized", "updateauthorized"])
def test_an_authorization_code_is_stored_sealed_until_it_expires(
    receiver: Receiver, redis_client: redis.Redis, inbox: Inbox, kind: str
) -> None:
    expires_at = str(int(time.time()) + 500)
    fields = {"AuthorizationCode": CODE, "AuthorizationCodeExpiredTime": expires_at}
    assert receiver.push(kind, APPID, **fields).text == "success"
    before = dump(redis_client)
    later = {**fields, "AuthorizationCodeExpiredTime": str(int(expires_at) + 50)}
    for again in (fields, later):
        assert receiver.push(kind, APPID, **again).text == "success"
    assert dump(redis_client) == before
    (pending,) = inbox.codes()
    assert (pending.appid, pending.code, pending.expires_at) == (APPID, CODE, int(expires_at))
    assert CODE not in str(dump(redis_client))
    assert CODE not in repr(pending)
    receiver.push(kind, APPID, **{**fields, "AuthorizationCode": "another"})
    assert {one.code for one in inbox.codes()} == {CODE, "another"}


def test_a_code_without_an_expiry_or_with_a_late_one_is_tried_for_ten_minutes(
    receiver: Receiver, inbox: Inbox
) -> None:
    receiver.push("authorized", APPID, AuthorizationCode="a")
    receiver.push("authorized", APPID, AuthorizationCode="b", AuthorizationCodeExpiredTime="9" * 12)
    assert [590 < one.expires_at - time.time() <= 600 for one in inbox.codes()] == [True, True]


def test_codes_are_so_many_and_no_more_until_some_have_expired(
    receiver: Receiver, redis_client: redis.Redis, inbox: Inbox
) -> None:
    with redis_client.pipeline() as pipe:
        for number in range(MOST_CODES):
            pipe.hset("pushed:codes", f"{APPID} {number}", f"{int(time.time()) + 100} sealed")
        pipe.execute()
    assert receiver.push("authorized", APPID, AuthorizationCode=CODE).status_code == 503
    redis_client.hset("pushed:codes", f"{APPID} 7", f"{int(time.time()) - 1} sealed")
    assert receiver.push("authorized", APPID, AuthorizationCode=CODE).status_code == 200
    assert redis_client.hlen("pushed:codes") == MOST_CODES
    assert CODE in {one.code for one in inbox.codes()}


def test_what_is_unauthorized_is_only_marked(receiver: Receiver, store: TokenStore, inbox: Inbox) -> None:
    store.put_refresh_tokens({APPID: "refreshtoken@@@x"})
    assert receiver.push("unauthorized", APPID).text == "success"
    assert inbox.marks(UNAUTHORIZED).keys() == {APPID}
    assert store.refresh_token(APPID) == "refreshtoken@@@x"


@pytest.mark.parametrize(
    "kind", ["weapp_audit_success", "weapp_audit_fail", "weapp_audit_delay", "wxa_privacy_apply"]
)
def test_an_audits_result_marks_the_mini_program_with_the_time_of_the_last_push(
    receiver: Receiver, inbox: Inbox, kind: str
) -> None:
    receiver.push(kind, APPID, Reason="x")
    first = inbox.marks(LOOKS)[APPID]
    assert abs(first - time.time()) < 10
    receiver.push(kind, APPID)
    assert inbox.marks(LOOKS)[APPID] > first
    assert inbox.counts().taken == {kind: 2}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/wechat/messages/somebody", "<MsgType>event</MsgType><Event>weapp_audit_success</Event>"),
        ("/wechat/messages/wx0123456789abcde%0a", "<Event>weapp_audit_success</Event>"),
        ("/wechat/authorization", "<MsgType>event</MsgType><Event>weapp_audit_success</Event>"),
        (
            f"/wechat/messages/{APPID}",
            "<MsgType>text</MsgType><Content>&lt;InfoType&gt;unauthorized</Content>",
        ),
        (f"/wechat/messages/{APPID}", "<MsgType>event</MsgType><Event>never heard of</Event>"),
        (f"/wechat/messages/{APPID}", ""),
        ("/wechat/authorization", "<InfoType>notify_third_fasteregister</InfoType>"),
    ],
)
def test_what_means_nothing_to_us_is_answered_and_counted_and_nothing_stored(
    receiver: Receiver, redis_client: redis.Redis, inbox: Inbox, path: str, message: str
) -> None:
    answer = receiver.message(f"<xml>{message}</xml>".encode(), path)
    assert (answer.status_code, answer.text) == (200, "success")
    assert dump(redis_client) == {}
    assert sum(inbox.counts().taken.values()) == 1
    assert inbox.counts().taken.keys() <= {"other", "text", "weapp_audit_success"}


@pytest.mark.parametrize(
    "message",
    [
        "<InfoType>component_verify_ticket</InfoType>",
        "<InfoType>component_verify_ticket</InfoType><ComponentVerifyTicket>a b</ComponentVerifyTicket>",
        "<InfoType>authorized</InfoType><AuthorizerAppid>wx0123456789abcdef</AuthorizerAppid>",
        "<InfoType>authorized</InfoType><AuthorizationCode>x</AuthorizationCode>",
        "<InfoType>unauthorized</InfoType><AuthorizerAppid>../x</AuthorizerAppid>",
        "<!DOCTYPE x><InfoType/>",
    ],
)
def test_a_kind_of_ours_without_what_it_needs_is_refused(
    receiver: Receiver, redis_client: redis.Redis, message: str
) -> None:
    assert receiver.message(f"<xml>{message}</xml>".encode()).status_code == 400
    assert dump(redis_client) == {}


def test_the_previous_key_works_and_another_token_does_not(receiver: Receiver, store: TokenStore) -> None:
    now = time.time()
    assert receiver.send(a_ticket(TICKET, now), at=now, key=PREVIOUS_KEY).text == "success"
    assert receiver.send(a_ticket(OTHER_TICKET, now + 1), at=now, token="wrong").status_code == 403
    assert receiver.send(a_ticket(OTHER_TICKET, now + 1), at=now, key=KEY[::-1]).status_code == 400
    assert store.ticket() == TICKET


def test_the_other_signature_which_anybody_can_replay_is_not_looked_at(receiver: Receiver) -> None:
    push = a_ticket(TICKET, time.time())
    text = sealed.encrypted(KEY, PLATFORM, push.xml(PLATFORM, 1))
    query = sealed.query(TOKEN, text)
    body = outer(push, PLATFORM, text)
    assert receiver.post(push.path, body, query.replace("msg_signature=", "no=")).status_code == 403
    assert receiver.post(push.path, body, query.replace("&signature=", "&no=")).status_code == 200


@pytest.mark.parametrize(("off_s", "status"), [(-890, 200), (890, 200), (-910, 400), (910, 400)])
def test_a_signature_is_good_for_fifteen_minutes_by_redis_clock(
    receiver: Receiver, off_s: float, status: int
) -> None:
    at = time.time() + off_s
    assert receiver.send(a_ticket(TICKET, at), at=at).status_code == status


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_64_kib_is_refused_and_not_read_on(receiver: Receiver, chunked: bool) -> None:
    whole = b"x" * (64 * 1024)
    assert receiver.post("/wechat/authorization", iter([whole]) if chunked else whole).status_code == 400
    with socket.create_connection(("127.0.0.1", int(receiver.url.rpartition(":")[2])), timeout=10) as wire:
        head = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {10**9}"
        wire.sendall(f"POST /wechat/authorization HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
        for _ in range(17):
            part = b"x" * 4096
            wire.sendall(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
        assert wire.recv(100).startswith(b"HTTP/1.1 413 ")


def test_refusals_are_counted_by_reason(receiver: Receiver, inbox: Inbox) -> None:
    receiver.post("/wechat/authorization", b"<xml")
    receiver.post("/wechat/authorization", b"<xml><Encrypt>x</Encrypt></xml>", "msg_signature=x")
    wait_for(lambda: {"xml", "signature"} <= inbox.counts().refused.keys())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/wechat/authorization", 405),
        ("POST", "/", 404),
        ("POST", "/wechat/messages/", 404),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
    ],
)
def test_there_is_nothing_else(receiver: Receiver, method: str, path: str, status: int) -> None:
    answer = receiver.session.request(method, receiver.url + path, timeout=10)
    assert answer.status_code == status
    assert "server" not in answer.headers


def test_each_request_is_one_line_of_the_log_without_query_and_secret(receiver: Receiver) -> None:
    receiver.push("weapp_audit_fail", APPID, Reason="the-reason")
    receiver.push("authorized", APPID, AuthorizationCode=CODE)
    receiver.push("component_verify_ticket", ComponentVerifyTicket=TICKET)
    receiver.post("/wechat/messages/" + "x" * 5000, b"")

    def of_requests() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in receiver.text().splitlines() if line.startswith("{")]
        return [line for line in lines if "request" in (line.get("event"), line.get("message"))]

    # A line is written when its request has been answered.
    wait_for(lambda: [line["status"] for line in of_requests()[-4:]] == [200, 200, 200, 400])
    assert len(str(of_requests()[-1])) < 1000
    for secret in (TICKET, CODE, TOKEN, KEY, "the-reason", "msg_signature"):
        assert secret not in receiver.text()


def raw(receiver: Receiver, *parts: bytes, ends: bool = False) -> bytes:
    """What is answered to these bytes; `ends`: nothing more comes, and the connection is closed."""
    with socket.create_connection(("127.0.0.1", int(receiver.url.rpartition(":")[2])), timeout=10) as wire:
        for part in parts:
            wire.sendall(part)
        if ends:
            wire.shutdown(socket.SHUT_WR)
        return wire.recv(4096)


@pytest.mark.parametrize(
    "request_",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /wechat/authorization HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"POST /wechat/authorization HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 40_000 + b"\r\n\r\n",
        b"POST /wechat/authorization HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_refused_without_a_traceback(receiver: Receiver, request_: bytes) -> None:
    assert raw(receiver, request_).startswith(b"HTTP/1.1 4")
    assert "Traceback" not in receiver.text()


@pytest.mark.long
def test_a_body_that_is_cut_off_or_does_not_come_is_not_waited_for(receiver: Receiver, inbox: Inbox) -> None:
    head = b"POST /wechat/authorization HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    raw(receiver, head, b"<xml>", ends=True)
    assert raw(receiver, head, b"<xml>").startswith(b"HTTP/1.1 408 ")
    wait_for(lambda: {"cut", "slow"} <= inbox.counts().refused.keys())
    assert "Traceback" not in receiver.text()
