"""How a push is encrypted: AES-256-CBC, padded to blocks of 32 bytes, with the platform's appid at the end."""

from __future__ import annotations

import base64
import binascii

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from wechat.push.refusals import Malformed

_AES_BLOCK = 16
#: The padding fills blocks of 32 bytes, not AES' own of 16.
_PADDING_BITS = 32 * 8
_RANDOM_BYTES, _LENGTH_BYTES = 16, 4


class PushCipher:
    """Opens with one EncodingAESKey."""

    def __init__(self, encoding_aes_key: str) -> None:
        key = base64.b64decode(encoding_aes_key + "=")
        self._cipher = Cipher(AES(key), CBC(key[:_AES_BLOCK]))

    def decrypt(self, encrypted: str, appid: str) -> bytes:
        """The message, which has to be meant for the platform of this appid; raises Malformed."""
        plain = self._unpadded(_bytes_of(encrypted))
        head = _RANDOM_BYTES + _LENGTH_BYTES
        length = int.from_bytes(plain[_RANDOM_BYTES:head], "big")
        # A length that is too large leaves nothing for the appid.
        if plain[head + length :] != appid.encode():
            raise Malformed("appid")
        return plain[head : head + length]

    def _unpadded(self, data: bytes) -> bytes:
        decryptor, unpadder = self._cipher.decryptor(), padding.PKCS7(_PADDING_BITS).unpadder()
        try:
            padded = decryptor.update(data) + decryptor.finalize()
            return unpadder.update(padded) + unpadder.finalize()
        except ValueError:  # no whole blocks, or a padding that has a wrong byte
            raise Malformed("encryption") from None


def _bytes_of(encrypted: str) -> bytes:
    try:
        return base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("encryption") from None
