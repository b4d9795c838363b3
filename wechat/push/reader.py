"""From the body of a request to what WeChat said: verified, decrypted, read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wechat.push.encryption import PushCipher
from wechat.push.refusals import Malformed, PushRefused, WrongSignature
from wechat.push.signature import is_signed
from wechat.push.xml import fields_of

#: A time has so many digits at the most.
_LONGEST_TIME = 12


@dataclass(frozen=True, slots=True)
class Push:
    """What WeChat said. `signed_at` is the signature's time, in seconds; the fields may hold a ticket or a code."""

    signed_at: int
    fields: dict[str, str] = field(repr=False)

    @property
    def kind(self) -> str:
        """What it is about: the InfoType, the Event, or the MsgType of a customer's message; empty where it says none."""
        return self.fields.get("InfoType") or self.fields.get("Event") or self.fields.get("MsgType") or ""

    @property
    def created_at(self) -> int:
        """When WeChat made it, in seconds: not after it was signed, which counts where it does not say."""
        created = self.fields.get("CreateTime", "")
        return min(int(created), self.signed_at) if _is_time(created) else self.signed_at


class PushReader:
    """Takes the token and the EncodingAESKeys of the console, the newest first, and the platform's appid."""

    def __init__(self, *, token: str, keys: Sequence[str], appid: str) -> None:
        self._token = token
        self._ciphers = [PushCipher(key) for key in keys]
        self._appid = appid

    def read(self, body: bytes, *, timestamp: str, nonce: str, signature: str) -> Push:
        """Verify and decrypt; raises WrongSignature or Malformed. Whether the time is near enough is the caller's business."""
        encrypted = fields_of(body).get("Encrypt")
        if not encrypted:
            raise Malformed("xml")
        if not is_signed(self._token, timestamp, nonce, encrypted, signature):
            raise WrongSignature
        if not _is_time(timestamp):
            raise Malformed("time")
        return Push(int(timestamp), fields_of(self._decrypted(encrypted)))

    def _decrypted(self, encrypted: str) -> bytes:
        refused: PushRefused = Malformed("encryption")
        for number, cipher in enumerate(self._ciphers):
            try:
                return cipher.decrypt(encrypted, self._appid)
            except Malformed as error:
                # The newest key tells best what is wrong: with an older one everything looks broken.
                refused = error if number == 0 or error.reason == "appid" else refused
        raise refused


def _is_time(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_TIME
