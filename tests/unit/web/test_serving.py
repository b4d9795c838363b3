import socket

from web.serving import listen


def test_an_answer_does_not_wait_for_the_acknowledgement_of_its_headers() -> None:
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
