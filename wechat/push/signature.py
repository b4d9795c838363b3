"""The signature of a push: SHA-1 over the token, the timestamp, the nonce and what is encrypted.

It covers neither the path nor the XML around `Encrypt`. The query's other parameter, `signature`, covers no body at all, and
is not looked at.
"""

from __future__ import annotations

import hashlib
import hmac


def signature_of(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    """What WeChat sends as `msg_signature`: lower-case hex."""
    parts = sorted(part.encode("utf-8", "replace") for part in (token, timestamp, nonce, encrypted))
    # SHA-1 is WeChat's choice; what it protects is decrypted and checked once more.
    return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()


def is_signed(token: str, timestamp: str, nonce: str, encrypted: str, signature: str) -> bool:
    """Whether the signature is right. How long this takes does not tell how much of it is."""
    right = signature_of(token, timestamp, nonce, encrypted)
    return hmac.compare_digest(right.encode(), signature.encode("utf-8", "replace"))
