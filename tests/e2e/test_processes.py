"""Our processes as processes: both ways to start a worker, each pool, the demo, and what they leave behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import DomainSettings
from tests.support.celery_clients import celery_client
from tests.support.workers import ROOT, Platform, wait_for

CELERY = [sys.executable, "-m", "celery", "-A", "worker", "worker", "--loglevel", "info"]


@pytest.mark.parametrize(
    ("command", "pool"),
    [
        pytest.param(CELERY, "threads", id="celery"),
        pytest.param((), "prefork", id="prefork", marks=pytest.mark.long),
        pytest.param((), "solo", id="solo", marks=pytest.mark.long),
    ],
)
def test_the_chain_runs_however_the_worker_is_started(
    own_platform: Platform, command: list[str], pool: str
) -> None:
    appids = [own_platform.mini_program() for _ in range(3)]
    settings = {"MPRELEASE_WORKER__POOL": pool, "MPRELEASE_WORKER__CONCURRENCY": "2"}
    with own_platform.worker(command=command, **settings) as worker:
        ended = own_platform.enqueue(*map(own_platform.request, appids))
        assert {release["status"] for release in ended} == {"submitted"}
        # It listens to remote control, and not to other workers' events.
        with own_platform.redis() as client:
            assert client.pubsub_numpat() == 1
        worker.process.terminate()
        assert worker.process.wait(60) == 0


@pytest.mark.long
def test_a_pool_that_is_named_counts_whatever_is_set(own_platform: Platform) -> None:
    def pools() -> list[str]:
        stats = asking.control.inspect(timeout=1).stats() or {}
        return [worker["pool"]["implementation"] for worker in stats.values()]

    with (
        own_platform.worker("--pool", "prefork", MPRELEASE_WORKER__POOL="threads"),
        celery_client(own_platform.redis_url) as asking,
    ):
        assert wait_for(pools) == ["celery.concurrency.prefork:TaskPool"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--bogus"], "No such option"),
        # It would start a worker of no app.
        pytest.param(["--detach"], "No such option", marks=pytest.mark.long),
        # It would end a step in its middle, which looks like a bug.
        pytest.param(["--soft-time-limit", "3"], "No such option", marks=pytest.mark.long),
        (["-Q", "nosuch"], "queue 'nosuch' isn't"),
        pytest.param(["--logfile", "/nonexistent/log"], "/nonexistent/log", marks=pytest.mark.long),
        pytest.param(["--logfile", "/"], "Is a directory", marks=pytest.mark.long),
        pytest.param(["--logfile", "log-%x"], "--logfile: ", marks=pytest.mark.long),
        pytest.param(["-P", "gevent"], "--pool", marks=pytest.mark.long),
        pytest.param(["-c", "0"], "--concurrency", marks=pytest.mark.long),
    ],
)
def test_an_option_that_can_not_be_followed_is_a_usage_error(
    platform: Platform, options: list[str], said: str
) -> None:
    told = platform.run("worker", *options, code=2).stderr
    assert said in told
    assert "Traceback" not in told


def test_a_bad_setting_ends_the_worker_with_a_message(own_platform: Platform) -> None:
    refused = own_platform.run("worker", code=2, MPRELEASE_DOMAINS__REQUESTDOMAIN="http://api.example.com")
    assert "MPRELEASE_DOMAINS__REQUESTDOMAIN" in refused.stderr


@pytest.mark.long
def test_settings_that_do_nothing_any_more_are_told(own_platform: Platform) -> None:
    before = {"MPRELEASE_WORKER__VISIBILITY_TIMEOUT_S": "20", "MPRELEASE_WORKER__SWEEP_S": "5"}
    with own_platform.worker(**before) as worker:
        doctor = own_platform.run("doctor", code=0, **before).stdout.splitlines()
        quiet = own_platform.run("doctor").stdout
    for variable in before:
        said = f"{variable} does nothing any more: "
        assert worker.text().count(said) == 1
        assert [line.split()[0] for line in doctor if said in line] == ["warn"]
        assert variable not in quiet


@pytest.mark.long
def test_a_worker_without_any_domain_says_so_once(own_platform: Platform) -> None:
    none = {f"MPRELEASE_DOMAINS__{name.upper()}": "" for name in DomainSettings.model_fields}
    with own_platform.worker(**none) as worker:
        doctor = own_platform.run("doctor", code=1, **none).stdout.splitlines()
    assert worker.text().count("no server domain is set") == 1
    assert [line.split()[0] for line in doctor if "MPRELEASE_DOMAINS__REQUESTDOMAIN" in line] == ["fail"]


@pytest.fixture
def demo(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> "subprocess.Popen[str]":
    """In a folder whose files have the names of our packages: theirs are not to be taken for ours."""
    here = tmp_path_factory.mktemp("here")
    for name in ("cli", "web", "db", "tasks", "worker", "config", "releases", "wechat", "simulator"):
        (here / f"{name}.py").write_text(f"raise SystemExit('{name}.py of the current directory was run')")
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("mprelease")), "demo"],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TEST_MARKER": str(os.getpid()), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_a_worker_without_the_platforms_credentials_does_not_start(own_platform: Platform) -> None:
    refused = own_platform.run("worker", code=2, MPRELEASE_PLATFORM__APPSECRET="")
    assert "MPRELEASE_PLATFORM__APPSECRET is not set" in refused.stderr
    environment = {**own_platform.environment, "MPRELEASE_PLATFORM__APPID": ""}
    started = subprocess.run(
        CELERY,
        env=environment,
        cwd=own_platform.directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert started.returncode != 0
    assert "MPRELEASE_PLATFORM__APPID is not set" in started.stderr


def test_a_worker_does_not_start_with_cas_that_can_not_be_read(platform: Platform) -> None:
    names = {"MPRELEASE_WECHAT__API_URL": "https://wechat.invalid", "REQUESTS_CA_BUNDLE": "missing.pem"}
    refused = platform.run("worker", code=2, **names)
    assert "REQUESTS_CA_BUNDLE names missing.pem, which can't be used" in refused.stderr


def running() -> set[int]:
    """The processes that the demo started, found by the mark in their environment."""
    marker = f"TEST_MARKER={os.getpid()}".encode()
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and marker in (entry / "environ").read_bytes().split(b"\0"):
                found.add(int(entry.name))
        except OSError:
            continue  # it ended meanwhile, or is not ours to read
    return found


@pytest.mark.long
def test_the_demo_shows_what_it_promises_and_leaves_nothing_behind(
    demo: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    said, _ = demo.communicate(timeout=110)
    assert demo.returncode == 0, said
    for promised in ("blocked: https://pay.example.com", "remedy:  Register", "waiting", "audit 100000000"):
        assert promised in said
    assert said.count("  live  ") == 4
    assert running() == set()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_interrupted_leaves_no_child_process(
    demo: "subprocess.Popen[str]", tmp_path: Path, how: signal.Signals
) -> None:
    assert demo.stdout is not None
    with demo.stdout as output:
        wait_for(lambda: "enqueueing" in output.readline())
        children = running()
        assert len(children) > 3
        os.killpg(demo.pid, how)
        demo.wait(60)
    wait_for(lambda: running() == set())
    assert list(tmp_path.iterdir()) == []
