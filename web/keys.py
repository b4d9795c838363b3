"""Who asks: the holder of a key, by `Authorization: Bearer KEY`. Only hashes are known here."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from config.api_keys import ApiKey

_SCHEME = "bearer"


class Keys:
    """The keys that are let in."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._keys = tuple(keys)

    def __bool__(self) -> bool:
        """Whether anybody can be let in."""
        return bool(self._keys)

    def holder(self, authorization: str) -> ApiKey | None:
        """The key that the header shows. Takes as long whichever it is, and whether it is one."""
        scheme, _, shown = authorization.partition(" ")
        digest = hashlib.sha256(shown.strip().encode()).digest()
        found = None
        for key in self._keys:
            if hmac.compare_digest(digest, key.digest):
                found = key
        return found if scheme.lower() == _SCHEME else None
