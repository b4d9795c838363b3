"""What the services run is there."""

import shlex
import subprocess
import sys
from importlib.metadata import entry_points
from typing import Any

import pytest
import typer.main
from celery.bin.celery import celery as celery_command

from cli import app
from config.celery_options import QUEUES
from tests.simulator.process import running
from tests.structure.files import ROOT, asks, services, text, unescaped

CELERY_OPTIONS_OF_OURS = ["-A", "worker"]


def command(name: str) -> list[str]:
    return [unescaped(word) for word in services()[name]["command"]]


def celery_commands() -> set[str]:
    return {*celery_command.commands, *(plugin.name for plugin in entry_points(group="celery.commands"))}


@pytest.mark.parametrize("name", ["flower", "metrics", "receiver", "web", "worker"])
def test_the_program_is_a_console_script_that_is_installed(name: str) -> None:
    assert command(name)[0] in {script.name for script in entry_points(group="console_scripts")}


def test_the_worker_is_a_command_of_ours() -> None:
    program, subcommand = command("worker")
    commands: dict[str, Any] = getattr(typer.main.get_command(app), "commands", {})
    assert program == "mprelease"
    assert subcommand in commands


@pytest.mark.parametrize("name", ["metrics", "receiver", "web"])
def test_what_listens_is_a_command_of_ours_with_options_that_it_knows(name: str) -> None:
    program, subcommand, *options = command(name)
    commands: dict[str, Any] = getattr(typer.main.get_command(app), "commands", {})
    assert program == "mprelease"
    assert set(options[::2]) <= {
        name for option in commands[subcommand].real().params for name in option.opts
    }


def test_flower_is_a_command_of_celery_with_options_that_it_knows() -> None:
    flower_options = pytest.importorskip("flower.options", reason="Flower is not installed").options
    program, *rest = command("flower")
    assert program == "celery"
    assert rest[:2] == CELERY_OPTIONS_OF_OURS
    assert rest[2] == "flower"
    assert "flower" in celery_commands()
    for option in rest[3:]:
        assert option.removeprefix("--").partition("=")[0] in flower_options


def test_flowers_options_are_in_the_house_and_where_the_image_has_them() -> None:
    conf = next(word for word in command("flower") if word.startswith("--conf=")).removeprefix("--conf=")
    assert (ROOT / conf).is_file()
    lines = text("Dockerfile").splitlines()
    assert lines.index("WORKDIR /app") < lines.index(f"COPY {conf} {conf}")


def test_the_simulator_takes_its_options() -> None:
    program, *options = command("simulator")
    assert program == "python"
    described = subprocess.run(
        [sys.executable, *options, "--describe"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert ":8155" in described.stdout


def test_the_simulator_is_well_when_its_health_check_says_so() -> None:
    with running() as (_, url):
        check = asks("simulator", port=int(url.rpartition(":")[2]))
        assert subprocess.run(check, timeout=30, check=False).returncode == 0
    assert subprocess.run(check, timeout=30, check=False, stderr=subprocess.DEVNULL).returncode != 0


def test_the_worker_is_asked_by_a_command_of_celery() -> None:
    kind, line = services()["worker"]["healthcheck"]["test"]
    program, *words = shlex.split(unescaped(line))
    assert kind == "CMD-SHELL"
    assert program == "celery"
    assert words[:2] == CELERY_OPTIONS_OF_OURS
    assert words[2] in celery_commands()
    assert words[-2:] == ["celery@$HOSTNAME", "ping"]


def test_every_queue_has_a_consumer() -> None:
    queues = set(QUEUES)
    assert queues
    # A worker that is told no queues takes them all.
    assert not {"-Q", "--queues", "-X", "--exclude-queues"} & set(command("worker"))
