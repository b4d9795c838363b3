import json
import signal
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from tests.simulator.client import Client, until
from tests.simulator.process import COMMAND, FIRST_LINE, ROOT, STOP_S, running


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_quietly_though_a_client_is_waiting(number: signal.Signals) -> None:
    with running() as (process, url):
        client = Client(url)
        with client.session:
            client.fault("delay_before", seconds=60)
            waiting = threading.Thread(target=_ask_in_vain, args=(url,))
            waiting.start()
            until(lambda: client.calls("queryquota"))
            process.send_signal(number)
            assert process.wait(STOP_S) == 0
            waiting.join(STOP_S)
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read() == ""
        assert process.stderr.read() == ""


def test_a_client_that_goes_away_is_no_reason_for_a_traceback() -> None:
    half = b"POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"
    with running() as (process, url):
        client = Client(url)
        with client.session:
            # Given clients that go before their request is whole, and one before the answer is
            for path in (b"wxa/commit", b"_sim/faults"):
                _go_away(url, half % path)
            client.fault("oversized", endpoint="queryquota", size=50_000_000)
            _go_away(url, b"GET /wxa/queryquota HTTP/1.1\r\nHost: x\r\n\r\n", read=1)
            # When the simulator has come to what was sent later
            client.sim("GET", "state")
        process.terminate()
        assert process.wait(STOP_S) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def _go_away(url: str, request: bytes, *, read: int = 0) -> None:
    """Send a request, read a little of the answer, and reset the connection."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), STOP_S) as client:
        client.sendall(request)
        client.recv(read)
        # With the first bytes of a request the simulator begins to wait for the rest.
        requests.get(f"{url}/_sim/state", timeout=STOP_S)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_it_ends_with_its_parent_when_told_to() -> None:
    # Given a parent that starts the simulator and then waits for its own end
    starts = [*COMMAND, "--die-with-parent"]
    code = f"import subprocess, sys; subprocess.Popen({starts!r}); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline().startswith(FIRST_LINE)
        # When the parent is killed
        parent.kill()
        # Then its pipe, which the simulator has inherited, comes to an end
        assert parent.stdout.read() == ""


def test_it_listens_on_the_loopback_only_and_on_the_port_asked_for() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with running("--port", str(port)) as (_, url):
        assert url == f"http://127.0.0.1:{port}"


def test_a_world_file_takes_the_place_of_the_little_world(tmp_path: Path) -> None:
    world = tmp_path / "world.json"
    world.write_text(json.dumps({"platform": {"templates": [9]}, "miniprograms": [{"appid": "wx1"}]}))
    with running("--world", str(world), "--scan-s", "7", "--latency-ms", "1", "--token-ttl-s", "60") as (
        _,
        url,
    ):
        state = requests.get(f"{url}/_sim/state", timeout=STOP_S).json()
    assert list(state["miniprograms"]) == ["wx1"]
    platform = state["platform"]
    assert (platform["templates"], platform["scan_s"], platform["latency_ms"]) == ([9], 7, 1)
    assert platform["token_ttl_s"] == 60


def test_an_empty_world_has_the_platform_and_nothing_else() -> None:
    with running("--empty") as (_, url):
        client = Client(url)
        with client.session:
            state = client.sim("GET", "state")
            assert client.component_token()
    assert state["miniprograms"] == {}
    assert state["platform"]["published"] == []


@pytest.mark.parametrize("text", ["no json", '{"platform": {"colour": "red"}}'])
def test_a_broken_world_file_is_refused_at_once(tmp_path: Path, text: str) -> None:
    world = tmp_path / "world.json"
    world.write_text(text)
    done = _once("--world", str(world))
    assert done.returncode == 2
    assert done.stdout == ""


def test_a_taken_port_is_said_without_a_traceback() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = _once("--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


def test_describe_prints_what_a_shell_and_the_authorize_command_can_read() -> None:
    lines = _once("--describe", "--port", "8800").stdout.splitlines()
    assert "export MPRELEASE_WECHAT__API_URL=http://127.0.0.1:8800" in lines
    minis = [json.loads(line.removeprefix("# ")) for line in lines if line.startswith("# {")]
    assert minis[0] == {"appid": "wx00000000000000b1", "refresh_token": "refreshtoken@@@simulated-b1"}
    assert all(line.startswith(("export MPRELEASE_", "# ")) for line in lines)


def _once(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *options], cwd=ROOT, text=True, capture_output=True, check=False, timeout=STOP_S
    )


def _ask_in_vain(url: str) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/wxa/queryquota", timeout=STOP_S)
