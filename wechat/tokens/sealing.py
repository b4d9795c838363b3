"""How secrets are written down: sealed with a key (Fernet), or in plain text where there is none."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

#: What a sealed value begins with. No ticket and no token has a blank in it, so none can look like one.
MARK = "fernet "


class Seal:
    """The first key closes, every key opens; what is in plain text is open to all.

    Without `closes` values are written in plain text though the keys open sealed ones: so a key can be given
    to one reader after the other before the first value is sealed with it. The keys are Fernet's: 32 bytes in
    URL-safe base64.
    """

    def __init__(self, keys: Sequence[str] = (), *, closes: bool = True) -> None:
        fernets = [Fernet(key) for key in keys]
        self._opening = MultiFernet(fernets) if fernets else None
        self._closing = fernets[0] if fernets and closes else None

    def close(self, text: str) -> str:
        """The text as it is to be stored; another one each time, so stored values are compared as they were read."""
        if self._closing is None:
            return text
        return MARK + self._closing.encrypt(text.encode()).decode()

    def open(self, stored: str) -> str | None:
        """The text again; None if none of the keys opens it."""
        if not stored.startswith(MARK):
            return stored
        return None if self._opening is None else _decrypted(self._opening, stored)

    def is_current(self, stored: str) -> bool:
        """Whether it is stored as `close` would store it now."""
        if self._closing is None:
            return not stored.startswith(MARK)
        return stored.startswith(MARK) and _decrypted(self._closing, stored) is not None


def _decrypted(fernet: Fernet | MultiFernet, stored: str) -> str | None:
    try:
        return fernet.decrypt(stored.removeprefix(MARK).encode()).decode()
    except InvalidToken:
        return None
