"""The webhook: whether programs are told of what has changed."""

from __future__ import annotations

from collections.abc import Iterator

from cli.commands.webhooks import told
from cli.context import settings
from cli.context import unchecked_services as services
from cli.doctor.findings import Finding, ok, warn

#: What has waited for longer, in seconds, is worth a word: a worker looks twice a second.
_LATE_S = 60.0


def deliveries() -> Iterator[Finding]:
    """Nothing where nobody wants a webhook."""
    standing = services().outbox.standing()
    text = "; ".join(told(standing))
    if standing.failures or standing.waited_s > _LATE_S:
        yield warn("webhook", f"{text}; see `mprelease webhooks list`")
    elif standing.is_on:
        yield ok("webhook", text)
    elif settings().webhook.url.get_secret_value():
        yield warn("webhook", text)
