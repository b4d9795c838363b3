"""Errcodes that any call can answer: load, limits and the form of the request.

Source: wechat-api.md §0 (conventions), §9 (global return codes); WeChat's page "Return codes".
"""

from __future__ import annotations

from wechat.errcodes.row import Errcode, QuotaReset, bug, quota, retry, slow_down

_REQUEST_REMEDY = "Report a bug with the endpoint, the message and the rid; a retry cannot help."
_PER_MINUTE_REMEDY = (
    "Calls come faster than WeChat allows: run fewer at a time, and see that no other system makes the same "
    "calls, then resume the release."
)
_SUSPENDED_REMEDY = (
    "Look in the third-party platform console for a notice on the suspension; when it is over, "
    "resume the release."
)

ROWS: tuple[Errcode, ...] = (
    retry(
        -1,
        "WeChat is busy, or could not read the request",
        "If only this release gets it, look for odd characters in its ext and texts and ask WeChat support "
        "with the rid; if all do, wait for WeChat. Then resume the release.",
    ),
    bug(40033, r"request holds \u escapes or characters it may not", _REQUEST_REMEDY),
    bug(40097, "arguments invalid", _REQUEST_REMEDY),
    bug(43001, "API wants GET", _REQUEST_REMEDY),
    bug(43002, "API wants POST", _REQUEST_REMEDY),
    bug(43003, "API wants HTTPS", "Check that the API URL in the settings begins with https://."),
    bug(44002, "request body empty", _REQUEST_REMEDY),
    slow_down(44991, "per-minute limit reached", _PER_MINUTE_REMEDY),
    quota(
        45009,
        "call quota of this API used up",
        "To be quicker, reset it with clear_quota (10 times a month) or, "
        "for the component, with /cgi-bin/component/clear_quota/v2.",
        reset=QuotaReset.DAY,
    ),
    slow_down(45011, "per-minute limit reached", _PER_MINUTE_REMEDY),
    quota(
        45040,
        "monthly quota of this API used up",
        "If that is too late, ask WeChat support for more: `mprelease resume ID` tries it at once.",
        reset=QuotaReset.MONTH,
    ),
    slow_down(45102, "API suspended for a while", _SUSPENDED_REMEDY),
    slow_down(45501, "app suspended for a while", _SUSPENDED_REMEDY),
    bug(47001, "request body is not the JSON expected", _REQUEST_REMEDY),
    bug(47002, r"request body holds \u escapes or wrong encoding", _REQUEST_REMEDY),
    quota(
        48006,
        "no clear_quota left this month",
        "The quota that is used up may have an earlier reset of its own: `mprelease resume ID` tries it at once.",
        reset=QuotaReset.MONTH,
    ),
    bug(76003, "cgi_path of openapi/quota/get malformed", _REQUEST_REMEDY),
    bug(76021, "cgi_path of openapi/quota/get unknown", _REQUEST_REMEDY),
)
