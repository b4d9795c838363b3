"""RQ: three jobs, each dependent on the one before it."""

import os
import sys
from collections.abc import Sequence

import redis
from rq import Queue, SimpleWorker
from rq.worker_pool import WorkerPool

from benchmarks import work
from benchmarks.work import REDIS_URL, Shop

QUEUE = "bench"
connection = redis.Redis.from_url(os.environ[REDIS_URL])


def enqueue(shops: Sequence[Shop]) -> None:
    """Send three jobs for each. Only the last one's result can go at once: a dependent looks for its dependency."""
    queue = Queue(QUEUE, connection=connection)
    for shop in shops:
        before = None
        for step in work.STEPS:
            before = queue.enqueue(work.call, step, shop.appid, shop.token, depends_on=before)


def main(workers: int) -> None:
    """Run so many workers, which share what has been imported here, and fork for no job."""
    WorkerPool([QUEUE], connection=connection, num_workers=workers, worker_class=SimpleWorker).start(
        logging_level="WARNING"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
