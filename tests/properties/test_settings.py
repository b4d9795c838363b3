"""Settings: any text under any name, from wherever it may come, makes a worker that can start or names the variable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from celery import Celery
from hypothesis import example, given
from hypothesis import strategies as st

from config.celery_options import celery_options
from config.loading import SettingsError, load_settings, variable_names
from config.settings import Settings
from db.database import Database
from tests.properties.cases import Cases
from tests.unit.config.test_settings import VALUES
from worker.redis_client import connect
from worker.wiring import wanted_domains, wechat_of

NAMES = tuple(variable_names())
#: Marks what may never be shown; it is put into every value of these.
SECRET = "hunter2"
_SECRET_NAMES = (
    "MPRELEASE_REDIS__URL",
    "MPRELEASE_REDIS__SENTINEL_PASSWORD",
    "MPRELEASE_PLATFORM__APPSECRET",
    "MPRELEASE_WEBHOOK__URL",
    "MPRELEASE_WEBHOOK__SECRET",
)
_ODD_VALUES = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1",
        "nan",
        "inf",
        "1e999",
        "1_0",
        "9" * 5000,
        "true",
        "null",
        "[]",
        "{}",
        '["", 1]',
    ),
    *(
        "[" * 100_000,
        '{"a":' * 50_000,
        "[1",
        "\ufeff",
        "\udc80",
        "https://[",
        "http://[::1",
        "http://h:99999",
    ),
    *(
        "http://u:hunter2@h:x",
        "http://h/%zz",
        "redis://",
        "redis://:hunter2@h:0",
        "redis://h:6379/x",
        "redis://h/٣",
    ),
    *("redis://:hunter2@h/0?db=x", "redis://:hunter2@h/0?socket_timeout=soon", "redis://h/0?nonsense=1"),
    *(
        "rediss://h/0?ssl_cert_reqs=maybe",
        "rediss://:hunter2@h?ssl_cert_reqs=none",
        "redis://h/99999999999999999999",
    ),
    *(
        "sentinel://a:hunter2@h;sentinel://",
        "sentinel://h:1/0;redis://x",
        "redis://h;redis://i",
        "redis://h:/0",
    ),
    *("redis://:%zz@h", "redis://hunter2@h/0#x", "redis://h?virtual_host=x", "sentinel://:hunter2@h/0?db=1"),
)


@st.composite
def _torn(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """A text with a few characters of it changed, cut out or put in."""
    text = draw(texts)
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(_any_text) + text[at + draw(st.integers(0, 3)) :]


_any_text = st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=12)
_right_values = st.sampled_from([value for value, _ in VALUES.values()])
_values = _right_values | _torn(_right_values) | st.sampled_from(_ODD_VALUES) | _any_text
_URLS = ("redis://:hunter2@h:6379/0?protocol=2", "sentinel://:hunter2@a:1/0;sentinel://:hunter2@b:2/0")
_urls = st.sampled_from(_URLS) | _torn(st.sampled_from(_URLS))
_names = st.sampled_from(NAMES)
_misspelt = _torn(_names).filter(lambda name: not set(name) & set("=\x00/"))


def _named(names: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(names.filter(bool), _values, max_size=4)


def _together(known: dict[str, str], misspelt: dict[str, str], url: str | None) -> dict[str, str]:
    """Only what is secret holds the mark of the secret: an error may quote a domain."""
    values = {**known, **misspelt, **({} if url is None else {_SECRET_NAMES[0]: url})}
    return {
        name: value if name in _SECRET_NAMES else value.replace(SECRET, "shown")
        for name, value in values.items()
    }


_set = st.builds(_together, _named(_names), _named(_misspelt) | st.just({}), st.none() | _urls)

#: Puts settings where `load_settings` looks for them; the directory is empty, and the one to run in.
Place = Callable[[pytest.MonkeyPatch, Path, dict[str, str]], None]


def in_environment(patch: pytest.MonkeyPatch, _: Path, values: dict[str, str]) -> None:
    for name, value in values.items():
        patch.setenv(name, value)


def in_dot_env(_: pytest.MonkeyPatch, directory: Path, values: dict[str, str]) -> None:
    lines = [f"{name}={value}" for name, value in values.items()]
    (directory / ".env").write_text("\n".join(lines), errors="surrogateescape")


def in_quoted_dot_env(_: pytest.MonkeyPatch, directory: Path, values: dict[str, str]) -> None:
    lines = [f"export {name}='{value}'" for name, value in values.items()]
    (directory / ".env").write_text("\r\n".join(lines), encoding="utf-8-sig", errors="surrogateescape")


def in_secret_files(_: pytest.MonkeyPatch, directory: Path, values: dict[str, str]) -> None:
    for name, value in values.items():
        if name not in {".", ".."}:
            (directory / "secrets" / name).write_text(value, errors="surrogateescape")


def held_against_the_promise(cases: Cases) -> None:
    """What is set now gives a worker all it is built from, or an error that names the variable and shows no secret."""
    try:
        can_start(load_settings())
    except SettingsError as refused:
        assert refused.problems
        for problem in refused.problems:
            assert "MPRELEASE_" in problem.upper() or "file of settings" in problem, problem
            assert SECRET not in problem
        assert SECRET not in repr(refused)
        assert refused.__cause__ is None
    cases.add()


def can_start(settings: Settings) -> None:
    """Build everything that is built from the settings, as a worker does, and connect to nothing."""
    wanted_domains(settings.domains)
    app = Celery(set_as_current=False, config_source=celery_options(settings))
    with app.connection_for_read() as connection:
        assert connection.transport_cls
    with connect(settings.redis, 1) as client:
        client.connection_pool.make_connection()
        wechat_of(settings, Database(client))
    assert SECRET not in repr(settings)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings")


def emptied(directory: Path) -> Path:
    (directory / ".env").unlink(missing_ok=True)
    (directory / "secrets").mkdir(exist_ok=True)
    for file in (directory / "secrets").iterdir():
        file.unlink()
    return directory


@given(place=st.sampled_from((in_environment, in_dot_env, in_quoted_dot_env, in_secret_files)), values=_set)
def test_any_settings_make_a_worker_or_an_error_that_names_the_variable(
    cases: Cases, directory: Path, place: Place, values: dict[str, str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(emptied(directory))
        patch.setenv("MPRELEASE_SECRETS_DIR", str(directory / "secrets"))
        try:
            place(patch, directory, values)
        except (OSError, ValueError):
            return  # this system takes no such name
        held_against_the_promise(cases)


@given(dot_env=st.binary() | st.text().map(str.encode), secret=st.binary())
@example(dot_env=b"MPRELEASE_REDIS__URL=${MPRELEASE_REDIS__URL}", secret=b"")
def test_any_bytes_in_the_files_of_settings_make_a_worker_or_an_error(
    cases: Cases, directory: Path, dot_env: bytes, secret: bytes
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(emptied(directory))
        patch.setenv("MPRELEASE_SECRETS_DIR", str(directory / "secrets"))
        (directory / ".env").write_bytes(dot_env)
        (directory / "secrets" / _SECRET_NAMES[-1]).write_bytes(secret)
        held_against_the_promise(cases)


@given(
    name=_any_text
    | st.sampled_from(("x" * 300, "x" * 5000, "/proc/self/mem", "/dev/null", "/", "\udcff", "~"))
)
def test_any_directory_of_secret_files_is_read_passed_over_or_refused(
    cases: Cases, directory: Path, name: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(emptied(directory))
        patch.setenv("MPRELEASE_SECRETS_DIR", name)
        held_against_the_promise(cases)
