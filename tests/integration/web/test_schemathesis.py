"""schemathesis over the OpenAPI document: no answer that it does not describe, and none that is a bug of ours."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import api as serving
from tests.support.api import KEYS, Api
from tests.support.examples import FIELDS
from tests.support.workers import ROOT

pytestmark = pytest.mark.long

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "ignored_auth",
)
EXAMPLES = 60


@pytest.fixture
def api(redis_url: str, tmp_path: Path) -> Iterator[Api]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MPRELEASE_")}
    environment = {**ours, "PYTHONPATH": str(ROOT), "MPRELEASE_REDIS__URL": redis_url}
    with serving.running(environment, tmp_path) as api:
        yield api


@pytest.mark.timeout(600)
def test_no_generated_request_finds_a_bug_or_an_answer_that_is_not_described(
    api: Api, tmp_path: Path
) -> None:
    api.post("/releases", FIELDS, 201)
    ran = subprocess.run(
        [
            *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
            *("run", f"{api.url}/openapi.json", "--url", api.url, "--checks", ",".join(CHECKS)),
            *("-H", f"Authorization: Bearer {KEYS['publish']}", "--max-examples", str(EXAMPLES)),
            *("--seed", "1", "--suppress-health-check", "all", "--no-color"),
            # Hypothesis parses source in its threads, and two at once fail on Python 3.11.7 and older ("AST constructor
            # recursion depth mismatch"). One can be two when 3.11.8 is our lowest: https://github.com/python/cpython/issues/106905
            *("--workers", "1"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=590,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
    assert api.ask("GET", "/healthz", scope=None).status_code == 200
    assert "Traceback" not in api.text()
