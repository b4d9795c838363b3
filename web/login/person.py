"""A person who is logged in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from config.api_keys import KeyScope, includes


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name, and one of the scopes read, operate and publish."""

    name: str
    scope: KeyScope
    #: By the password, so that there is something to log out of.
    has_session: bool = False

    def may(self, scope: KeyScope) -> bool:
        """Whether this person may do what needs the scope."""
        return includes(self.scope, scope)


def scope_of(name: str, *, operators: Collection[str], publishers: Collection[str]) -> KeyScope:
    """What somebody may do whom a proxy names: to read, where the settings say nothing more."""
    if name in publishers:
        return KeyScope.PUBLISH
    return KeyScope.OPERATE if name in operators else KeyScope.READ
