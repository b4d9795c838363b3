"""Settings that are lists: how each may be written, and what its parts may be."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from config.api_keys import ApiKey
from config.webhook import check_secret


def parts_of(separators: str, otherwise: str) -> BeforeValidator:
    """A JSON array, or parts with separators between them."""

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("["):
            try:
                return json.loads(value)
            except (ValueError, RecursionError):
                raise ValueError(f"must be a JSON array, or {otherwise}") from None
        return [part.strip() for part in re.split(separators, value) if part.strip()]

    return BeforeValidator(read)


_KEYS = parts_of(r"[,\s]+", "keys separated by commas or one a line")
#: In the place of the first key: write plain text, and read what the other keys sealed.
PLAIN = "plain"


def _keys_can_be_used(keys: list[SecretStr]) -> list[SecretStr]:
    for number, key in enumerate(keys, start=1):
        if number > 1 and key.get_secret_value() == PLAIN:
            raise ValueError(f"`{PLAIN}` can only stand in the first place")
        if key.get_secret_value() != PLAIN and not _is_fernet_key(key):
            # Without the value: it may be a key with a typing error.
            raise ValueError(f"number {number} is no Fernet key, which is 32 bytes in URL-safe base64")
    return keys


def _are_aes_keys(keys: list[SecretStr]) -> list[SecretStr]:
    for number, key in enumerate(keys, start=1):
        if not re.fullmatch(r"[0-9A-Za-z+/]{43}", key.get_secret_value()):
            # Without the value, as above.
            raise ValueError(f"number {number} is no EncodingAESKey, which has 43 letters and digits")
    return keys


def _is_fernet_key(key: SecretStr) -> bool:
    try:
        from cryptography.fernet import Fernet  # noqa: PLC0415 - most start without a key, and sooner

        Fernet(key.get_secret_value())
    except ValueError:
        return False
    return True


def _signs(secrets: list[SecretStr]) -> list[SecretStr]:
    for number, secret in enumerate(secrets, start=1):
        check_secret(number, secret.get_secret_value())
    return secrets


EncryptionKeys = Annotated[
    list[SecretStr],
    NoDecode,
    _KEYS,
    AfterValidator(_keys_can_be_used),
]
WebhookSecrets = Annotated[
    list[SecretStr],
    NoDecode,
    _KEYS,
    AfterValidator(_signs),
]
PushKeys = Annotated[
    list[SecretStr],
    NoDecode,
    _KEYS,
    AfterValidator(_are_aes_keys),
]
DomainNames = Annotated[list[str], NoDecode, parts_of(",", "domains separated by commas")]

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_DAY = 24 * 60


def _api_keys(parts: Any) -> Any:
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return parts
    keys = []
    for number, part in enumerate(parts, start=1):
        try:
            keys.append(ApiKey.read(part))
        except ValueError as error:
            raise ValueError(f"number {number}: {error}") from None
    return keys


def _are_hosts(hosts: list[str]) -> list[str]:
    for host in hosts:
        if "/" in host or not host.isprintable():
            raise ValueError("must be names alone, such as release.example.com, without https:// and port")
    return [host.lower() for host in hosts]


def _spans(parts: Any) -> Any:
    """Each as its first minute of the day and the one after its last."""
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return parts
    return [_span(number, part) for number, part in enumerate(parts, start=1)]


def _span(number: int, text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"number {number} must be HH:MM-HH:MM, such as 22:00-06:00")
    hour, minute, end_hour, end_minute = found.groups()
    first = int(hour) * 60 + int(minute)
    end = _DAY if end_hour is None else int(end_hour) * 60 + int(end_minute)
    if first == end:
        raise ValueError(f"number {number} ends when it begins: leave it out for the whole day")
    return first, end


# The validators before the value run from the last to the first.
ApiKeys = Annotated[
    list[ApiKey],
    NoDecode,
    BeforeValidator(_api_keys),
    _KEYS,
]
HostNames = Annotated[
    list[str], NoDecode, parts_of(",", "domains separated by commas"), AfterValidator(_are_hosts)
]
HoursOfDay = Annotated[
    list[tuple[int, int]],
    NoDecode,
    BeforeValidator(_spans),
    parts_of(",", "hours separated by commas"),
]
Dates = Annotated[list[date], NoDecode, parts_of(",", "dates separated by commas")]
