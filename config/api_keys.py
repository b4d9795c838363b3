"""The keys of the HTTP API as the settings hold them: who has one, what for, and its SHA-256. The key itself is nowhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

_NAME = re.compile(r"[A-Za-z0-9._-]{1,40}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
#: What a key's name may be, for people.
NAMES = "1 to 40 letters, digits, dots, dashes or underscores"


class KeyScope(StrEnum):
    """What a key is for."""

    READ = "read"
    OPERATE = "operate"
    PUBLISH = "publish"
    TOKENS = "tokens"


#: What a scope includes besides itself. Who reads tokens needs no release, and the other way round.
_INCLUDED = {
    KeyScope.OPERATE: frozenset({KeyScope.READ}),
    KeyScope.PUBLISH: frozenset({KeyScope.READ, KeyScope.OPERATE}),
}


def includes(granted: KeyScope, wanted: KeyScope) -> bool:
    """Whether what is granted lets its holder do what needs the wanted scope."""
    return wanted in {granted, *_INCLUDED.get(granted, ())}


def is_key_name(name: str) -> bool:
    """Whether it may stand in the setting, and in a history."""
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key."""

    name: str
    scopes: frozenset[KeyScope]
    digest: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str) -> ApiKey:
        """Read `NAME:SCOPE+SCOPE:SHA256HEX`; raises ValueError that has no value in it."""
        name, _, rest = text.partition(":")
        scopes, _, digest = rest.partition(":")
        if not is_key_name(name):
            raise ValueError(f"its name must be {NAMES}")
        try:
            granted = frozenset(map(KeyScope, scopes.split("+")))
        except ValueError:
            raise ValueError(f"its scopes must be of {', '.join(KeyScope)}, joined by +") from None
        if not _DIGEST.fullmatch(digest.lower()):
            # Somebody who wrote the key itself must not find it in a log.
            raise ValueError(
                "must end with the SHA-256 of the key in hexadecimal, as `mprelease api-key` prints it"
            )
        return cls(name, granted, bytes.fromhex(digest))

    def __str__(self) -> str:
        """As the setting has it."""
        scopes = "+".join(scope for scope in KeyScope if scope in self.scopes)
        return f"{self.name}:{scopes}:{self.digest.hex()}"

    def may(self, scope: KeyScope) -> bool:
        """Whether this key lets its holder do what needs the scope."""
        return any(includes(granted, scope) for granted in self.scopes)
