"""Flower's options: `celery -A worker flower --conf=config/flower.py`.

Flower executes this file and takes every name that is one of its options, over FLOWER_… variables and
under the command line. So nothing of ours is imported here, and no other name may be an option's
(`import logging` would set one).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

#: One `user:password` a line, among the other secret files.
_LOGIN_FILE = Path(os.environ.get("MPRELEASE_SECRETS_DIR", "/run/secrets"), "flower_login")


def _logins(path: Path) -> list[str]:
    """Read the logins. Without one Flower would let everybody in, so it doesn't start."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="ascii").splitlines()]
    except OSError as error:
        raise SystemExit(
            f"Flower's login can't be read from {path}: {error.strerror}. Write user:password there, one a line; "
            "the directory is that of MPRELEASE_SECRETS_DIR"
        ) from None
    except UnicodeDecodeError:
        raise SystemExit(f"Flower's login in {path} has to be ASCII") from None
    logins = [line for line in lines if line]
    if not logins or not all(
        user and password for user, _, password in (one.partition(":") for one in logins)
    ):
        raise SystemExit(f"Flower's login in {path} has to be user:password, one a line")
    return logins


basic_auth = _logins(_LOGIN_FILE)
#: To look, not to touch: a revoke would make Celery discard the id of a release for good.
read_only = True
#: A container says 0.0.0.0 on its command line.
address = "127.0.0.1"

#: The state is kept over restarts where somebody says in which file. In milliseconds.
db = os.environ.get("FLOWER_DB", "")
persistent = bool(db)
state_save_interval = 60_000
#: Three tasks of a release to the audit, up to four after it: some 5,000 releases. The state is written in one go, so it has to stay small.
max_tasks = 30_000
#: A container that is made anew has a new name; the old one goes after so many seconds.
purge_offline_workers = 3_600

#: Absolute times can be compared with the log's and the records'.
natural_time = False
#: The arguments name the Mini Program, the version and the wave; the result says what happened.
tasks_columns = "name,args,state,result,retries,received,worker,uuid"


def format_task(task: Any) -> Any:
    """One place says what came of a task, whatever came of it: of a success that failed before, only the success."""
    if task.state == "SUCCESS":
        task.result = (task.result or "").strip("'")
    elif task.exception:
        task.result = task.exception
    if task.state != "FAILURE":
        task.traceback = None
    task.exception = None
    return task
