r"""No secret in a log line, whoever writes it.

Our own code never logs a token, but urllib3 logs the whole URL at debug level and the URL holds the
token. So every line of a worker passes through here as it is to be written, tracebacks included.

A line may be JSON, with quotes that are escaped (`\"access_token\": \"…\"`) and a shape that has to last: so a
pattern ends before a quote and takes no half of an escape.
"""

from __future__ import annotations

import re

#: Under these names a value is a secret.
SECRET_NAMES = (
    "access_token",
    "component_access_token",
    "authorizer_access_token",
    "refresh_token",
    "authorizer_refresh_token",
    "component_refresh_token",
    "appsecret",
    "component_appsecret",
    "component_secret",
    "component_verify_ticket",
    "password",
)
_NAMES = "|".join(SECRET_NAMES)
#: One of these is in each name. Most lines have none, and looking for a word costs a hundredth of a pattern.
_TELLTALES = ("token", "secret", "ticket", "password", "earer")
_PATTERNS = (
    # In a URL: `access_token=…`. Up to a quote, an escape or the end of a colour.
    (re.compile(rf"\b({_NAMES})=[^&\s\"'\\\x1b]+"), r"\1=***"),
    # In a header: `Authorization: Bearer …`.
    (re.compile(r"\b(Bearer)\s+[^\s\"'\\\x1b]+", re.IGNORECASE), r"\1 ***"),
    # As JSON or a dict: `"access_token": "…"`.
    (re.compile(rf"(\"(?:{_NAMES})\"\s*:\s*\")(?:[^\"\\]|\\.)+"), r"\1***"),
    (re.compile(rf"('(?:{_NAMES})'\s*:\s*b?')(?:[^'\"\\]|\\.)+"), r"\1***"),
    # As JSON inside of JSON: `\"access_token\": \"…\"`, with any number of backslashes.
    (re.compile(rf"(\\+[\"'](?:{_NAMES})\\+[\"']\s*:\s*b?\\+[\"'])(?:[^\"\\]|\\+[^\"\\])+"), r"\1***"),
    # As a dict that quotes the value with the other quotes, because there is one in it.
    (re.compile(rf"('(?:{_NAMES})'\s*:\s*b?\\*\")(?:[^\"\\]|\\[^\"])+"), r"\1***"),
)
_URL_PASSWORD = re.compile(r"(\w+://[^\s:/@\"\\]*):[^\s@/\"\\]+@")


def redact(text: str) -> str:
    """Return the text with the values of all secrets' names replaced."""
    if any(telltale in text for telltale in _TELLTALES):
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
    return _URL_PASSWORD.sub(r"\1:***@", text) if "://" in text else text
