"""One delivery: a signed POST to the endpoint, its answer's status, and nothing followed or believed beyond that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from releases.webhooks.messages import Message
from releases.webhooks.signing import signed
from wechat.http.posting import Address, Reply

_VARIABLE = "MPRELEASE_WEBHOOK__URL"
#: How a delivery may end, by the hundreds of its status.
DELIVERED, UNANSWERED = "2xx", "unanswered"
RESULTS = (DELIVERED, "3xx", "4xx", "5xx", UNANSWERED)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one ended, see RESULTS. `gone`: the endpoint wants nothing any more."""

    result: str
    error: str = ""
    retry_after_s: float = 0.0
    gone: bool = False

    @property
    def is_done(self) -> bool:
        """Whether the endpoint has it."""
        return self.result == DELIVERED


class Endpoint:
    """Posts messages. Safe to use from many threads, each of which has a connection of its own."""

    def __init__(self, url: str, secrets: Sequence[bytes], *, now: Callable[[], float]) -> None:
        self._address = Address(url, _VARIABLE)
        #: What may be shown of the URL; and what tells whether it is another.
        self.name = self._address.name
        self.fingerprint = self._address.fingerprint
        self._secrets = tuple(secrets)
        self._now = now

    def post(self, message: Message) -> Delivery:
        """Deliver; whatever happens is in what is returned."""
        headers = signed(message.id, int(self._now()), message.body, self._secrets)
        return self._read(self._address.post(message.body, headers))

    def _read(self, reply: Reply) -> Delivery:
        if reply.problem:
            return Delivery(UNANSWERED, reply.problem)
        result = f"{reply.status // 100}xx"
        if result == DELIVERED:
            return Delivery(DELIVERED)
        return Delivery(
            result if result in RESULTS else UNANSWERED,
            f"HTTP {reply.status}",
            reply.retry_after_s(self._now()),
            gone=reply.status == HTTPStatus.GONE,
        )
