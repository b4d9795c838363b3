"""The exporter and Flower's own metrics, as Prometheus asks them; and what dashboard and alerts make of them."""

import json
import re
from collections import Counter

import pytest
import requests

from cli.demo.redis import free_port
from tests.e2e.watched import Watched, exporter
from tests.structure.files import text
from tests.support.promql import Sample, alert_queries, board_queries, problems, rules, samples
from tests.support.workers import ROOT, Platform, wait_for

pytest.importorskip("flower", reason="Flower is not installed: it is the extra `flower`")

CALLS = "mprelease_wechat_calls_total"


@pytest.fixture(scope="module")
def told(watched_platform: Watched) -> list[Sample]:
    """What the exporter tells when it has been told and has asked."""
    needed = {CALLS, "mprelease_audit_quota_left", "mprelease_workers"}

    def complete() -> list[Sample] | None:
        found = watched_platform.metrics()
        # A command counts its calls when it ends, the worker does some seconds later.
        called = {one.labels["endpoint"].rpartition("/")[2] for one in found if one.name == CALLS}
        are_told = needed <= {one.name for one in found}
        return found if are_told and {"submit_audit", "get_latest_auditstatus"} <= called else None

    return wait_for(complete, patience_s=20)


def value(told: list[Sample], name: str, **labels: str) -> float:
    """The only sample of that name that has these labels."""
    (found,) = [one.value for one in told if one.name == name and labels.items() <= one.labels.items()]
    return found


def test_it_tells_how_the_releases_stand(told: list[Sample]) -> None:
    statuses = {one.labels["status"]: one.value for one in told if one.name == "mprelease_releases"}
    assert statuses == {
        "queued": 0,
        "running": 0,
        "waiting": 1,
        "blocked": 1,
        "failed": 0,
        "cancelled": 0,
        "submitted": 2,
        **dict.fromkeys(("rejected", "approved", "live", "replaced", "reverted"), 0),
    }
    assert value(told, "mprelease_releases_stopped", status="blocked", errcode="85018") == 1
    assert value(told, "mprelease_releases_parked") == 1
    assert value(told, "mprelease_publications", step="verify_live", status="blocked") == 0
    assert 0 < value(told, "mprelease_releases_oldest_seconds", status="submitted") < 600
    assert value(told, "mprelease_looks_late_seconds") == value(told, "mprelease_releases_behind") == 0
    assert value(told, "mprelease_platform_paused", scope="all") == 0
    assert value(told, "mprelease_waves_braked") == value(told, "mprelease_releases_held", scope="brake") == 0
    assert value(told, "mprelease_queue_messages", queue="releases") == 0
    assert value(told, "mprelease_messages_set_aside") == 0
    assert value(told, "mprelease_redis_up") == 1
    assert value(told, "mprelease_workers") == 1


def test_it_tells_the_audit_quota_that_is_left(told: list[Sample], watched_platform: Watched) -> None:
    limit = watched_platform.platform.sim("GET", "state")["platform"]["audit_quota"]
    assert value(told, "mprelease_audit_quota_limit") == limit
    assert limit - 2 <= value(told, "mprelease_audit_quota_left") <= limit


def test_it_tells_every_call_that_wechat_got(watched_platform: Watched) -> None:
    def got() -> Counter[str]:
        calls = watched_platform.platform.sim("GET", "calls")["calls"]
        return Counter(call["endpoint"].rpartition("/")[2] for call in calls)

    def counted(name: str) -> Counter[str]:
        calls: Counter[str] = Counter()
        for one in watched_platform.metrics():
            if one.name == name:
                calls[one.labels["endpoint"].rpartition("/")[2]] += int(one.value)
        return calls

    wait_for(lambda: got() == counted(CALLS) == counted("mprelease_wechat_call_seconds_count"), patience_s=15)
    assert got()["commit"] > 3


def test_what_the_board_asks_for_is_told(told: list[Sample], watched_platform: Watched) -> None:
    told = told + watched_platform.flower_metrics()
    assert [problem for query in board_queries() for problem in problems(query, told)] == []


def test_what_the_alerts_ask_for_is_told(told: list[Sample], watched_platform: Watched) -> None:
    told = told + watched_platform.flower_metrics()
    assert [problem for query in alert_queries() for problem in problems(query, told)] == []


def test_the_manual_names_every_metric(told: list[Sample]) -> None:
    names = {re.sub(r"_(bucket|count|sum)$", "", one.name) for one in told}
    named = re.findall(r"^\| `(mprelease_\w+)", text("docs/monitoring.md"), re.MULTILINE)
    assert sorted(named) == sorted(names)


def test_every_alert_says_what_is_the_matter_and_what_to_do() -> None:
    for rule in rules():
        assert (
            {"alert", "expr", "labels", "annotations"}
            <= rule.keys()
            <= {"for", "alert", "expr", "labels", "annotations"}
        )
        assert set(rule["annotations"]) == {"summary", "action"}
        assert rule["labels"]["severity"] in {"critical", "warning"}
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)


def test_the_panels_of_the_board_do_not_overlap() -> None:
    panels = json.loads((ROOT / "config/grafana/dashboard.json").read_text())["panels"]
    cells = Counter(
        (x, y)
        for at in (panel["gridPos"] for panel in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    )
    assert max(cells.values()) == 1
    assert max(x for x, _ in cells) < 24


def test_it_answers_while_redis_is_away() -> None:
    away = {"MPRELEASE_REDIS__URL": f"redis://127.0.0.1:{free_port()}/0", "MPRELEASE_SECRETS_DIR": ""}
    with exporter(away) as url:
        told = samples(requests.get(f"{url}/metrics", timeout=10).text)
        assert {one.name: one.value for one in told} == {"mprelease_redis_up": 0}
        assert requests.get(f"{url}/healthz", timeout=10).text == "ok\n"


def test_it_tells_nothing_else(watched_platform: Watched) -> None:
    assert requests.get(f"{watched_platform.metrics_url}/", timeout=10).status_code == 404


@pytest.mark.long
@pytest.mark.parametrize("pool", ["threads", pytest.param("prefork", marks=pytest.mark.long)])
def test_a_worker_that_is_stopped_counts_its_last_calls(own_platform: Platform, pool: str) -> None:
    appid = own_platform.mini_program()
    with own_platform.worker("--pool", pool, "--concurrency", "2") as worker:
        own_platform.release(appid)
        worker.process.terminate()
        assert worker.process.wait(60) == 0
    got = len(own_platform.sim("GET", "calls")["calls"])
    with exporter(own_platform.environment) as url:
        told = samples(requests.get(f"{url}/metrics", timeout=10).text)
    assert sum(one.value for one in told if one.name == CALLS) == got > 0


def test_an_exporter_whose_port_is_taken_says_so(watched_platform: Watched) -> None:
    port = watched_platform.metrics_url.rpartition(":")[2]

    refused = watched_platform.platform.run("metrics", "--port", port, code=2)

    assert f"127.0.0.1:{port} can't be listened on: Address already in use" in refused.stderr
    assert "Traceback" not in refused.stderr
