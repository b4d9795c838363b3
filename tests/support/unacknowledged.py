"""What kombu knows of messages that were taken and not acknowledged."""

import redis

from config.celery_options import VISIBILITY_TIMEOUT_S
from releases.figures import UNACKNOWLEDGED

#: When they were taken, in seconds.
INDEX = f"{UNACKNOWLEDGED}_index"


def let_messages_age(client: redis.Redis) -> None:
    """Let them be as old as those that kombu delivers again: its next look is within ten seconds."""
    for tag in client.hkeys(UNACKNOWLEDGED):
        client.zincrby(INDEX, -float(VISIBILITY_TIMEOUT_S), tag)
