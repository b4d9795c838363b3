import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.simulator.client import MINI, OTHER, Client, until


def trial(wechat: Client) -> Any:
    return wechat.state()["trial"]


def raw_commit(wechat: Client, **options: Any) -> requests.Response:
    body = {"template_id": 1, "ext_json": "{}", "user_version": "1", "user_desc": "d"}
    return wechat.raw("POST", f"/wxa/commit?access_token={wechat.token()}", json=body, **options)


def test_errcode_refuses_without_applying(wechat: Client) -> None:
    wechat.fault("errcode", endpoint="/wxa/commit", errcode=45009, errmsg="slow", fields={"more": 1})
    answer = wechat.commit()
    assert (answer["errcode"], answer["more"]) == (45009, 1)
    assert answer["errmsg"].startswith("slow rid: ")
    assert trial(wechat) is None
    assert wechat.commit()["errcode"] == 0


def test_an_errcode_may_hide_a_success(wechat: Client) -> None:
    wechat.fault("errcode", endpoint="commit", errcode=-1, apply=True)
    assert wechat.commit()["errcode"] == -1
    assert trial(wechat) is not None


@pytest.mark.parametrize(
    ("fault", "status", "is_body"),
    [
        ({"kind": "status"}, 502, lambda body: b"<html>" in body),
        ({"kind": "status", "status": 503}, 503, lambda body: b"503" in body),
        ({"kind": "html"}, 200, lambda body: b"<html>" in body),
        ({"kind": "empty"}, 200, lambda body: body == b""),
        ({"kind": "oversized", "size": 3_000_000}, 200, lambda body: len(json.loads(body)["padding"]) > 3e6),
    ],
)
def test_what_comes_back_may_be_no_answer_of_wechats(
    wechat: Client, fault: dict[str, Any], status: int, is_body: Callable[[bytes], bool]
) -> None:
    wechat.sim("POST", "faults", {"endpoint": "commit", **fault})
    answer = raw_commit(wechat)
    assert answer.status_code == status
    assert is_body(answer.content)
    assert trial(wechat) is None


@pytest.mark.parametrize("apply", [True, False])
def test_an_answer_may_be_given_byte_for_byte(wechat: Client, apply: bool) -> None:
    wechat.fault(
        "body",
        endpoint="commit",
        body='{"code":50000}',
        status=503,
        headers={"Retry-After": "60"},
        apply=apply,
    )
    answer = raw_commit(wechat)
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, '{"code":50000}', "60")
    assert (trial(wechat) is not None) is apply


def test_interim_answers_come_before_the_final_one(wechat: Client) -> None:
    token = wechat.token()
    wechat.fault("interim", endpoint="getversioninfo", interim=[102, 103], seconds=0.1)
    host, port = wechat.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = f"POST /wxa/getversioninfo?access_token={token} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        connection.sendall(head.encode() + b"Connection: close\r\n\r\n{}")
        raw = b"".join(iter(lambda: connection.recv(65536), b""))
    interim, hints, final = raw.split(b"HTTP/1.1 ")[1:]
    assert (interim[:4], hints[:4], final[:4]) == (b"102 ", b"103 ", b"200 ")
    assert final.partition(b"\r\n\r\n")[2].startswith(b'{"errcode":0')


def test_invalid_json_has_unescaped_quotes_in_errmsg(wechat: Client) -> None:
    wechat.fault("invalid_json", endpoint="commit", errcode=85047)
    answer = raw_commit(wechat)
    assert answer.text.startswith('{"errcode":85047,')
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize(("kind", "applied"), [("cut_before", False), ("cut_after", True)])
def test_a_connection_may_be_cut_before_or_after_applying(wechat: Client, kind: str, applied: bool) -> None:
    wechat.token()
    wechat.fault(kind, endpoint="commit")
    with pytest.raises(requests.ConnectionError):
        raw_commit(wechat)
    assert (trial(wechat) is not None) is applied
    call = wechat.calls("commit")[0]
    assert (call["applied"], call["fault"]) == (applied, kind)


def test_a_delayed_answer_was_applied_before_the_client_gave_up(wechat: Client) -> None:
    wechat.token()
    wechat.fault("delay", endpoint="commit", seconds=60)
    with pytest.raises(requests.ReadTimeout):
        raw_commit(wechat, timeout=0.2)
    until(lambda: trial(wechat))
    assert wechat.commit()["errcode"] == 0


def test_a_held_answer_comes_when_the_faults_are_removed(wechat: Client) -> None:
    wechat.token()
    wechat.fault("hold", endpoint="commit", seconds=60)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(raw_commit, wechat)
        until(lambda: trial(wechat))
        with pytest.raises(TimeoutError):
            answer.result(0.1)
        assert requests.delete(f"{wechat.url}/_sim/faults", timeout=5).ok
        assert answer.result(5).json()["errcode"] == 0


def test_an_answer_that_nobody_lets_go_comes_in_the_end(wechat: Client) -> None:
    wechat.token()
    wechat.fault("hold", endpoint="commit", seconds=0.1)
    assert raw_commit(wechat).json()["errcode"] == 0


def test_a_delayed_call_is_applied_after_the_client_gave_up(wechat: Client) -> None:
    wechat.token()
    wechat.fault("delay_before", endpoint="commit", seconds=1)
    with pytest.raises(requests.ReadTimeout):
        raw_commit(wechat, timeout=0.1)
    assert trial(wechat) is None
    until(lambda: trial(wechat))
    assert wechat.calls("commit")[0]["applied"]


def test_a_trickled_answer_outlasts_a_read_timeout(wechat: Client) -> None:
    wechat.token()
    wechat.fault("trickle", endpoint="commit", seconds=0.6)
    began = time.monotonic()
    assert raw_commit(wechat, timeout=0.3).json()["errcode"] == 0
    assert time.monotonic() - began > 0.5


def test_any_answer_may_be_text_plain(wechat: Client) -> None:
    wechat.fault("delay", seconds=0, text_plain=True, endpoint="commit")
    answer = raw_commit(wechat)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.json()["errcode"] == 0


def test_a_fault_may_be_for_one_appid_and_one_action(wechat: Client) -> None:
    wechat.fault("errcode", appid=MINI, endpoint="modify_domain", action="add", errcode=-1)
    assert wechat.mini("modify_domain", {"action": "get"})["errcode"] == 0
    assert wechat.mini("modify_domain", {"action": "add"}, appid=OTHER)["errcode"] == 85017
    assert wechat.mini("modify_domain", {"action": "add"})["errcode"] == -1


def test_a_fault_may_be_for_the_token_endpoint_of_one_appid(wechat: Client) -> None:
    wechat.fault("errcode", appid=MINI, endpoint="api_authorizer_token", errcode=45009)
    assert wechat.token(OTHER)
    assert wechat.authorizer_token_answer()["errcode"] == 45009


def test_a_fault_may_skip_and_repeat(wechat: Client) -> None:
    wechat.token()
    wechat.fault("errcode", errcode=-1, skip=1, times=2)
    codes = [wechat.mini("getversioninfo")["errcode"] for _ in range(4)]
    assert codes == [0, -1, -1, 0]


def test_a_fault_may_stay_until_it_is_removed(wechat: Client) -> None:
    wechat.token()
    wechat.fault("errcode", errcode=-1, times=-1)
    assert [wechat.mini("getversioninfo")["errcode"] for _ in range(3)] == [-1, -1, -1]
    assert len(wechat.sim("GET", "faults")) == 1
    wechat.sim("DELETE", "faults")
    assert wechat.mini("getversioninfo")["errcode"] == 0
    assert wechat.sim("GET", "faults") == []


def test_a_fault_may_be_a_matter_of_chance(wechat: Client) -> None:
    wechat.token()
    wechat.fault("errcode", errcode=-1, times=-1, probability=0.5)
    codes = {wechat.mini("getversioninfo")["errcode"] for _ in range(60)}
    assert codes == {0, -1}


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"kind": "earthquake"},
        {"kind": "empty", "endpoint": "nowhere"},
        {"kind": "empty", "x": 1},
        {"kind": "body", "headers": {"a": 1}},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(wechat: Client, fault: dict[str, Any]) -> None:
    answer = wechat.raw("POST", "/_sim/faults", json=fault)
    assert answer.status_code == 400
    assert answer.json()["error"]
