"""The headers of a webhook, as https://www.standardwebhooks.com has them: a receiver verifies with any of its libraries."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Sequence


def signed(message_id: str, timestamp: int, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """The headers; with several secrets there is a signature of each, so that a receiver may have either."""
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = (b64encode(hmac.digest(secret, content, "sha256")).decode() for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
