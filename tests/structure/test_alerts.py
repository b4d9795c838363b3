"""The alert rules, run by Prometheus' own tool: each fires when it should, and none when all is well."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.structure.files import ROOT
from tests.support.promql import rules

pytestmark = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not on PATH (Debian: in the package prometheus)"
)
CONFIG = ROOT / "config" / "prometheus"
#: An hour and a half in which all is well, a sample a minute; `A+BxN` is a series in promtool's notation.
WELL = {
    "mprelease_redis_up": "1x90",
    "mprelease_workers": "2x90",
    "flower_worker_online": "1x90",
    'mprelease_platform_paused{scope="all"}': "0x90",
    "mprelease_waves_braked": "0x90",
    'mprelease_releases{status="queued"}': "100x90",
    'mprelease_releases{status="running"}': "10x90",
    'mprelease_releases{status="blocked"}': "60x90",
    'mprelease_releases{status="failed"}': "0x90",
    'mprelease_releases_stopped{status="blocked",step="ensure_domains",errcode="85018"}': "50x90",
    'mprelease_queue_messages{queue="releases"}': "100x90",
    "mprelease_queue_unacknowledged": "10x90",
    "mprelease_releases_parked": "0x90",
    "mprelease_releases_unfed": "0x90",
    'mprelease_queue_oldest_seconds{queue="releases"}': "600x90",
    "mprelease_messages_set_aside": "0x90",
    'mprelease_publications{step="publish",status="queued"}': "20x90",
    'mprelease_publications{step="publish",status="blocked"}': "1x90",
    'mprelease_publications{step="verify_live",status="blocked"}': "0x90",
    'mprelease_releases_oldest_seconds{status="submitted"}': "604800x90",
    'mprelease_releases_oldest_seconds{status="approved"}': "259200x90",
    "mprelease_looks_late_seconds": "7200x90",
    "mprelease_webhook_oldest_seconds": "900x90",
    'mprelease_wechat_calls_total{endpoint="/wxa/commit",errcode="0"}': "0+60x90",
    'mprelease_wechat_calls_total{endpoint="/wxa/submit_audit",errcode="61039"}': "0+60x90",
    'mprelease_wechat_calls_total{endpoint="/wxa/submit_audit",errcode="0"}': "0+5x90",
    'mprelease_wechat_calls_total{endpoint="/wxa/commit",errcode="-1"}': "0+6x90",
    'mprelease_wechat_call_seconds_bucket{endpoint="/wxa/commit",le="30.0"}': "0+60x90",
    'mprelease_wechat_call_seconds_bucket{endpoint="/wxa/commit",le="60.0"}': "0+60x90",
    'mprelease_wechat_call_seconds_bucket{endpoint="/wxa/commit",le="+Inf"}': "0+60x90",
    "mprelease_audit_quota_left": "100x90",
    "mprelease_audit_quota_limit": "1000x90",
    "mprelease_audit_quota_asked_timestamp_seconds": "0+60x90",
    "mprelease_ticket_stored_timestamp_seconds": "0+60x90",
    'mprelease_pushes_total{kind="component_verify_ticket"}': "0+1x90",
    'mprelease_pushes_refused_total{reason="signature"}': "0+1x90",
}
#: What has to be different for an alert to fire; None is a series that is not there.
ILL: dict[str, dict[str, str | None]] = {
    "RedisDown": {"mprelease_redis_up": "0x90"},
    "MetricsDown": {"mprelease_redis_up": None},
    "NoWorker": {"mprelease_workers": "0x90"},
    "FlowerDown": {"flower_worker_online": None},
    "PlatformPaused": {'mprelease_platform_paused{scope="all"}': "1x90"},
    "WaveBraked": {"mprelease_waves_braked": "1x90"},
    "ReleasesBlocked": {'mprelease_releases{status="blocked"}': "0+1x90"},
    "ReleasesBlockedAlike": {
        'mprelease_releases_stopped{status="blocked",step="ensure_domains",errcode="85018"}': "51x90"
    },
    "ReleasesFailed": {'mprelease_releases{status="failed"}': "1x90"},
    "NothingSubmitted": {
        'mprelease_wechat_calls_total{endpoint="/wxa/submit_audit",errcode="0"}': "7x90",
    },
    "ReleasesForgotten": {
        'mprelease_queue_messages{queue="releases"}': "0x90",
        "mprelease_queue_unacknowledged": "0x90",
    },
    "QueueSlow": {'mprelease_queue_oldest_seconds{queue="releases"}': "3601x90"},
    "WebhookLate": {"mprelease_webhook_oldest_seconds": "901x90"},
    "MessagesSetAside": {"mprelease_messages_set_aside": "1x90"},
    "PublicationBroken": {'mprelease_publications{step="verify_live",status="blocked"}': "1x90"},
    "AuditOpenLong": {'mprelease_releases_oldest_seconds{status="submitted"}': "604801x90"},
    "ApprovedLong": {'mprelease_releases_oldest_seconds{status="approved"}': "259201x90"},
    "LooksLate": {"mprelease_looks_late_seconds": "7201x90"},
    "WeChatErrors": {'mprelease_wechat_calls_total{endpoint="/wxa/commit",errcode="-1"}': "0+60x90"},
    "WeChatSlow": {'mprelease_wechat_call_seconds_bucket{endpoint="/wxa/commit",le="30.0"}': "0+50x90"},
    "AuditQuotaLow": {"mprelease_audit_quota_left": "99x90"},
    "AuditQuotaUnknown": {"mprelease_audit_quota_asked_timestamp_seconds": "0x90"},
    "TicketOld": {"mprelease_ticket_stored_timestamp_seconds": "0x90"},
    "PushesRefused": {'mprelease_pushes_total{kind="component_verify_ticket"}': "7x90"},
}


def fired(directory: Path, series: dict[str, str | None], expected: list[str]) -> None:
    """Let promtool run the rules over the series; fails if other alerts fire in the end than expected."""
    question: dict[str, Any] = {
        "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
        "eval_time": "90m",
        "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in expected],
    }
    values = [{"series": name, "values": value} for name, value in series.items() if value is not None]
    document = {
        "rule_files": [str(CONFIG / "alerts.yml")],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": values, "promql_expr_test": [question]}],
    }
    path = directory / "test.yml"
    path.write_text(yaml.safe_dump(document))
    ended = subprocess.run(
        ["promtool", "test", "rules", path], capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_prometheus_takes_configuration_and_rules() -> None:
    ended = subprocess.run(
        ["promtool", "check", "config", CONFIG / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_no_alert_fires_while_all_is_well(tmp_path: Path) -> None:
    fired(tmp_path, dict(WELL), [])


@pytest.mark.parametrize(
    "otherwise",
    [
        {
            "mprelease_looks_late_seconds": "7201x90",
            "mprelease_workers": None,
        },
        # What is queued is on its way to the shop.
        {
            'mprelease_wechat_calls_total{endpoint="/wxa/submit_audit",errcode="0"}': "7x90",
            'mprelease_releases{status="running"}': "0x90",
            'mprelease_releases{status="queued"}': "20x90",
        },
    ],
)
def test_no_alert_fires_for_what_is_as_it_should_be(tmp_path: Path, otherwise: dict[str, str | None]) -> None:
    fired(tmp_path, {**WELL, **otherwise}, [])


def test_every_alert_is_tried_here() -> None:
    assert set(ILL) == {rule["alert"] for rule in rules()}


@pytest.mark.parametrize("alert", ILL)
def test_an_alert_fires_alone_when_it_should(tmp_path: Path, alert: str) -> None:
    fired(tmp_path, {**WELL, **ILL[alert]}, [alert])
