"""Connections on which no whole push comes keep WeChat's own from nobody."""

import time

from tests.integration.web.receiver.test_pushes import TICKET
from tests.support.receivers import Receiver
from tests.support.silent import opened

HALF_A_PUSH = b"POST /wechat/authorization HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n<"


def test_pushes_are_taken_beside_a_thousand_of_them(receiver: Receiver) -> None:
    with opened(receiver.url, b"", 500), opened(receiver.url, HALF_A_PUSH, 500):
        began = time.monotonic()
        answer = receiver.push("component_verify_ticket", ComponentVerifyTicket=TICKET)
        assert (answer.status_code, answer.text) == (200, "success")
        assert time.monotonic() - began < 5  # for which WeChat waits
