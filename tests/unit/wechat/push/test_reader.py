"""The official vector, and what is refused."""

import base64
import hashlib
import hmac
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulator.push import sealed
from tests.support import vector
from wechat.push import signature
from wechat.push.encryption import PushCipher
from wechat.push.reader import PushReader
from wechat.push.refusals import Malformed, PushRefused, WrongSignature

OTHER_KEY = "B" * 43


def read(
    body: str = vector.BODY,
    *,
    keys: tuple[str, ...] = (vector.KEY,),
    appid: str = vector.PLATFORM,
    token: str = vector.TOKEN,
    **different: str,
) -> Any:
    query = {"timestamp": vector.TIMESTAMP, "nonce": vector.NONCE, "signature": vector.SIGNATURE, **different}
    return PushReader(token=token, keys=keys, appid=appid).read(
        body.encode("utf-8", "surrogatepass"), **query
    )


def flipped(text: str) -> Iterator[str]:
    """The text with each of its bits changed, one at a time."""
    for at in range(len(text)):
        for bit in range(7):
            yield text[:at] + chr(ord(text[at]) ^ (1 << bit)) + text[at + 1 :]


def pushed(message: bytes) -> Any:
    """Read a message that is signed and encrypted as it has to be."""
    encrypted = sealed.encrypted(vector.KEY, vector.PLATFORM, message)
    signed = sealed.signature(vector.TOKEN, vector.TIMESTAMP, vector.NONCE, encrypted)
    return read(f"<xml><Encrypt>{encrypted}</Encrypt></xml>", signature=signed)


def test_the_official_vector_is_read() -> None:
    push = read()
    assert (push.kind, push.signed_at, push.created_at) == ("debug_demo", 1715943329, 1715943329)
    assert (push.fields["ToUserName"], push.fields["debug_str"]) == ("gh_97417a04a28d", "hello world")
    assert "hello" not in repr(push)


def test_the_official_vector_is_decrypted_to_the_byte() -> None:
    message = PushCipher(vector.KEY).decrypt(vector.ENCRYPTED, vector.PLATFORM)
    head = vector.RANDOM.encode() + struct.pack(">I", vector.MESSAGE_LENGTH)
    plain = head + message + vector.PLATFORM.encode()
    assert (len(message), len(plain)) == (vector.MESSAGE_LENGTH, vector.PLAIN_LENGTH)
    assert hashlib.sha1(plain).hexdigest() == vector.PLAIN_SHA1


def test_the_official_reply_is_read_and_signed() -> None:
    assert PushCipher(vector.KEY).decrypt(vector.REPLY_ENCRYPTED, vector.PLATFORM) == vector.REPLY
    signed = signature.signature_of(
        vector.TOKEN, vector.REPLY_TIMESTAMP, vector.REPLY_NONCE, vector.REPLY_ENCRYPTED
    )
    assert signed == vector.REPLY_SIGNATURE
    # The simulator's own encryption is right as well.
    again = sealed.encrypted(vector.KEY, vector.PLATFORM, vector.REPLY, random=vector.REPLY_RANDOM)
    assert again == vector.REPLY_ENCRYPTED


@pytest.mark.parametrize("part", ["timestamp", "nonce", "signature"])
def test_a_bit_changed_in_the_query_is_refused(part: str) -> None:
    right = {"timestamp": vector.TIMESTAMP, "nonce": vector.NONCE, "signature": vector.SIGNATURE}
    reader = PushReader(token=vector.TOKEN, keys=[vector.KEY], appid=vector.PLATFORM)
    for wrong in flipped(right[part]):
        with pytest.raises(WrongSignature):
            reader.read(vector.BODY.encode(), **{**right, part: wrong})


def test_a_bit_changed_in_what_is_encrypted_is_refused() -> None:
    for wrong in flipped(vector.ENCRYPTED):
        with pytest.raises(PushRefused):
            read(vector.BODY.replace(vector.ENCRYPTED, wrong))


def test_a_bit_changed_in_the_ciphertext_is_seen_by_padding_or_appid_or_changes_the_message_only() -> None:
    """With the right token a body can be signed anew: the padding's bytes and the appid's are checked one by one."""
    raw, right = base64.b64decode(vector.ENCRYPTED), PushCipher(vector.KEY)
    # CBC: a bit of the block before changes the same bit of the block after it. The last 22 bytes are padding, the 18 before
    # them the appid.
    for at in range(len(raw) - 16 - 22 - 16, len(raw) - 16):
        for bit in range(8):
            changed = bytearray(raw)
            changed[at] ^= 1 << bit
            with pytest.raises(Malformed):
                right.decrypt(base64.b64encode(changed).decode(), vector.PLATFORM)


@pytest.mark.parametrize("number", range(1, 33))
def test_every_length_of_the_padding_is_read(number: int) -> None:
    length = (32 - number - 16 - 4 - len(vector.PLATFORM)) % 32 + 32
    message = b"<xml>" + b" " * (length - 11) + b"</xml>"
    encrypted = sealed.encrypted(vector.KEY, vector.PLATFORM, message)
    assert PushCipher(vector.KEY).decrypt(encrypted, vector.PLATFORM) == message


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"\x20" * 31,
        b"\x00" * 32,
        b"\x21" * 64,
        b"a" * 31 + b"\x00",
        b"a" * 30 + b"\x03\x02",  # of two bytes, and one of them is wrong
        b"a" * 16 + b"\x10" * 16,  # right for AES' own block, and here as well: but nothing else is
        b"r" * 16 + b"\xff\xff\xff\xff" + b"m" * 11 + b"\x01",
        b"r" * 16 + struct.pack(">I", 3) + b"<x>wx" + b"\x07" * 7,
        b"r" * 12 + b"\x14" * 20,
    ],
)
def test_what_is_padded_or_measured_wrong_is_refused(plain: bytes) -> None:
    key = base64.b64decode(vector.KEY + "=")
    whole = plain + b"\x00" * (-len(plain) % 16)
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    encrypted = base64.b64encode(cipher.update(whole) + cipher.finalize()).decode()
    with pytest.raises(Malformed):
        PushCipher(vector.KEY).decrypt(encrypted, vector.PLATFORM)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "====",
        "中文",
        "abc",
        "D7yz vUNAL930rd28wf21s4hv",
        "A" * 44,
        vector.ENCRYPTED[:9] + "!" + vector.ENCRYPTED[9:],
        vector.ENCRYPTED + "\n",
    ],
)
def test_what_is_no_base64_of_whole_blocks_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        PushCipher(vector.KEY).decrypt(text, vector.PLATFORM)


def test_the_previous_key_works_and_another_does_not() -> None:
    assert read(keys=(OTHER_KEY, vector.KEY)).kind == "debug_demo"
    with pytest.raises(Malformed) as refused:
        read(keys=(OTHER_KEY,))
    assert refused.value.reason == "encryption"


def test_a_push_for_another_platform_is_refused() -> None:
    for keys in ((vector.KEY,), (OTHER_KEY, vector.KEY)):
        with pytest.raises(Malformed) as refused:
            read(keys=keys, appid="wxba5fad812f8e6fb9")
        assert refused.value.reason == "appid"
    for other in ("", vector.PLATFORM[:-1], vector.PLATFORM + "x"):
        with pytest.raises(Malformed):
            PushCipher(vector.KEY).decrypt(sealed.encrypted(vector.KEY, other, b"<xml/>"), vector.PLATFORM)


@pytest.mark.parametrize("signed", ["", "中", vector.OTHER_SIGNATURE, vector.SIGNATURE.upper(), "\udcff"])
def test_another_signature_is_refused(signed: str) -> None:
    with pytest.raises(WrongSignature):
        read(signature=signed)
    with pytest.raises(WrongSignature):
        read(token="AAAAB")


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    read()
    assert compared == [(vector.SIGNATURE.encode(), vector.SIGNATURE.encode())]


@pytest.mark.parametrize("time", ["", "1.5", "-1", "1e9", "1715943329 ", "१७१५९४३३२९", "9" * 13])
def test_a_time_that_is_none_is_refused(time: str) -> None:
    encrypted = sealed.encrypted(vector.KEY, vector.PLATFORM, b"<xml/>")
    signed = sealed.signature(vector.TOKEN, time, vector.NONCE, encrypted)
    with pytest.raises(Malformed) as refused:
        read(f"<xml><Encrypt>{encrypted}</Encrypt></xml>", signature=signed, timestamp=time)
    assert refused.value.reason == "time"


@pytest.mark.parametrize(
    ("fields", "kind", "created"),
    [
        ("<InfoType>authorized</InfoType><Event>other</Event><CreateTime>12</CreateTime>", "authorized", 12),
        ("<MsgType>event</MsgType><Event>weapp_audit_fail</Event>", "weapp_audit_fail", 1715943329),
        ("<MsgType>text</MsgType><CreateTime>1715943330</CreateTime>", "text", 1715943329),
        ("<CreateTime>soon</CreateTime>", "", 1715943329),
    ],
)
def test_kind_and_time_of_a_push(fields: str, kind: str, created: int) -> None:
    push = pushed(f"<xml>{fields}</xml>".encode())
    assert (push.kind, push.created_at) == (kind, created)


def test_no_refusal_holds_anything_of_the_body() -> None:
    for body in (
        f"<xml><Encrypt>{vector.ENCRYPTED}x</Encrypt></xml>",
        "<xml>secret",
        "<xml><a>secret</a></xml>",
    ):
        with pytest.raises(PushRefused) as refused:
            read(body)
        assert refused.value.__cause__ is None
        assert "secret" not in str(refused.value)
        assert vector.ENCRYPTED[:20] not in str(refused.value)
