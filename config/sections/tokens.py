"""The settings of who owns the platform's access tokens (docs/tokens.md)."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr, field_validator, model_validator

from config.section import SecretWord, Section, Word
from config.texts import is_loopback


class TokensSettings(Section):
    """Who owns the platform's tokens: we do, or another system that lends them."""

    source: Literal["own", "http"] = "own"
    url: Word = ""
    key: SecretWord = SecretStr("")

    @field_validator("url")
    @classmethod
    def _can_be_asked(cls, url: str) -> str:
        if not url:
            return url
        parts = urlsplit(url)
        is_address = (
            url.isascii() and parts.scheme in {"http", "https"} and parts.hostname and _has_port(parts)
        )
        if not is_address or "{appid}" not in parts.path + parts.query:
            raise ValueError("must be https://host[:port]/… with {appid} where the appid has to stand")
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ValueError("must begin with https://: only to this machine itself tokens go by http://")
        if parts.username is not None or parts.fragment:
            raise ValueError("must have no user, no password and no #: the key is MPRELEASE_TOKENS__KEY")
        return url

    @field_validator("key")
    @classmethod
    def _fits_into_a_header(cls, key: SecretStr) -> SecretStr:
        if not key.get_secret_value().isascii():
            raise ValueError("has a character that is not ASCII: copy it again")
        return key

    @model_validator(mode="after")
    def _borrowing_needs_an_owner(self) -> Self:
        given = {"URL": self.url, "KEY": self.key.get_secret_value()}
        lacking = " and ".join(f"MPRELEASE_TOKENS__{name}" for name in given if not given[name])
        if self.is_borrowed and lacking:
            raise ValueError(f"MPRELEASE_TOKENS__SOURCE=http needs {lacking} as well")
        return self

    @property
    def is_borrowed(self) -> bool:
        """Whether another system owns the tokens."""
        return self.source == "http"


def _has_port(parts: SplitResult) -> bool:
    """Whether the port is one, or left out."""
    try:
        return parts.port != 0
    except ValueError:
        return False
