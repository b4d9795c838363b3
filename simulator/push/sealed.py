"""How WeChat encrypts and signs a push; written from its documents, and from no code of the receiver's."""

import base64
import hashlib
import secrets
import struct
import time
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


def encrypted(encoding_aes_key: str, appid: str, message: bytes, *, random: bytes | None = None) -> str:
    """Encrypt a message for a platform: 16 random bytes, the length, the message, the appid, the padding."""
    key = base64.b64decode(encoding_aes_key + "=")
    plain = (random or secrets.token_bytes(16)) + struct.pack(">I", len(message)) + message + appid.encode()
    number = BLOCK - len(plain) % BLOCK
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(cipher.update(plain + bytes([number]) * number) + cipher.finalize()).decode()


def signature(token: str, *parts: str) -> str:
    """Sign a timestamp, a nonce and, but for the old kind of signature, what is encrypted."""
    return hashlib.sha1("".join(sorted([token, *parts])).encode()).hexdigest()  # noqa: S324 - WeChat's choice


def query(token: str, text: str, *, at: float | None = None) -> str:
    """Make the query string of a push."""
    timestamp, nonce = str(int(time.time() if at is None else at)), str(secrets.randbelow(10**10))
    return urlencode(
        {
            "signature": signature(token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "encrypt_type": "aes",
            "msg_signature": signature(token, timestamp, nonce, text),
        }
    )
