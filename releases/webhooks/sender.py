"""Sends what has changed, some at a time, at least once: what is told as it still is goes out of the index after a 2xx.

One sender at a time, by a lease. What it has taken stays in the index, so whoever dies over it loses nothing. An endpoint that
answers anything else is left alone for a while, and then tried with one message.
"""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from releases.store.outbox import MOST_S, Batch, Member, Outbox, Outcome, Trouble
from releases.webhooks.endpoint import Delivery, Endpoint
from releases.webhooks.messages import Message, Messages

log = logging.getLogger(__name__)

#: Deliveries at the same time.
AT_ONCE = 16
_MOST_DOUBLINGS = 10


class Sender:
    """Posts to the endpoint. `send` and `leave` are called by one thread; `random` draws from 0 to 1."""

    def __init__(
        self, *, outbox: Outbox, messages: Messages, endpoint: Endpoint, random: Callable[[], float]
    ) -> None:
        self._outbox = outbox
        self._messages = messages
        self._endpoint = endpoint
        self._random = random
        self._token = secrets.token_hex(16)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")

    def open(self) -> None:
        """Have what changes noted from now on. To be called before anything is worked on."""
        self._outbox.open()

    def send(self) -> bool:
        """Send some of what has changed, if nobody else does; True if there may be more to send at once."""
        endpoint = self._endpoint
        batch = self._outbox.take(self._token, endpoint.fingerprint, endpoint.name, AT_ONCE)
        if batch is None or not batch.members:
            return False
        messages, outcome = self._read(batch)
        # A failover must not forget what somebody has been told of.
        if not self._outbox.is_stored(self._token):
            return False
        deliveries = dict(zip(messages, self._pool.map(endpoint.post, messages), strict=True))
        for message, delivery in deliveries.items():
            if delivery.is_done:
                outcome.told[message.member] = message.revision
            else:
                outcome.failed.append(message.member)
        outcome.results = dict(Counter(delivery.result for delivery in deliveries.values()))
        outcome.trouble = self._trouble(batch.failures, deliveries)
        self._outbox.settle(endpoint.fingerprint, outcome)
        _say(batch, outcome)
        return not outcome.failed

    def leave(self) -> None:
        """Let another one send."""
        self._outbox.leave(self._token)

    def _read(self, batch: Batch) -> tuple[list[Message], Outcome]:
        """What is to be posted; what is gone needs no post, and what can't be read must not keep the others."""
        messages, outcome = list[Message](), Outcome()
        for member in batch.members:
            message = self._message(member)
            if message is None:
                outcome.failed.append(member)
            elif message.body:
                messages.append(message)
            else:
                outcome.told[member] = message.revision
        return messages, outcome

    def _message(self, member: Member) -> Message | None:
        try:
            return self._messages.of(member)
        except ValueError:
            log.exception("the webhook can't tell of %s", member)
            return None

    def _trouble(self, before: int, deliveries: Mapping[Message, Delivery]) -> Trouble | None:
        failed = [delivery for delivery in deliveries.values() if not delivery.is_done]
        if not failed:
            return None
        failures = 1 if len(failed) < len(deliveries) else before + 1
        wait_s = self._random() * min(MOST_S, 2.0 ** min(failures, _MOST_DOUBLINGS))
        return Trouble(
            error=failed[0].error,
            failures=failures,
            wait_s=max(wait_s, *(delivery.retry_after_s for delivery in failed)),
            gone=any(delivery.gone for delivery in failed),
        )


def _say(batch: Batch, outcome: Outcome) -> None:
    trouble = outcome.trouble
    if trouble is not None and trouble.gone:
        log.error("the webhook's endpoint is gone (%s); see `mprelease webhooks list`", trouble.error)
    elif trouble is not None and batch.failures == 0:
        log.warning("the webhook was not delivered: %s; it is tried again", trouble.error)
    elif trouble is None and batch.failures:
        log.info("the webhook is delivered again")
