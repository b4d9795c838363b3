"""How secrets are stored: encrypted (Fernet), or in plain text where there is no key."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

#: What a sealed value begins with. No ticket and no token has a blank in it, so none can look like one.
MARK = "fernet "


class Seal:
    """The first key encrypts, every key decrypts; plain text decrypts to itself.

    Without `encrypts` values are stored in plain text, and the keys only decrypt: so a key can be given to one reader after
    the other before the first value is encrypted with it. The keys are Fernet's: 32 bytes in URL-safe base64.
    """

    def __init__(self, keys: Sequence[str] = (), *, encrypts: bool = True) -> None:
        fernets = [Fernet(key) for key in keys]
        self._decrypting = MultiFernet(fernets) if fernets else None
        self._encrypting = fernets[0] if fernets and encrypts else None

    def encrypt(self, text: str) -> str:
        """Encrypt for storage. The result differs on each call, so compare stored values byte for byte."""
        if self._encrypting is None:
            return text
        return MARK + self._encrypting.encrypt(text.encode()).decode()

    def decrypt(self, stored: str) -> str | None:
        """The text again; None if none of the keys decrypts it."""
        if not stored.startswith(MARK):
            return stored
        return None if self._decrypting is None else _decrypted(self._decrypting, stored)

    def is_current(self, stored: str) -> bool:
        """Whether it is stored as `encrypt` would store it now."""
        if self._encrypting is None:
            return not stored.startswith(MARK)
        return stored.startswith(MARK) and _decrypted(self._encrypting, stored) is not None


def _decrypted(fernet: Fernet | MultiFernet, stored: str) -> str | None:
    try:
        return fernet.decrypt(stored.removeprefix(MARK).encode()).decode()
    except InvalidToken:
        return None
