"""Every setting, read from the environment (MPRELEASE_…), a .env file and a secrets directory.

Every knob lives in a nested model that forbids unknown names, and unknown top-level names are looked
for by hand, so that a misspelt variable is an error and not silence.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as SourceError

PREFIX = "MPRELEASE_"
#: The one variable that is no setting: it says where more of them are, as files.
SECRETS_DIR_VARIABLE = PREFIX + "SECRETS_DIR"
#: Where Docker puts secrets.
DEFAULT_SECRETS_DIR = "/run/secrets"


class SettingsError(ValueError):
    """Settings that can't be used: one line for each variable."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)


def _domain_list(value: Any) -> Any:
    """A JSON array or a comma-separated text."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError("must be a JSON array, or domains separated by commas") from None
    return [part.strip() for part in value.split(",") if part.strip()]


DomainNames = Annotated[list[str], NoDecode, BeforeValidator(_domain_list)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _is_redis_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            bool(parts.hostname)
            and parts.port != 0
            and parts.path.strip("/").isdecimal() | (parts.path in ("", "/"))
        )
    except ValueError:
        return False


class RedisSettings(_Section):
    """Broker, result store and records: one database of our own."""

    url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    master_name: str = ""
    sentinel_password: SecretStr | None = None
    ca_file: str = ""

    @field_validator("url")
    @classmethod
    def _can_be_read(cls, url: SecretStr) -> SecretStr:
        for part in url.get_secret_value().split(";"):
            scheme = part.partition("://")[0]
            if scheme not in {"redis", "rediss", "sentinel"}:
                raise ValueError("must begin with redis://, rediss:// or sentinel://")
            if not _is_redis_url(part):
                # Without the value: there is a password in it.
                raise ValueError(
                    f"must be {scheme}://[user:password@]host[:port][/database], percent-encoded"
                )
        return url

    @model_validator(mode="after")
    def _sentinels_know_the_master(self) -> Self:
        if self.url.get_secret_value().startswith("sentinel") and not self.master_name:
            raise ValueError("a sentinel:// url needs MPRELEASE_REDIS__MASTER_NAME as well")
        return self

    @property
    def urls(self) -> list[str]:
        """The URL's parts: several only for Sentinel (`sentinel://a;sentinel://b`)."""
        return self.url.get_secret_value().split(";")


class WeChatSettings(_Section):
    """Where WeChat is and how long to wait for it."""

    api_url: str = "https://api.weixin.qq.com"
    connect_timeout_s: Seconds = 5
    read_timeout_s: Seconds = 60

    @field_validator("api_url")
    @classmethod
    def _is_http(cls, api_url: str) -> str:
        parts = urlsplit(api_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be http(s)://host[:port]")
        return api_url


class PlatformSettings(_Section):
    """The third-party platform (component) itself."""

    appid: str = ""
    appsecret: SecretStr = SecretStr("")


class DomainSettings(_Section):
    """The platform's server domains, which every Mini Program has to have."""

    requestdomain: DomainNames = []
    wsrequestdomain: DomainNames = []
    uploaddomain: DomainNames = []
    downloaddomain: DomainNames = []
    udpdomain: DomainNames = []
    tcpdomain: DomainNames = []


class RetrySettings(_Section):
    """When and how often a step is tried again."""

    max_attempts: Annotated[int, Field(ge=1, le=100)] = 6
    wait_initial_s: Seconds = 2
    wait_max_s: Seconds = 300
    scan_wait_s: Seconds = 60
    scan_max_attempts: Annotated[int, Field(ge=1, le=10_000)] = 240
    slow_down_s: Seconds = 60


class WorkerSettings(_Section):
    """The worker process."""

    concurrency: Annotated[int, Field(ge=1, le=1000)] = 16
    pool: Literal["threads", "prefork", "solo"] = "threads"
    step_deadline_s: Annotated[float, Field(gt=0, le=3600)] = 140
    visibility_timeout_s: Annotated[int, Field(ge=1, le=86_400)] = 900
    sweep_s: Seconds = 15


class Settings(BaseSettings):
    """All of it. Built once, by the process that starts."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        extra="ignore",  # a .env may hold other programs' names; ours are checked by hand
        frozen=True,
        hide_input_in_errors=True,
    )

    redis: RedisSettings = RedisSettings()
    wechat: WeChatSettings = WeChatSettings()
    platform: PlatformSettings = PlatformSettings()
    domains: DomainSettings = DomainSettings()
    retry: RetrySettings = RetrySettings()
    worker: WorkerSettings = WorkerSettings()

    @model_validator(mode="after")
    def _redelivery_comes_after_the_longest_wait(self) -> Self:
        longest = self.retry.wait_max_s + self.worker.step_deadline_s
        if longest >= self.worker.visibility_timeout_s / 2:
            raise ValueError(
                f"MPRELEASE_WORKER__VISIBILITY_TIMEOUT_S must be over {2 * longest:g}: MPRELEASE_RETRY__WAIT_MAX_S "
                f"({self.retry.wait_max_s:g}) plus MPRELEASE_WORKER__STEP_DEADLINE_S "
                f"({self.worker.step_deadline_s:g}) has to stay below half of it, "
                "or Celery delivers a waiting step a second time"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic-settings'
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over .env over secret files; a secret file is named like the variable."""
        secret_files = _OurSecretFiles(
            file_secret_settings,
            secrets_dir=_secrets_dir(),
            secrets_dir_missing="ok",
            secrets_prefix=PREFIX,
            secrets_nested_delimiter="__",
        )
        return init_settings, env_settings, dotenv_settings, secret_files


class _OurSecretFiles(NestedSecretsSettingsSource):
    """Files named like our variables; what else lies in the directory is not even read."""

    @staticmethod
    def load_secrets(path: Path) -> dict[str, str]:
        """Read the files of the directory that are ours."""
        found = path.iterdir() if path.is_dir() else ()
        ours = [file for file in found if file.name.upper().startswith(PREFIX) and file.is_file()]
        return {file.name: file.read_text().strip() for file in ours}


def load_settings() -> Settings:
    """Read the settings; raises SettingsError naming every variable that is wrong."""
    directory = _secrets_dir()
    secret_files = [path.name for path in Path(directory).glob("*")] if directory else []
    unknown = _unknown_names([*os.environ, *dotenv_values(".env"), *secret_files])
    if unknown:
        raise SettingsError(unknown)
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError([_describe(problem) for problem in error.errors()]) from None
    except (OSError, UnicodeDecodeError, SourceError) as error:
        # Only the kind of error: its text may quote a file that holds a secret.
        raise SettingsError(
            [f"a file of settings in . or {_secrets_dir()} can't be read ({type(error).__name__})"]
        ) from None


def _secrets_dir() -> str | None:
    return os.environ.get(SECRETS_DIR_VARIABLE, DEFAULT_SECRETS_DIR) or None


def _describe(problem: Any) -> str:
    variable = PREFIX + "__".join(str(part) for part in problem["loc"][:2]).upper()
    message = problem["msg"].removeprefix("Value error, ")
    return f"{variable}: {message}" if problem["loc"] else message


def variable_names() -> list[str]:
    """Every environment variable there is."""
    return [
        f"{PREFIX}{section}__{name}".upper()
        for section, field in Settings.model_fields.items()
        if field.annotation is not None
        for name in field.annotation.model_fields
    ]


def _unknown_names(names: Iterable[str]) -> list[str]:
    known = {*variable_names(), SECRETS_DIR_VARIABLE}
    ours = sorted({name.upper() for name in names if name.upper().startswith(PREFIX)})
    return [f"{name} is no setting{_meant(name, known)}" for name in ours if name not in known]


def _meant(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
