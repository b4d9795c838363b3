"""What the sections of the settings have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, field_validator

from config.texts import one_word, unquoted


def on_secrets(check: Callable[[str], str]) -> AfterValidator:
    """Check a secret's text as any other's; the message has no value in it."""

    def checked(secret: SecretStr) -> SecretStr:
        return SecretStr(check(secret.get_secret_value()))

    return AfterValidator(checked)


Word = Annotated[str, AfterValidator(one_word)]
SecretWord = Annotated[SecretStr, on_secrets(one_word)]


class Section(BaseModel):
    """Settings whose names begin alike; an unknown one is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_the_value_alone(cls, value: Any) -> Any:
        return unquoted(value) if isinstance(value, str) else value
