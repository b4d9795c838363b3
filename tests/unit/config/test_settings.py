from __future__ import annotations

from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from config.api_keys import ApiKey
from config.loading import load_settings, variable_names
from config.settings import RedisSettings, Settings
from tests.support.keys import NEW as KEY
from tests.support.keys import OTHER as OTHER_KEY
from tests.unit.config.conftest import SECRET, problems

WEBHOOK_SECRET, OTHER_SECRET = f"whsec_{'QUFB' * 8}", f"whsec_{'QkJC' * 21}"
PUSH_KEY = "0123456789" * 4 + "abC"

#: A valid value for each variable, none of them the default, and how it reads in the settings.
VALUES: dict[str, tuple[str, Any]] = {
    "MPRELEASE_REDIS__URL": (
        "rediss://:pw@redis.example.com:6380/3",
        "rediss://:pw@redis.example.com:6380/3",
    ),
    "MPRELEASE_REDIS__MASTER_NAME": ("mymaster", "mymaster"),
    "MPRELEASE_REDIS__SENTINEL_PASSWORD": ("12345", "12345"),
    "MPRELEASE_REDIS__TLS": ("true", True),
    "MPRELEASE_REDIS__CA_FILE": ("ca.pem", "ca.pem"),
    "MPRELEASE_REDIS__ENCRYPTION_KEYS": (f"{KEY}, {OTHER_KEY}", [KEY, OTHER_KEY]),
    "MPRELEASE_REDIS__REPLICAS": ("2", 2),
    "MPRELEASE_WECHAT__API_URL": ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    "MPRELEASE_WECHAT__CONNECT_TIMEOUT_S": ("2.5", 2.5),
    "MPRELEASE_WECHAT__READ_TIMEOUT_S": ("90", 90),
    "MPRELEASE_PLATFORM__APPID": ("wx0000000000000001", "wx0000000000000001"),
    "MPRELEASE_PLATFORM__APPSECRET": ("0123", "0123"),
    "MPRELEASE_TOKENS__SOURCE": ("http", "http"),
    "MPRELEASE_TOKENS__URL": ("https://backend.example.com/{appid}", "https://backend.example.com/{appid}"),
    "MPRELEASE_TOKENS__KEY": ("k0123", "k0123"),
    "MPRELEASE_PLATFORM__PUSH_TOKEN": ("4567", "4567"),
    "MPRELEASE_PLATFORM__PUSH_KEYS": (f"{PUSH_KEY},{PUSH_KEY[::-1]}", [PUSH_KEY, PUSH_KEY[::-1]]),
    "MPRELEASE_DOMAINS__REQUESTDOMAIN": ("https://a.cn, https://b.cn", ["https://a.cn", "https://b.cn"]),
    "MPRELEASE_DOMAINS__WSREQUESTDOMAIN": ('["wss://a.cn", "wss://b.cn"]', ["wss://a.cn", "wss://b.cn"]),
    "MPRELEASE_DOMAINS__UPLOADDOMAIN": ("https://a.cn,", ["https://a.cn"]),
    "MPRELEASE_DOMAINS__DOWNLOADDOMAIN": ("https://a.cn", ["https://a.cn"]),
    "MPRELEASE_DOMAINS__UDPDOMAIN": (' ["udp://a.cn:1"]', ["udp://a.cn:1"]),
    "MPRELEASE_DOMAINS__TCPDOMAIN": ("tcp://a.cn:1", ["tcp://a.cn:1"]),
    "MPRELEASE_DOMAINS__WEBVIEWDOMAIN": ("https://m.a.cn", ["https://m.a.cn"]),
    "MPRELEASE_RATE__PLATFORM_PER_MINUTE": ("600", 600),
    "MPRELEASE_RATE__MINI_PROGRAM_PER_MINUTE": ("60", 60),
    "MPRELEASE_RATE__LEARN": ("false", False),
    "MPRELEASE_RETRY__MAX_ATTEMPTS": ("3", 3),
    "MPRELEASE_RETRY__WAIT_INITIAL_S": ("0.5", 0.5),
    "MPRELEASE_RETRY__WAIT_MAX_S": ("30", 30),
    "MPRELEASE_RETRY__SCAN_WAIT_S": ("15", 15),
    "MPRELEASE_RETRY__SCAN_MAX_ATTEMPTS": ("9", 9),
    "MPRELEASE_RETRY__SLOW_DOWN_S": ("61", 61),
    "MPRELEASE_WORKER__CONCURRENCY": ("4", 4),
    "MPRELEASE_WORKER__POOL": ("prefork", "prefork"),
    "MPRELEASE_PUBLISH__HOURS": ("22:00-06:00, 12:30-24:00", [(1320, 360), (750, 1440)]),
    "MPRELEASE_PUBLISH__NOT_ON": ("2026-10-01, 2026-10-02", [date(2026, 10, 1), date(2026, 10, 2)]),
    "MPRELEASE_PUBLISH__TIME_ZONE": ("Europe/Berlin", "Europe/Berlin"),
    "MPRELEASE_WORKER__STEP_DEADLINE_S": ("100", 100),
    "MPRELEASE_WEBHOOK__URL": ("https://hooks.example.com/a?b=c", "https://hooks.example.com/a?b=c"),
    "MPRELEASE_WEBHOOK__SECRET": (f"{WEBHOOK_SECRET}, {OTHER_SECRET}", [WEBHOOK_SECRET, OTHER_SECRET]),
    "MPRELEASE_NOTIFY__WECOM_URL": ("https://wecom.example.com/a?key=b", "https://wecom.example.com/a?key=b"),
    "MPRELEASE_NOTIFY__DINGTALK_URL": ("https://ding.example.com/a?b=c", "https://ding.example.com/a?b=c"),
    "MPRELEASE_NOTIFY__DINGTALK_SECRET": ("SEC123", "SEC123"),
    "MPRELEASE_NOTIFY__FEISHU_URL": ("https://feishu.example.com/a/b", "https://feishu.example.com/a/b"),
    "MPRELEASE_NOTIFY__FEISHU_SECRET": ("s3cr3t", "s3cr3t"),
    "MPRELEASE_NOTIFY__LANGUAGE": ("zh", "zh"),
    "MPRELEASE_NOTIFY__PAGE_URL": (
        "http://releases.example.com:8080/a",
        "http://releases.example.com:8080/a",
    ),
    "MPRELEASE_LOG__FORMAT": ("json", "json"),
    "MPRELEASE_WEB__KEYS": (f"ci:read:{'0f' * 32}", [ApiKey.read(f"ci:read:{'0f' * 32}")]),
    "MPRELEASE_WEB__HOSTS": ("Release.example.com, b.example.com", ["release.example.com", "b.example.com"]),
    "MPRELEASE_WEB__REQUESTS_PER_MINUTE": ("600", 600),
    "MPRELEASE_WEB__PROXY_USER_HEADER": ("X-Forwarded-User", "X-Forwarded-User"),
    "MPRELEASE_WEB__TRUSTED_PROXIES": (
        "127.0.0.1, 10.0.0.0/8",
        [ip_network("127.0.0.1"), ip_network("10.0.0.0/8")],
    ),
    "MPRELEASE_WEB__OPERATORS": ("anna@example.com, 王芳", ["anna@example.com", "王芳"]),
    "MPRELEASE_WEB__PUBLISHERS": ('["Petra P."]', ["Petra P."]),
    "MPRELEASE_WEB__PASSWORD": ("correct-horse-battery", "correct-horse-battery"),
    "MPRELEASE_WEB__PASSWORD_ROLE": ("read", "read"),
}

_PROXY = {"MPRELEASE_WEB__PROXY_USER_HEADER": "Remote-User", "MPRELEASE_WEB__TRUSTED_PROXIES": "127.0.0.1"}
#: What else has to be said for a variable to be right.
BESIDE = {
    "MPRELEASE_TOKENS__SOURCE": {
        "MPRELEASE_TOKENS__URL": "https://backend.example.com/{appid}",
        "MPRELEASE_TOKENS__KEY": "k0123",
    },
    "MPRELEASE_REDIS__TLS": {
        "MPRELEASE_REDIS__URL": "sentinel://h",
        "MPRELEASE_REDIS__MASTER_NAME": "mymaster",
    },
    "MPRELEASE_WEBHOOK__URL": {"MPRELEASE_WEBHOOK__SECRET": WEBHOOK_SECRET},
    "MPRELEASE_WEB__PROXY_USER_HEADER": {"MPRELEASE_WEB__TRUSTED_PROXIES": "127.0.0.1"},
    **dict.fromkeys(("MPRELEASE_WEB__OPERATORS", "MPRELEASE_WEB__PUBLISHERS"), _PROXY),
    "MPRELEASE_NOTIFY__DINGTALK_SECRET": {"MPRELEASE_NOTIFY__DINGTALK_URL": "https://ding.example.com"},
    "MPRELEASE_NOTIFY__FEISHU_SECRET": {"MPRELEASE_NOTIFY__FEISHU_URL": "https://feishu.example.com"},
}


@pytest.fixture
def beside(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in BESIDE.get(variable, {}).items():
        monkeypatch.setenv(name, text)


def value_of(settings: Settings, variable: str) -> Any:
    section, name = variable.removeprefix("MPRELEASE_").lower().split("__")
    value = getattr(getattr(settings, section), name)
    return [plain(one) for one in value] if isinstance(value, list) else plain(value)


def plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def test_every_variable_is_tested_here() -> None:
    assert sorted(VALUES) == sorted(variable_names())


@pytest.mark.parametrize(
    "key", ["x", PUSH_KEY[1:], PUSH_KEY + "=", PUSH_KEY[1:] + "_", PUSH_KEY[1:] + "\u0663"]
)
def test_what_is_no_encoding_aes_key_is_refused_without_showing_it(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPRELEASE_PLATFORM__PUSH_KEYS", f"{PUSH_KEY}\n{key}")
    (problem,) = problems()
    assert problem.startswith("MPRELEASE_PLATFORM__PUSH_KEYS: number 2 is no EncodingAESKey")
    assert f" {key} " not in f" {problem} "


def test_without_any_setting_the_defaults_can_be_used() -> None:
    assert load_settings() == Settings()


@pytest.mark.usefixtures("beside")
@pytest.mark.parametrize("variable", VALUES)
def test_a_variable_is_read_from_the_environment(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, value = VALUES[variable]
    assert value_of(load_settings(), variable) != value
    monkeypatch.setenv(variable, text)

    assert value_of(load_settings(), variable) == value


@pytest.mark.usefixtures("beside")
@pytest.mark.parametrize("variable", VALUES)
def test_a_variable_is_read_from_a_dot_env_file(variable: str) -> None:
    text, value = VALUES[variable]
    Path(".env").write_text(f"{variable}='{text}'\nSOMEBODY_ELSES=1\n")

    assert value_of(load_settings(), variable) == value


@pytest.mark.usefixtures("beside")
@pytest.mark.parametrize("variable", VALUES)
def test_a_variable_is_read_from_a_secret_file(variable: str, secrets: Path) -> None:
    text, value = VALUES[variable]
    (secrets / variable).write_text(f"{text}\n")
    (secrets / "somebody_elses").write_text("1")

    assert value_of(load_settings(), variable) == value


def test_the_environment_is_over_dot_env_is_over_secret_files(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("APPID", "APPSECRET"):
        (secrets / f"MPRELEASE_PLATFORM__{name}").write_text("from-a-file")
    (secrets / "MPRELEASE_REDIS__MASTER_NAME").write_text("from-a-file")
    Path(".env").write_text("MPRELEASE_PLATFORM__APPID=from-.env\nMPRELEASE_PLATFORM__APPSECRET=from-.env\n")
    monkeypatch.setenv("MPRELEASE_PLATFORM__APPID", "from-the-environment")

    settings = load_settings()

    assert settings.platform.appid == "from-the-environment"
    assert settings.platform.appsecret.get_secret_value() == "from-.env"
    assert settings.redis.master_name == "from-a-file"


@pytest.mark.parametrize("secret", ['{"a":1}', "null", "true", "0123", "[1]"])
def test_a_secret_that_looks_like_json_is_a_text(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_PLATFORM__APPSECRET", secret)
    monkeypatch.setenv("MPRELEASE_REDIS__SENTINEL_PASSWORD", secret)

    settings = load_settings()

    assert value_of(settings, "MPRELEASE_PLATFORM__APPSECRET") == secret
    assert value_of(settings, "MPRELEASE_REDIS__SENTINEL_PASSWORD") == secret


MISSPELT = [
    ("MPRELEASE_REDIS__ULR", "MPRELEASE_REDIS__URL"),
    ("MPRELEASE_REDSI__URL", "MPRELEASE_REDIS__URL"),
    ("MPRELEASE_REDIS_URL", "MPRELEASE_REDIS__URL"),
    ("MPRELEASE_REDIS", "MPRELEASE_REDIS__URL"),
    ("MPRELEASE_REDIS__URL__HOST", "MPRELEASE_REDIS__URL"),
    ("MPRELEASE_PLATFORM__APPSECRT", "MPRELEASE_PLATFORM__APPSECRET"),
    ("mprelease_platform__appsecrt", "MPRELEASE_PLATFORM__APPSECRET"),
    ("MPRELEASE_SECRET_DIR", "MPRELEASE_SECRETS_DIR"),
]


@pytest.mark.parametrize(("wrong", "right"), MISSPELT)
@pytest.mark.parametrize("source", ["environment", "dot_env", "secret_file"])
def test_a_misspelt_name_is_an_error_that_suggests_the_right_one(
    source: str, wrong: str, right: str, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if source == "environment":
        monkeypatch.setenv(wrong, SECRET)
    elif source == "dot_env":
        Path(".env").write_text(f"{wrong}={SECRET}\n")
    else:
        (secrets / wrong).write_text(SECRET)

    assert problems() == [f"{wrong.upper()} is no setting; did you mean {right}?"]


def test_a_name_like_no_other_is_an_error_without_a_suggestion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_XYZZY", "1")

    assert problems() == ["MPRELEASE_XYZZY is no setting"]


@pytest.mark.parametrize("section", Settings.model_fields)
def test_a_section_takes_no_unknown_name(section: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Settings.model_validate({section: {"nope": SECRET}})


def test_every_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_WORKER__CONCURRENCY", SECRET)
    monkeypatch.setenv("MPRELEASE_WORKER__POOL", "gevent")
    monkeypatch.setenv("MPRELEASE_RETRY__MAX_ATTEMPTS", "0")

    named = [problem.partition(":")[0] for problem in problems()]

    assert sorted(named) == [
        *("MPRELEASE_RETRY__MAX_ATTEMPTS", "MPRELEASE_WORKER__CONCURRENCY", "MPRELEASE_WORKER__POOL")
    ]


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("MPRELEASE_WORKER__CONCURRENCY", "0"),
        ("MPRELEASE_WORKER__CONCURRENCY", "1.5"),
        ("MPRELEASE_WORKER__CONCURRENCY", ""),
        ("MPRELEASE_RETRY__WAIT_MAX_S", "nan"),
        ("MPRELEASE_RETRY__WAIT_MAX_S", "inf"),
        ("MPRELEASE_WECHAT__READ_TIMEOUT_S", "-1"),
        ("MPRELEASE_DOMAINS__TCPDOMAIN", '["tcp://a.cn"'),
        ("MPRELEASE_DOMAINS__TCPDOMAIN", '["tcp://a.cn", 1]'),
    ],
)
def test_a_bad_value_is_an_error_that_names_the_variable(
    variable: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, text)

    assert [problem.partition(":")[0] for problem in problems()] == [variable]


@pytest.mark.parametrize(
    "url", [f"http://:{SECRET}@h", f":{SECRET}@h", f"{SECRET}", f"REDIS://:{SECRET}@h", f"redis:/{SECRET}@h"]
)
def test_a_bad_redis_url_is_an_error_without_its_password(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_REDIS__URL", url)

    assert any("redis://, rediss:// or sentinel://" in problem for problem in problems())


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("MPRELEASE_REDIS__NOPE", "1"),
        ("MPRELEASE_WORKER__CONCURRENCY", "many"),
        ("MPRELEASE_WORKER__VISIBILITY_TIMEOUT_S", "never"),
    ],
)
def test_an_error_beside_secrets_does_not_tell_them(
    variable: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPRELEASE_REDIS__URL", f"redis://:{SECRET}@h")
    monkeypatch.setenv("MPRELEASE_REDIS__SENTINEL_PASSWORD", SECRET)
    monkeypatch.setenv("MPRELEASE_PLATFORM__APPSECRET", SECRET)
    monkeypatch.setenv(variable, text)

    assert problems()


def test_settings_printed_do_not_tell_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_REDIS__URL", f"redis://:{SECRET}@h")
    monkeypatch.setenv("MPRELEASE_REDIS__SENTINEL_PASSWORD", SECRET)
    monkeypatch.setenv("MPRELEASE_PLATFORM__APPSECRET", SECRET)

    assert SECRET not in repr(load_settings())
    assert SECRET not in load_settings().model_dump_json()


def test_a_secret_file_that_is_no_text_is_an_error_without_its_content(secrets: Path) -> None:
    (secrets / "MPRELEASE_PLATFORM__APPSECRET").write_bytes(SECRET.encode() + b"\xff")

    assert "is no text in UTF-8" in problems()[0]


def test_sentinel_needs_the_name_of_the_master(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_REDIS__URL", f"sentinel://:{SECRET}@h")

    assert "needs MPRELEASE_REDIS__MASTER_NAME" in problems()[0]


def test_several_sentinels_are_several_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_REDIS__URL", "sentinel://a:26379;sentinel://b:26379")
    monkeypatch.setenv("MPRELEASE_REDIS__MASTER_NAME", "mymaster")

    assert load_settings().redis.urls == ["sentinel://a:26379", "sentinel://b:26379"]


def test_a_bad_redis_url_is_told_under_the_name_of_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_REDIS__URL", "http://h")

    assert problems()[0].startswith("MPRELEASE_REDIS__URL: ")


def test_a_bad_api_url_is_told_under_the_name_of_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_WECHAT__API_URL", "ftp://h")

    assert problems()[0].startswith("MPRELEASE_WECHAT__API_URL: ")


@pytest.mark.parametrize("url", ["redis://:hun/ter2@h:6379/0", "redis://h:port/0", "redis://h/zero"])
def test_a_redis_url_that_no_client_can_read_is_refused_at_the_start(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPRELEASE_REDIS__URL", url)

    assert "ter2" not in problems()[0]


def test_an_empty_secrets_dir_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some.pyc").write_bytes(b"\xff")
    monkeypatch.setenv("MPRELEASE_SECRETS_DIR", "")

    assert load_settings() == Settings()


def test_somebody_elses_secret_need_not_be_text(secrets: Path) -> None:
    (secrets / "keystore.p12").write_bytes(b"\xff")

    assert load_settings() == Settings()


def test_a_list_nested_too_deeply_is_an_error_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MPRELEASE_DOMAINS__TCPDOMAIN", "[" * 100_000)

    assert problems()[0].startswith("MPRELEASE_DOMAINS__TCPDOMAIN: must be a JSON array")


def test_a_secrets_dir_that_is_not_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_SECRETS_DIR", str(tmp_path / "secretz"))

    assert problems() == [f"MPRELEASE_SECRETS_DIR: {tmp_path / 'secretz'} is no directory here"]


def test_a_secrets_dir_in_the_home_of_nobody_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_SECRETS_DIR", "~nobody-of-that-name/secrets")

    assert problems() == [
        "a file of settings in . or ~nobody-of-that-name/secrets can't be read (RuntimeError)"
    ]


@pytest.mark.parametrize(
    ("redis", "number"),
    [
        ({}, 0),
        ({"replicas": 2}, 2),
        ({"url": "sentinel://a", "master_name": "m"}, 1),
        ({"url": "sentinel://a", "master_name": "m", "replicas": 2}, 2),
    ],
)
def test_behind_sentinel_at_least_one_replica_confirms(redis: dict[str, Any], number: int) -> None:
    assert RedisSettings.model_validate(redis).replicas_to_confirm == number
