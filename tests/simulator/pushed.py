"""A receiver that takes every push, and reads it with no code of the project's own."""

import base64
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulator.world import little_world

_FIELD = re.compile(r"<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|(\d*))</\1>", re.DOTALL)


@contextmanager
def receiving() -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """Listen; gives the address, and the list to which path and fields of each push are added."""
    pushes: list[tuple[str, dict[str, str]]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            pushes.append((self.path.partition("?")[0], _fields(_decrypted(_fields(body)["Encrypt"]))))
            self.send_response(200)
            self.send_header("Content-Length", "7")
            self.end_headers()
            self.wfile.write(b"success")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", pushes
        finally:
            server.shutdown()


def _fields(document: str) -> dict[str, str]:
    inner = re.sub(r"^<xml>|</xml>$", "", document)
    return {match[1]: match[2] or match[3] or "" for match in _FIELD.finditer(inner)}


def _decrypted(text: str) -> str:
    key = base64.b64decode(little_world.PUSH_KEY + "=")
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = cipher.update(base64.b64decode(text)) + cipher.finalize()
    return plain[20 : 20 + int.from_bytes(plain[16:20], "big")].decode()
