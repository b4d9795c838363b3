"""The cookie of somebody who knew the password: a name, and when it was, signed.

The key of the signature is made of the password. So all web processes agree without a word, and another password ends every session.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

SESSION_COOKIE = "mprelease-session"
LASTS_S = 12 * 3600
#: Seconds that the clocks of web processes may differ.
_SKEW_S = 60
#: Other keys that are ever made of the password have another one.
_LABEL = b"mprelease page session 1"
#: How hard it is to guess the password by a cookie: 16 MiB and some 50 ms for each guess.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**14, 8, 1


class Sessions:
    """Makes and reads cookies. What its holder may do is not in it: the settings say so when it is used."""

    def __init__(self, password: str, clock: Callable[[], float] = time.time) -> None:
        self._password = hashlib.sha256(password.encode()).digest()
        self._key = hashlib.scrypt(password.encode(), salt=_LABEL, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P)
        self._clock = clock

    def is_password(self, shown: str) -> bool:
        """Whether it is the password. Takes as long whatever is shown."""
        return hmac.compare_digest(hashlib.sha256(shown.encode()).digest(), self._password)

    def begin(self, name: str) -> str:
        """A cookie for somebody of this name."""
        said = f"{urlsafe_b64encode(name.encode()).decode()}.{int(self._clock())}"
        return f"{said}.{self._signature(said)}"

    def name(self, cookie: str) -> str | None:
        """Whose it is; None if it is old, or none of ours."""
        said, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(said).encode()):
            return None
        name, _, began = said.partition(".")
        is_fresh = -_SKEW_S <= self._clock() - int(began) <= LASTS_S
        return urlsafe_b64decode(name).decode() if is_fresh else None

    def _signature(self, said: str) -> str:
        return hmac.new(self._key, said.encode(), hashlib.sha256).hexdigest()
