"""What requests, urllib3 and the system raise when no answer comes, in words for an operator.

Only what is known to hold no secret is quoted: the errors hold the URL, and the URL holds the token.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator

import requests
import urllib3

from wechat.http.deadline import DeadlineExceeded

#: The errors, most specific first, and what each means.
_PROBLEMS: tuple[tuple[type[Exception], str], ...] = (
    (DeadlineExceeded, "the deadline passed before the answer was complete"),
    (requests.exceptions.SSLError, "TLS failed"),
    (requests.exceptions.ProxyError, "the proxy failed"),
    (requests.exceptions.ConnectTimeout, "no connection within the connect timeout"),
    (requests.exceptions.ReadTimeout, "no answer within the read timeout"),
    (requests.exceptions.ChunkedEncodingError, "the connection was cut in the middle of the answer"),
    (requests.exceptions.ConnectionError, "the connection failed or was cut"),
    (requests.exceptions.ContentDecodingError, "the body could not be decoded"),
    (requests.exceptions.InvalidProxyURL, "the proxy of the environment (HTTPS_PROXY, ALL_PROXY) is no URL"),
    (requests.exceptions.RequestException, "the HTTP request failed"),
    (urllib3.exceptions.TimeoutError, "the answer stopped coming"),
    (urllib3.exceptions.LocationParseError, "what {named_by} names is no host name"),
    (urllib3.exceptions.HTTPError, "the connection was cut in the middle of the answer"),
    (OSError, "the connection failed or was cut"),
    # http.client and urllib3 let it through, for a chunk with a negative length among others.
    (ValueError, "the answer is no HTTP"),
)
NO_ANSWER = tuple(kind for kind, _ in _PROBLEMS)

#: OpenSSL's codes for a certificate whose issuer is not known here: self-signed (18, 19), issuer not found (20, 21).
_ISSUER_UNKNOWN = frozenset({18, 19, 20, 21})
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})\b")
_LOGIN_WANTED = "407"


def problem_of(error: Exception, named_by: str = "MPRELEASE_WECHAT__API_URL") -> str:
    """What an error of NO_ANSWER means; `named_by` is the setting that names the address."""
    problem = next(text for kind, text in _PROBLEMS if isinstance(error, kind)).format(named_by=named_by)
    through_proxy = isinstance(error, requests.exceptions.ProxyError)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            hint = (
                "; a private CA is named in REQUESTS_CA_BUNDLE"
                if cause.verify_code in _ISSUER_UNKNOWN
                else ""
            )
            return f"TLS failed: the certificate is not trusted ({cause.verify_message.rstrip('.')}){hint}"
        if isinstance(cause, socket.gaierror):
            whose = "of the proxy" if through_proxy else f"in {named_by}"
            return f"the host name {whose} does not resolve (DNS)"
        refused = _TUNNEL.search(str(cause)) if through_proxy and isinstance(cause, OSError) else None
        if refused:
            login = ": it wants a user and a password" if refused[1] == _LOGIN_WANTED else ""
            return f"the proxy refused the connection with HTTP {refused[1]}{login}"
    return problem


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it came from: requests and urllib3 put causes into `args` and `reason` as well."""
    todo, seen = [error], set[int]()
    while todo:
        one = todo.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        further = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        todo.extend(cause for cause in further if isinstance(cause, BaseException))
