"""The faults that we work around are still there. One that is not: its change can go, see worker/celery_patches/README.md."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from worker import celery_patches

#: They look at what is installed, and not at what we change.
pytestmark = pytest.mark.long
README = Path(str(celery_patches.__file__)).with_name("README.md").read_text(encoding="utf-8")
#: What can be sent upstream, and what it prints as long as the fault is there.
REPRODUCTION = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)\n```", re.DOTALL)

#: What a reproduction says that only an older Redis than the newest shows.
OLD_REDIS_ONLY = "# below 7.0"


def reproductions() -> dict[str, tuple[str, str]]:
    """Those of the README, by the headings they stand under."""
    found = {}
    for section in README.split("\n## ")[1:]:
        for code, printed in REPRODUCTION.findall(section):
            found[section.split("\n")[0]] = (code, printed)
    return found


def test_each_row_of_the_table_has_a_reproduction() -> None:
    assert re.findall(r"^\| \[(\S+)\]", README, re.MULTILINE) == list(reproductions())


@pytest.mark.parametrize(("code", "printed"), reproductions().values(), ids=reproductions())
def test_the_fault_is_still_there(
    code: str, printed: str, redis_url: str, redis_client: redis.Redis, tmp_path: Path
) -> None:
    if OLD_REDIS_ONLY in code and int(redis_client.info()["redis_version"].split(".")[0]) >= 7:
        pytest.skip("a fault with Redis below 7.0 only")
    script = tmp_path / "reproduction.py"
    script.write_text(code, encoding="utf-8")
    try:
        ended = subprocess.run(
            [sys.executable, script],
            env={**os.environ, "REDIS_URL": redis_url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        redis_client.replicaof("NO", "ONE")  # one of them makes a replica of it
    assert ended.stdout.strip() == printed, (
        f"it may be mended upstream: see the README\n{ended.stderr[-2000:]}"
    )
