"""Every setting: what it is called, what it may be, and its default.

Every knob lives in a nested model that forbids unknown names. Read them with `config.loading`.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from config.lists import (
    PLAIN,
    Dates,
    DomainNames,
    EncryptionKeys,
    HoursOfDay,
    PushKeys,
    WebhookSecrets,
)
from config.redis_url import is_redis_url, tls_files, without_tls
from config.section import SecretWord, Word, on_secrets
from config.section import Section as _Section
from config.sections.notify import NotifySettings
from config.sections.tokens import TokensSettings
from config.sections.web import WebSettings
from config.sources import ENCODING, PREFIX, our_files, secrets_dir, text_of
from config.texts import credential, time_zone
from config.webhook import is_private, secret_bytes

AppId = Annotated[str, AfterValidator(credential)]
AppSecret = Annotated[SecretStr, on_secrets(credential)]
CallsPerMinute = Annotated[int, Field(ge=0, le=1_000_000)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
TimeZone = Annotated[Word, AfterValidator(time_zone)]
#: Of a setting that does nothing any more and is still accepted; `deprecated` says what replaced it.
Retired = Seconds | None


class RedisSettings(_Section):
    """Broker, result store and records: one database of our own."""

    url: SecretWord = SecretStr("redis://127.0.0.1:6379/0")
    master_name: Word = ""
    sentinel_password: SecretWord | None = None
    tls: bool = False
    ca_file: str = ""
    encryption_keys: EncryptionKeys = []
    replicas: Annotated[int, Field(ge=0, le=10)] = 0

    @field_validator("url")
    @classmethod
    def _can_be_read(cls, url: SecretStr) -> SecretStr:
        for part in url.get_secret_value().split(";"):
            scheme = part.partition("://")[0]
            if scheme not in {"redis", "rediss", "sentinel"}:
                raise ValueError("must begin with redis://, rediss:// or sentinel://")
            if not is_redis_url(part):
                # Without the value: there is a password in it.
                raise ValueError(
                    f"must be {scheme}://[user:password@]host[:port][/database], percent-encoded"
                )
            tls_files(part)
        return url

    @field_validator("ca_file")
    @classmethod
    def _holds_certificates(cls, ca_file: str) -> str:
        if ca_file:
            try:
                ssl.create_default_context(cafile=ca_file)
            except OSError as error:  # an SSLError is one as well: the file holds no certificate
                raise ValueError(f"can't be read as certificates (PEM): {error.strerror or error}") from None
        return ca_file

    @model_validator(mode="after")
    def _sentinels_know_the_master(self) -> Self:
        if self.is_sentinel and not self.master_name:
            raise ValueError("a sentinel:// url needs MPRELEASE_REDIS__MASTER_NAME as well")
        return self

    @model_validator(mode="after")
    def _tls_is_not_half_asked_for(self) -> Self:
        if self.tls and not self.is_sentinel:
            raise ValueError("MPRELEASE_REDIS__TLS is for sentinel://; without Sentinel write rediss://")
        if self._files_of_url() and not self.is_tls:
            raise ValueError(
                "the url has ssl_ options: write rediss://, or MPRELEASE_REDIS__TLS=true for Sentinel"
            )
        return self

    @property
    def is_sentinel(self) -> bool:
        """Whether the URL names Sentinels and not the server itself."""
        return self.url.get_secret_value().startswith("sentinel://")

    @property
    def fernet_keys(self) -> list[str]:
        """The keys that decrypt what is stored; the first of them encrypts as well, if `encrypts`."""
        values = [key.get_secret_value() for key in self.encryption_keys]
        return [value for value in values if value != PLAIN]

    @property
    def encrypts(self) -> bool:
        """Whether what is stored from now on is to be encrypted."""
        return bool(self.encryption_keys) and self.encryption_keys[0].get_secret_value() != PLAIN

    @property
    def is_tls(self) -> bool:
        """Whether the server is reached by TLS, and with Sentinel the Sentinels as well."""
        return self.tls or self.url.get_secret_value().startswith("rediss://")

    @property
    def replicas_to_confirm(self) -> int:
        """How many replicas have to confirm a write before it counts: behind Sentinel at least one."""
        return max(self.replicas, int(self.is_sentinel))

    @property
    def urls(self) -> list[str]:
        """The URL's parts, without TLS options: several only for Sentinel (`sentinel://a;sentinel://b`)."""
        return [without_tls(part) for part in self.url.get_secret_value().split(";")]

    @property
    def tls_options(self) -> dict[str, Any]:
        """How certificates are checked, by redis-py's names; empty without TLS. The URL's CA is over `ca_file`."""
        if not self.is_tls:
            return {}
        ca_file = {"ssl_ca_certs": self.ca_file} if self.ca_file else {}
        return {"ssl_cert_reqs": "required", "ssl_check_hostname": True, **ca_file, **self._files_of_url()}

    def _files_of_url(self) -> dict[str, str]:
        parts = self.url.get_secret_value().split(";")
        return {name: file for part in parts for name, file in tls_files(part).items()}


class WeChatSettings(_Section):
    """Where WeChat is and how long to wait for it."""

    api_url: Word = "https://api.weixin.qq.com"
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

    appid: AppId = ""
    appsecret: AppSecret = SecretStr("")
    push_token: AppSecret = SecretStr("")
    push_keys: PushKeys = []

    @property
    def takes_pushes(self) -> bool:
        """Whether what WeChat pushes can be verified and decrypted."""
        return bool(self.appid and self.push_token.get_secret_value() and self.push_keys)


class DomainSettings(_Section):
    """The platform's server domains, and business domains, which every Mini Program has to have."""

    requestdomain: DomainNames = []
    wsrequestdomain: DomainNames = []
    uploaddomain: DomainNames = []
    downloaddomain: DomainNames = []
    udpdomain: DomainNames = []
    tcpdomain: DomainNames = []
    webviewdomain: DomainNames = []


class RateSettings(_Section):
    """How many calls all workers together may send to WeChat; 0 is no limit."""

    platform_per_minute: CallsPerMinute = 0
    mini_program_per_minute: CallsPerMinute = 0
    learn: bool = True


class RetrySettings(_Section):
    """When and how often a step is tried again.

    With these defaults the nine waits of a step add up to between 405 and 810 seconds, whatever the jitter draws: more
    than an outage of five minutes, with ten calls.
    """

    max_attempts: Annotated[int, Field(ge=1, le=100)] = 10
    wait_initial_s: Seconds = 2
    wait_max_s: Seconds = 300
    scan_wait_s: Seconds = 60
    scan_max_attempts: Annotated[int, Field(ge=1, le=10_000)] = 240
    slow_down_s: Seconds = 60


class PublishSettings(_Section):
    """When publications may begin, by the clocks of a time zone. Without hours at any time."""

    hours: HoursOfDay = []
    not_on: Dates = []
    time_zone: TimeZone = "Asia/Shanghai"


#: How a worker runs its tasks beside each other.
Pool = Literal["threads", "prefork", "solo"]


class WorkerSettings(_Section):
    """The worker process."""

    concurrency: Annotated[int, Field(ge=1, le=1000)] = 16
    pool: Pool = "threads"
    step_deadline_s: Annotated[float, Field(gt=0, le=3600)] = 140
    visibility_timeout_s: Retired = Field(
        None,
        deprecated="what a killed worker had goes on when its lease ends, MPRELEASE_WORKER__STEP_DEADLINE_S plus 20 s",
    )
    sweep_s: Retired = Field(None, deprecated="lost messages are found by the order of the queue")


class WebhookSettings(_Section):
    """Where programs are told of what has changed, and what signs it."""

    url: SecretWord = SecretStr("")
    secret: WebhookSecrets = []

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not is_private(url.get_secret_value()):
            # Without the value: whoever knows it may be let in by it.
            raise ValueError("must be https://host[:port]/path, or http:// on this machine (127.0.0.1)")
        return url

    @model_validator(mode="after")
    def _is_signed(self) -> Self:
        if self.url.get_secret_value() and not self.secret:
            raise ValueError("MPRELEASE_WEBHOOK__URL needs MPRELEASE_WEBHOOK__SECRET as well")
        return self

    @property
    def keys(self) -> list[bytes]:
        """The secrets as keys of the signatures."""
        return [secret_bytes(secret.get_secret_value()) for secret in self.secret]


class LogSettings(_Section):
    """What a worker's log lines look like."""

    format: Literal["auto", "json", "text"] = "auto"


class SecretFiles(NestedSecretsSettingsSource):
    """Reads our files and no other."""

    @staticmethod
    def load_secrets(path: Path) -> dict[str, str]:
        """Read each file as the value of the variable that it is named like."""
        return {file.name: text_of(file) for file in our_files(path)}


class Settings(BaseSettings):
    """All of it. Built once, by the process that starts."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        env_file_encoding=ENCODING,
        extra="ignore",  # a .env may hold other programs' names; ours are checked by hand
        frozen=True,
        hide_input_in_errors=True,
    )

    redis: RedisSettings = RedisSettings()
    wechat: WeChatSettings = WeChatSettings()
    platform: PlatformSettings = PlatformSettings()
    tokens: TokensSettings = TokensSettings()
    domains: DomainSettings = DomainSettings()
    rate: RateSettings = RateSettings()
    retry: RetrySettings = RetrySettings()
    publish: PublishSettings = PublishSettings()
    worker: WorkerSettings = WorkerSettings()
    webhook: WebhookSettings = WebhookSettings()
    notify: NotifySettings = NotifySettings()
    log: LogSettings = LogSettings()
    web: WebSettings = WebSettings()

    @property
    def lacking(self) -> list[str]:
        """What is not set without which no call to WeChat can be made; a secret only where the tokens are our own."""
        given = {"MPRELEASE_PLATFORM__APPID": self.platform.appid}
        if not self.tokens.is_borrowed:
            given["MPRELEASE_PLATFORM__APPSECRET"] = self.platform.appsecret.get_secret_value()
        return [name for name in given if not given[name]]

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
        secret_files = SecretFiles(
            file_secret_settings,
            secrets_dir=secrets_dir(),
            secrets_dir_missing="ok",
            secrets_prefix=PREFIX,
            secrets_nested_delimiter="__",
        )
        return init_settings, env_settings, dotenv_settings, secret_files
