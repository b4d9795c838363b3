"""Prometheus and Grafana as the compose file runs them: what they read is where they look."""

from pathlib import PurePosixPath
from typing import Any

import yaml

from tests.structure.files import ROOT, services, text


def mounts(name: str) -> dict[str, PurePosixPath]:
    """Our files in a service, by their place in the house."""
    found = (mount.split(":") for mount in services()[name]["volumes"] if mount.startswith("./"))
    return {ours.removeprefix("./"): PurePosixPath(there) for ours, there, _ in found}


def read(name: str) -> Any:
    return yaml.safe_load(text(name))


def port(name: str) -> str:
    """The port that a service listens on, inside."""
    return str(services()[name]["ports"][0].rpartition(":")[2])


def test_prometheus_reads_its_configuration_and_the_alerts() -> None:
    there = mounts("prometheus")["config/prometheus"]
    assert f"--config.file={there}/prometheus.yml" in services()["prometheus"]["command"]
    for name in read("config/prometheus/prometheus.yml")["rule_files"]:
        assert (ROOT / "config/prometheus" / name).is_file()


def test_prometheus_keeps_what_it_reads_on_its_volume() -> None:
    assert "--storage.tsdb.path=/prometheus" in services()["prometheus"]["command"]
    assert "prometheus-data:/prometheus" in services()["prometheus"]["volumes"]


def test_prometheus_asks_the_services_where_they_listen() -> None:
    jobs = read("config/prometheus/prometheus.yml")["scrape_configs"]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs}
    assert targets == {"mprelease": [f"metrics:{port('metrics')}"], "flower": [f"flower:{port('flower')}"]}
    assert str(services()["metrics"]["command"][-1]) == port("metrics")
    assert f"--port={port('flower')}" in services()["flower"]["command"]


def test_grafana_asks_the_prometheus_of_the_compose_file() -> None:
    (source,) = read("config/grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert source["url"] == f"http://prometheus:{port('prometheus')}"
    assert mounts("grafana")["config/grafana/provisioning"] == PurePosixPath("/etc/grafana/provisioning")


def test_grafana_finds_the_board_and_opens_with_it() -> None:
    (provider,) = read("config/grafana/provisioning/dashboards/mprelease.yml")["providers"]
    board = mounts("grafana")["config/grafana/dashboard.json"]
    assert str(board.parent) == provider["options"]["path"]
    assert services()["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == str(board)


def test_grafanas_password_is_a_secret_file() -> None:
    environment = services()["grafana"]["environment"]
    assert environment["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/grafana_password"
    assert services()["grafana"]["secrets"] == ["grafana_password"]
    assert "GF_SECURITY_ADMIN_PASSWORD" not in environment
