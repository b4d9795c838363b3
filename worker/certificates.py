"""Telling a certificate that is not accepted from a Redis that is away: waiting does not mend it."""

from __future__ import annotations

import re

#: OpenSSL's words. redis-py keeps only the text of the error, and Sentinel's client a text of that.
_REJECTED = re.compile(r"certificate verify failed: (.+?)\.? \(_ssl")


def rejected_certificate(error: Exception) -> str | None:
    """Why Redis' certificate was not accepted and what to do; None if the error is another."""
    found = _REJECTED.search(str(error))
    if found is None:
        return None
    return (
        f"its certificate was not accepted: {found[1]}; name the CA that signed it in MPRELEASE_REDIS__CA_FILE, "
        "or renew it on the server"
    )
