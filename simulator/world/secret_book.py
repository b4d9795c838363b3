"""Every secret the simulator ever configured or issued, so that a test can look for them in logs."""

import secrets


class SecretBook:
    """Remembers secrets in the order in which they appeared; outlives a reset of the world."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}

    def note(self, secret: str) -> str:
        """Remember a secret and hand it back."""
        if secret:
            self._seen[secret] = None
        return secret

    def invent(self, prefix: str) -> str:
        """Make a new secret that starts with the prefix."""
        return self.note(prefix + secrets.token_urlsafe(48))

    def all(self) -> list[str]:
        """List every secret noted so far."""
        return list(self._seen)
