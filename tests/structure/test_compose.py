import re
from typing import Any

import pytest

from config.loading import variable_names
from config.settings import WorkerSettings
from tests.structure.files import ROOT, VARIABLE, compose, services, text

OF_OURS = sorted(name for name, service in services().items() if service["image"] == "mprelease")
each_service = pytest.mark.parametrize("name", sorted(services()))


def test_the_services_are_those_of_the_house() -> None:
    assert OF_OURS == ["flower", "metrics", "receiver", "simulator", "web", "worker"]
    assert sorted({*services()} - {*OF_OURS}) == ["grafana", "prometheus", "redis"]


def test_our_image_is_built_once() -> None:
    assert [name for name, service in services().items() if "build" in service] == ["worker"]


def test_what_is_typed_into_a_service_needs_no_worker_that_runs() -> None:
    typed = re.findall(
        r"docker compose [^`\n]*?mprelease (?:doctor|ticket|authorize)", text("docker-compose.yml")
    )
    assert len(typed) == 3
    assert all(line.startswith("docker compose run --rm ") for line in typed)
    for page in (
        "README.md",
        "README.zh-CN.md",
        ".env.example",
        *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")),
    ):
        assert "compose exec worker" not in text(page), page


@each_service
def test_an_image_that_is_not_ours_has_its_version(name: str) -> None:
    if name not in OF_OURS:
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+[\w.-]*", services()[name]["image"])


@each_service
def test_a_service_says_whether_it_is_well_and_comes_back_by_itself(name: str) -> None:
    service = services()[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries", "start_period"} <= service["healthcheck"].keys()


@each_service
def test_a_service_can_do_no_more_than_it_must(name: str) -> None:
    service = services()[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@each_service
def test_a_service_publishes_at_most_on_loopback(name: str) -> None:
    service = services()[name]
    assert "network_mode" not in service
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_only_who_calls_wechat_or_shows_something_reaches_beyond_the_inside() -> None:
    assert compose()["networks"]["inside"] == {"internal": True}
    beyond = {name for name, service in services().items() if service["networks"] != ["inside"]}
    showing = {name for name, service in services().items() if "ports" in service}
    assert showing == {"flower", "grafana", "metrics", "prometheus", "receiver", "web"}
    assert beyond == {"worker", *showing}


def test_the_simulator_and_the_api_run_only_when_asked_for() -> None:
    found = {name: service["profiles"] for name, service in services().items() if "profiles" in service}
    assert found == {"simulator": ["simulator"], "web": ["web"]}


def test_what_strangers_can_send_to_is_bounded() -> None:
    for name in ("web", "receiver"):
        assert {"mem_limit", "pids_limit"} <= services()[name].keys()


@pytest.mark.parametrize("name", ["flower", "metrics", "receiver", "web", "worker"])
def test_what_needs_redis_waits_until_it_is_well(name: str) -> None:
    assert services()[name]["depends_on"] == {"redis": {"condition": "service_healthy"}}


def test_a_step_that_has_begun_is_let_finish() -> None:
    grace_s = int(services()["worker"]["stop_grace_period"].removesuffix("s"))
    assert grace_s > WorkerSettings().step_deadline_s


def test_secrets_are_files_that_git_and_the_image_never_see() -> None:
    declared = compose()["secrets"]
    assert {name: secret["file"] for name, secret in declared.items()} == {
        name: f"./secrets/{name}" for name in declared
    }
    assert "/secrets/" in text(".gitignore").split()


def test_the_secrets_in_use_are_the_declared_ones() -> None:
    used = {name for service in services().values() for name in service.get("secrets", [])}
    assert used == set(compose()["secrets"])


def test_a_secret_named_like_ours_is_a_setting() -> None:
    ours = [name.upper() for name in compose()["secrets"] if name.upper().startswith("MPRELEASE_")]
    assert ours
    assert set(ours) <= set(variable_names())


def test_nobody_gets_a_secret_without_need() -> None:
    holders = {name: service.get("secrets", []) for name, service in services().items()}
    assert holders == {
        "redis": ["redis_password"],
        "worker": [
            "mprelease_redis__url",
            "mprelease_redis__encryption_keys",
            "mprelease_platform__appsecret",
        ],
        "flower": ["mprelease_redis__url", "flower_login"],
        "metrics": ["mprelease_redis__url"],
        "web": ["mprelease_redis__url", "mprelease_web__password"],
        "receiver": [
            "mprelease_redis__url",
            "mprelease_redis__encryption_keys",
            "mprelease_platform__push_token",
            "mprelease_platform__push_keys",
        ],
        "prometheus": [],
        "grafana": ["grafana_password"],
        "simulator": [],
    }


def test_variables_named_like_ours_are_settings() -> None:
    assert set(VARIABLE.findall(text("docker-compose.yml"))) <= set(variable_names())


def test_the_volumes_in_use_are_the_declared_ones() -> None:
    mounted = {mount for service in services().values() for mount in service.get("volumes", [])}
    ours = {mount for mount in mounted if mount.startswith("./")}
    assert mounted - ours == {
        "redis-data:/data",
        "flower-state:/var/lib/flower",
        "prometheus-data:/prometheus",
        "grafana-data:/var/lib/grafana",
    }
    assert sorted(compose()["volumes"]) == sorted(mount.partition(":")[0] for mount in mounted - ours)
    assert all((ROOT / mount.partition(":")[0]).exists() and mount.endswith(":ro") for mount in ours)


def test_flower_writes_its_state_to_its_volume() -> None:
    service: dict[str, Any] = services()["flower"]
    assert service["environment"]["FLOWER_DB"].startswith("/var/lib/flower/")


def test_what_reads_the_settings_reads_the_same_ones() -> None:
    files = {
        name: services()[name]["env_file"] for name in ("flower", "metrics", "receiver", "web", "worker")
    }
    assert all(named == [".env"] for named in files.values())
