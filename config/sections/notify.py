"""The settings of notices to people (docs/notices.md): the robots of their groups, each of which is known by its secret URL."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator, model_validator

from config.section import SecretWord, Section, Word
from config.webhook import is_private

#: The longest address of the page, in characters: links are part of a message, which is short.
_LONGEST_PAGE_URL = 200


class NotifySettings(Section):
    """Where people are told, in which language, and where they find the page."""

    wecom_url: SecretWord = SecretStr("")
    dingtalk_url: SecretWord = SecretStr("")
    dingtalk_secret: SecretWord = SecretStr("")
    feishu_url: SecretWord = SecretStr("")
    feishu_secret: SecretWord = SecretStr("")
    language: Literal["en", "zh"] = "en"
    page_url: Word = ""

    @field_validator("wecom_url", "dingtalk_url", "feishu_url")
    @classmethod
    def _is_safe(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not is_private(url.get_secret_value()):
            # Without the value: whoever knows it can write to the group.
            raise ValueError("must be https://host[:port]/path, or http:// on this machine (127.0.0.1)")
        return url

    @field_validator("page_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if url and not _is_plain(url):
            raise ValueError(
                f"must be http(s)://host[:port][/path] of at most {_LONGEST_PAGE_URL} characters, without ? and #"
            )
        return url.rstrip("/")

    @model_validator(mode="after")
    def _secrets_have_urls(self) -> Self:
        secrets = {"DINGTALK": self.dingtalk_secret, "FEISHU": self.feishu_secret}
        urls = {"DINGTALK": self.dingtalk_url, "FEISHU": self.feishu_url}
        for name, secret in secrets.items():
            if secret.get_secret_value() and not urls[name].get_secret_value():
                raise ValueError(
                    f"MPRELEASE_NOTIFY__{name}_SECRET needs MPRELEASE_NOTIFY__{name}_URL as well"
                )
        return self


def _is_plain(url: str) -> bool:
    """Whether it can stand in a link of any robot's message."""
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    can_stand = url.isascii() and len(url) <= _LONGEST_PAGE_URL and not set(url) & set("?#@()[]<>*`\\")
    return is_right and can_stand
